#include "controller/plan/validate.h"

#include <algorithm>
#include <set>

#include "controller/plan/services.h"
#include "lib/base/text.h"

namespace fairlead::controller {
namespace {

bool lists(const std::vector<std::string>& addresses, const std::string& text) {
  return std::find(addresses.begin(), addresses.end(), text) != addresses.end();
}

bool has_address(const api::NodeReport& report, const net::IpAddress& address) {
  return std::any_of(report.spec.interfaces.begin(), report.spec.interfaces.end(),
                     [&](const auto& interface) {
                       return std::any_of(interface.addresses.begin(), interface.addresses.end(),
                                          [&](const auto& prefix) { return prefix.address == address; });
                     });
}

// The node whose address this is, or "".
std::string node_of(const Inputs& inputs, const net::IpAddress& address) {
  for (const auto& [key, node] : inputs.nodes) {
    if (lists(node.internal_ips, net::to_string(address))) return node.meta.name;
  }
  for (const auto& [key, report] : inputs.node_reports) {
    if (has_address(report, address)) return report.meta.name;
  }
  return "";
}

// A node may be a member, and a member that is a real server too sends its packets round (datapath.md 3, W5).
std::optional<Refusal> direct_to_node(const Inputs& inputs, const api::VirtualIPSpec& spec) {
  if (spec.forwarding != api::Forwarding::kDirectRouting) return std::nullopt;
  for (const auto& server : spec.servers) {
    const std::string node = node_of(inputs, server.address);
    if (node.empty()) continue;
    return Refusal{
        Reason::kNotYetSupported,
        "spec.servers: " + net::to_string(server.address) + " is node " + node +
            ", and DirectRouting to nodes of the cluster is not supported yet: use NAT, or machines"};
  }
  return std::nullopt;
}

bool needs_ipv4(api::Forwarding forwarding) { return forwarding == api::Forwarding::kTunnel; }

// A headless Service without a selector has both families, though nobody asked for them.
std::string how_to_have_ipv4_alone(const api::VirtualIP& virtual_ip) {
  return made_for_service(virtual_ip) ? "give the Service ipFamilyPolicy: SingleStack and ipFamilies: [IPv4]"
                                      : "ipFamilies: [IPv4] of the VirtualIP asks for IPv4 alone";
}

std::optional<Refusal> not_built_yet(const Inputs& inputs, const api::VirtualIP& virtual_ip,
                                     const std::vector<net::Family>& families) {
  const auto& spec = virtual_ip.spec;
  if (!spec.not_yet_supported.empty()) {
    return Refusal{Reason::kNotYetSupported,
                   "not supported yet, set it back to its default: " + join(spec.not_yet_supported, ", ")};
  }
  const bool v6 = std::find(families.begin(), families.end(), net::Family::kIPv6) != families.end();
  if (v6 && needs_ipv4(spec.forwarding)) {
    return Refusal{Reason::kNotYetSupported,
                   "not supported yet: IPv6, by the Service's ipFamilies, with forwarding " +
                       std::string(api::to_string(spec.forwarding)) +
                       " (NAT and Delegate are): " + how_to_have_ipv4_alone(virtual_ip)};
  }
  return direct_to_node(inputs, spec);
}

// Reading the spec could not tell where nobody but the Service says the families.
std::optional<Refusal> refuse_prefix_length(const api::VirtualIPSpec& spec,
                                            const std::vector<net::Family>& families) {
  const auto& persistence = spec.traffic.persistence;
  if (!persistence || !persistence->prefix_length) return std::nullopt;
  const auto problem = api::prefix_length_problem(*persistence->prefix_length,
                                                  std::set<net::Family>(families.begin(), families.end()));
  if (!problem) return std::nullopt;
  return Refusal{Reason::kInvalidSpec, "spec.persistence.prefixLength: " + *problem};
}

// It would serve none of the addresses, and nobody would tell.
std::optional<Refusal> refuse_servers(const api::VirtualIPSpec& spec,
                                      const std::vector<net::Family>& families) {
  if (spec.forwarding == api::Forwarding::kDelegate || spec.service) return std::nullopt;
  for (std::size_t i = 0; i < spec.servers.size(); ++i) {
    const auto& address = spec.servers[i].address;
    if (std::find(families.begin(), families.end(), address.family()) != families.end()) continue;
    const std::string family(net::to_string(address.family()));
    return Refusal{Reason::kInvalidSpec, "spec.servers[" + std::to_string(i) +
                                             "]: " + net::to_string(address) + " is of " + family +
                                             ", and the VirtualIP has no address of " + family +
                                             ": set ipFamilies or addresses, or take it out"};
  }
  return std::nullopt;
}

const net::IpAddress* asked_for(const api::VirtualIPSpec& spec, net::Family family) {
  const auto found = std::find_if(spec.addresses.begin(), spec.addresses.end(),
                                  [&](const auto& address) { return address.family() == family; });
  return found == spec.addresses.end() ? nullptr : &*found;
}

// One VirtualIP being judged.
struct Case {
  const Ground& ground;
  const api::VirtualIP& virtual_ip;
  Asker asker;
  Judgement out;
};

// An address that it has. Where its pool has it no more, the group lives on by the rules of that pool.
void keep(Case& about, const net::IpAddress& address) {
  const Ground& ground = about.ground;
  const auto& meta = about.virtual_ip.meta;
  const Tenure& tenure = ground.tenures.at(meta.uid).at(address);
  PoolChoice choice =
      pool_for(ground.inputs, ground.refused_pools, address, about.virtual_ip.spec.pool, about.asker);
  if (choice.pool == nullptr) choice.pool = find(ground.inputs.pools, cluster_key(tenure.pool));
  const bool unreadable = ground.inputs.poisoned_pools.contains(cluster_key(tenure.pool));
  if (choice.pool == nullptr && !unreadable && !tenure.in_group)
    return about.out.given_back.push_back(address);
  if (choice.refusal) about.out.pool_removed = choice.refusal->message;
  about.out.wishes.push_back({api::key_of(meta), meta.uid, address, choice.pool});
}

void judge_named(Case& about, const net::IpAddress& address) {
  const Ground& ground = about.ground;
  const auto& meta = about.virtual_ip.meta;
  const auto known = ground.tenures.find(meta.uid);
  if (known != ground.tenures.end() && known->second.contains(address)) return keep(about, address);
  about.out.refusal = refuse_reserved(ground.reserved, address);
  if (about.out.refusal) return;
  PoolChoice choice =
      pool_for(ground.inputs, ground.refused_pools, address, about.virtual_ip.spec.pool, about.asker);
  about.out.refusal = std::move(choice.refusal);
  about.out.wishes.push_back({api::key_of(meta), meta.uid, address, choice.pool});
}

// Whether an address that it has is still what it asks for, whatever became of the pool.
bool fits(const Case& about, const net::IpAddress& address, const Tenure& tenure) {
  const std::string& wanted = about.virtual_ip.spec.pool;
  if (wanted.empty() || !tenure.claimed || tenure.pool == wanted) return true;
  const auto* pool = find(about.ground.inputs.pools, cluster_key(wanted));
  return pool != nullptr && !about.ground.refused_pools.contains(wanted) && gives(*pool, address);
}

// Of several, one that is in a group already, then the lowest.
std::optional<net::IpAddress> present(const Case& about, net::Family family) {
  const auto known = about.ground.tenures.find(about.virtual_ip.meta.uid);
  if (known == about.ground.tenures.end()) return std::nullopt;
  std::optional<net::IpAddress> out;
  bool in_group = false;
  for (const auto& [address, tenure] : known->second) {
    if (address.family() != family || !fits(about, address, tenure)) continue;
    if (out && (in_group || !tenure.in_group)) continue;
    out = address;
    in_group = tenure.in_group;
  }
  return out;
}

// What the Service it was made for shows in its status.
std::optional<net::IpAddress> before(const Case& about, net::Family family,
                                     const std::vector<const api::AddressPool*>& pools) {
  if (!made_for_service(about.virtual_ip)) return std::nullopt;
  const auto* service = find(about.ground.inputs.services, api::key_of(about.virtual_ip.meta));
  if (service == nullptr || !made_for(about.virtual_ip, *service)) return std::nullopt;
  for (const auto& ingress : service->ingress) {
    const auto address = net::parse_address(ingress.ip);
    if (!address || address->family() != family) continue;
    const bool given =
        std::any_of(pools.begin(), pools.end(), [&](const auto* pool) { return gives(*pool, *address); });
    if (given) return *address;
  }
  return std::nullopt;
}

bool is_to_be_had(const Case& about, net::Family family) {
  if (present(about, family)) return true;
  return !pools_for(about.ground.inputs, about.ground.refused_pools, family, about.virtual_ip.spec.pool,
                    about.asker)
              .refusal;
}

// The Service whose families it has, where that merely prefers two: one of them will do.
bool merely_prefers_two(const Inputs& inputs, const api::VirtualIP& virtual_ip) {
  const auto& spec = virtual_ip.spec;
  if (!spec.service || !spec.ip_families.empty() || !spec.addresses.empty()) return false;
  const auto* service = find(inputs.services, {virtual_ip.meta.namespace_name, *spec.service});
  return service != nullptr && service->ip_families.size() > 1 && !service->needs_dual_stack;
}

std::vector<net::Family> families_to_judge(const Case& about) {
  auto families = families_of(about.ground.inputs, about.virtual_ip);
  if (!merely_prefers_two(about.ground.inputs, about.virtual_ip)) return families;
  std::vector<net::Family> out;
  for (const auto family : families) {
    if (is_to_be_had(about, family)) out.push_back(family);
  }
  if (out.empty()) out.push_back(families.front());  // whose refusal is told
  return out;
}

void judge_open(Case& about, net::Family family) {
  if (const auto address = present(about, family)) return keep(about, *address);
  PoolList list = pools_for(about.ground.inputs, about.ground.refused_pools, family,
                            about.virtual_ip.spec.pool, about.asker);
  about.out.refusal = std::move(list.refusal);
  if (about.out.refusal) return;
  auto known = before(about, family, list.pools);
  const auto& meta = about.virtual_ip.meta;
  about.out.needs.push_back({api::key_of(meta), meta.uid, family, std::move(list.pools), known});
}

}  // namespace

Ground::Ground(const Inputs& of)
    : inputs(of),
      refused_pools(fairlead::controller::refused_pools(of)),
      held(holdings(of)),
      tenures(fairlead::controller::tenures(of, held)),
      reserved(of),
      releasing(fairlead::controller::releasing(of)),
      belongings(of),
      footings(fairlead::controller::footings(of, belongings)) {}

std::vector<net::Family> families_of(const Inputs& inputs, const api::VirtualIP& virtual_ip) {
  const auto& spec = virtual_ip.spec;
  if (!spec.ip_families.empty()) return spec.ip_families;
  std::vector<net::Family> out;
  for (const auto& address : spec.addresses) out.push_back(address.family());
  if (!out.empty()) return out;
  const std::vector<net::Family> v4{net::Family::kIPv4};
  if (!spec.service) return v4;
  const auto* service = find(inputs.services, {virtual_ip.meta.namespace_name, *spec.service});
  if (service == nullptr || service->ip_families.empty()) return v4;
  const bool both = service->ip_families.size() > 1;
  if (both && !service->needs_dual_stack && needs_ipv4(spec.forwarding)) return v4;
  return service->ip_families;
}

Judgement judge(const Ground& ground, const api::VirtualIP& virtual_ip) {
  Case about{ground, virtual_ip, asker_of(ground.inputs, virtual_ip), {}};
  const auto families = families_to_judge(about);
  auto refusal = not_built_yet(ground.inputs, virtual_ip, families);
  if (!refusal) refusal = refuse_prefix_length(virtual_ip.spec, families);
  if (!refusal) refusal = refuse_servers(virtual_ip.spec, families);
  if (refusal) return {std::move(refusal), {}, {}, {}, ""};
  for (const auto family : families) {
    if (const auto* address = asked_for(virtual_ip.spec, family)) {
      judge_named(about, *address);
    } else {
      judge_open(about, family);
    }
    if (about.out.refusal) return {std::move(about.out.refusal), {}, {}, {}, ""};
  }
  return std::move(about.out);
}

}  // namespace fairlead::controller

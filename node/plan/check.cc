#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

#include "node/plan/make_plan.h"

namespace fairlead::plan {
namespace {

// Collects what is wrong with one object.
class Findings {
 public:
  Findings(std::string kind, api::ObjectKey object) : kind_(std::move(kind)), object_(std::move(object)) {}
  void add(Refusal refusal, std::string path, std::string message) {
    found_.push_back({kind_, object_, refusal, {std::move(path), std::move(message)}});
  }
  void unsupported(const std::vector<std::string>& paths) {
    for (const auto& path : paths) add(Refusal::kNotYetSupported, path, "is not supported yet");
  }
  std::vector<PlanProblem> take() { return std::move(found_); }

 private:
  std::string kind_;
  api::ObjectKey object_;
  std::vector<PlanProblem> found_;
};

// The addresses of a group, with where each stands.
std::vector<std::pair<std::string, net::IpAddress>> addresses_of(const api::VRRPGroupSpec& spec) {
  std::vector<std::pair<std::string, net::IpAddress>> out;
  const auto add = [&](const std::string& list, std::size_t i, const std::string& field,
                       const net::IpAddress& address) {
    out.emplace_back("spec." + list + "[" + std::to_string(i) + "]." + field, address);
  };
  for (std::size_t i = 0; i < spec.addresses.size(); ++i) {
    add("addresses", i, "address", spec.addresses[i].address);
  }
  for (std::size_t i = 0; i < spec.excluded_addresses.size(); ++i) {
    add("excludedAddresses", i, "address", spec.excluded_addresses[i].address);
  }
  for (std::size_t i = 0; i < spec.members.size(); ++i) {
    const auto& address = spec.members[i].unicast_address;
    if (address) add("members", i, "unicastAddress", *address);
  }
  for (std::size_t i = 0; i < spec.foreign_peers.size(); ++i) {
    add("foreignPeers", i, "address", spec.foreign_peers[i].address);
  }
  return out;
}

void check_addresses(const api::VRRPGroupSpec& spec, Findings& findings) {
  const bool added = spec.family == net::Family::kIPv6 &&
                     std::none_of(spec.addresses.begin(), spec.addresses.end(),
                                  [](const auto& address) { return address.address.is_link_local(); });
  const std::size_t most = api::most_listed_addresses(spec.family) - (added ? 1 : 0);
  if (spec.addresses.size() > most) {
    findings.add(
        Refusal::kInvalidSpec, "spec.addresses",
        "must have at most " + std::to_string(most) + " items, got " + std::to_string(spec.addresses.size()));
  }
  for (const auto& [path, address] : addresses_of(spec)) {
    if (address.family() == spec.family) continue;
    findings.add(Refusal::kInvalidSpec, path,
                 "must be of the group's family " + std::string(net::to_string(spec.family)) + ", got " +
                     net::to_string(address));
  }
}

// Version, interval and authentication, which allow each other.
void check_protocol(const api::VRRPGroupSpec& spec, Findings& findings) {
  if (spec.version != 2 && spec.version != 3) {
    findings.add(Refusal::kInvalidSpec, "spec.version", "must be 2..3, got " + std::to_string(spec.version));
  }
  if (spec.version == 2 && spec.family == net::Family::kIPv6) {
    findings.add(Refusal::kInvalidSpec, "spec.version", "must be 3 with family IPv6, got 2");
  }
  if (spec.version != 2 && spec.password_file) {
    findings.add(Refusal::kInvalidSpec, "spec.authentication.type",
                 "PASS is allowed with version 2 only, got version " + std::to_string(spec.version));
  }
  const auto version = spec.version == 2 ? vrrp::Version::k2 : vrrp::Version::k3;
  if (const auto interval = vrrp::make_advertise_interval(version, spec.advert_interval); !interval) {
    findings.add(Refusal::kInvalidSpec, "spec.advertIntervalMs", interval.error().message);
  }
}

void check_reals(const api::VirtualServer& server, const std::string& path, Findings& findings) {
  const bool direct = server.forwarding == api::Forwarding::kDirectRouting;
  for (std::size_t i = 0; i < server.reals.size(); ++i) {
    const auto& real = server.reals[i];
    const std::string where = path + ".reals[" + std::to_string(i) + "]";
    if (real.address.family() != server.address.family()) {
      findings.add(Refusal::kInvalidSpec, where + ".address",
                   "must be of the virtual server's family " +
                       std::string(net::to_string(server.address.family())) + ", got " +
                       net::to_string(real.address));
    }
    const std::string got = ", got " + std::to_string(real.port.value());
    if (real.port.value() == 0) {
      findings.add(Refusal::kInvalidSpec, where + ".port", "must be 1..65535" + got);
    } else if (direct && real.port != server.port) {
      findings.add(Refusal::kInvalidSpec, where + ".port",
                   "must equal the virtual server's port " + std::to_string(server.port.value()) +
                       " with forwarding DirectRouting" + got);
    }
  }
}

// What the kernel would take without a word, and then lose replies or put clients together wrongly.
void check_traffic(const api::VirtualServer& server, const std::string& path, Findings& findings) {
  const api::Traffic& traffic = server.traffic;
  const bool direct =
      server.forwarding == api::Forwarding::kDirectRouting || server.forwarding == api::Forwarding::kTunnel;
  if (traffic.one_packet && !(direct && server.protocol == net::Protocol::kUdp)) {
    findings.add(Refusal::kInvalidSpec, path + ".onePacket",
                 "true is allowed for UDP with forwarding DirectRouting or Tunnel only");
  }
  if (!traffic.persistence || !traffic.persistence->prefix_length) return;
  const auto problem =
      api::prefix_length_problem(*traffic.persistence->prefix_length, {server.address.family()});
  if (problem) findings.add(Refusal::kInvalidSpec, path + ".persistence.prefixLength", *problem);
}

}  // namespace

std::vector<PlanProblem> check(const api::VRRPGroup& group) {
  const auto& spec = group.spec;
  Findings findings("VRRPGroup", api::key_of(group.meta));
  findings.unsupported(spec.not_yet_supported);
  if (const auto id = vrrp::make_virtual_router_id(spec.virtual_router_id); !id) {
    findings.add(Refusal::kInvalidSpec, "spec.virtualRouterID", id.error().message);
  }
  check_protocol(spec, findings);
  for (std::size_t i = 0; i < spec.members.size(); ++i) {
    const int priority = spec.members[i].priority;
    if (priority >= 1 && priority <= vrrp::kOwner.value()) continue;
    findings.add(Refusal::kInvalidSpec, "spec.members[" + std::to_string(i) + "].priority",
                 "must be 1..255, got " + std::to_string(priority));
  }
  check_addresses(spec, findings);
  return findings.take();
}

std::vector<PlanProblem> check_from_api(const api::VRRPGroup& group) {
  const auto& spec = group.spec;
  Findings findings("VRRPGroup", api::key_of(group.meta));
  for (std::size_t i = 0; i < spec.members.size(); ++i) {
    if (spec.members[i].priority != vrrp::kOwner.value()) continue;
    findings.add(Refusal::kInvalidSpec, "spec.members[" + std::to_string(i) + "].priority",
                 "must be 1..254, got 255: the owner of the addresses is named in a static manifest only");
  }
  if (spec.password_file && !is_plain_file_name(*spec.password_file)) {
    findings.add(
        Refusal::kInvalidSpec, "spec.authentication.passwordFile",
        "must be the name of a file in the node's --password-dir: 1..255 letters, digits, '.', '_' and "
        "'-', not beginning with a dot");
  }
  auto out = check(group);
  auto more = findings.take();
  std::move(more.begin(), more.end(), std::back_inserter(out));
  return out;
}

std::vector<PlanProblem> check(const api::RealServerSet& set) {
  Findings findings("RealServerSet", api::key_of(set.meta));
  findings.unsupported(set.spec.not_yet_supported);
  for (std::size_t i = 0; i < set.spec.virtual_servers.size(); ++i) {
    const auto& server = set.spec.virtual_servers[i];
    const std::string path = "spec.virtualServers[" + std::to_string(i) + "]";
    if (server.forwarding == api::Forwarding::kTunnel) {
      findings.add(Refusal::kNotYetSupported, path + ".forwarding",
                   "is not supported yet: use NAT, DirectRouting or Delegate, got Tunnel");
    }
    if (server.port.value() == 0) {
      findings.add(Refusal::kNotYetSupported, path + ".port", "0 (any port) is not supported yet");
    }
    check_traffic(server, path, findings);
    check_reals(server, path, findings);
  }
  return findings.take();
}

}  // namespace fairlead::plan

#include "lib/api/vrrp_group.h"

#include <set>

#include "lib/api/json_view.h"
#include "lib/api/net_fields.h"
#include "lib/api/traffic_fields.h"
#include "lib/api/vrrp_fields.h"

namespace fairlead::api {
namespace {

constexpr Kind kKind{"fairlead.dev/v1alpha1", "VRRPGroup"};
constexpr std::size_t kMaxAddresses = 255;
constexpr std::size_t kMaxMembers = 16;
constexpr std::size_t kMaxOwners = 16;
constexpr std::size_t kMaxProblems = 16;
constexpr std::size_t kMaxRepeats = 8;
constexpr int kMaxPriority = 255;  // 255 in static manifests only; the CRD's schema stops at 254

constexpr Word<MemberState> kStateWords[] = {{"Initialize", MemberState::kInitialize},
                                             {"Backup", MemberState::kBackup},
                                             {"Master", MemberState::kMaster}};
constexpr Word<int> kAuthenticationWords[] = {{"NONE", 0}, {"PASS", 1}};

void read_owners(const JsonView& list, std::vector<AddressOwner>& out) {
  for (const auto& item : list.items(kMaxOwners)) {
    AddressOwner owner;
    if (!item.object()) continue;
    item.at("namespace").read(owner.namespace_name);
    item.at("name").read(owner.name);
    item.at("uid").read(owner.uid);
    out.push_back(std::move(owner));
  }
}

void read_addresses(const JsonView& list, net::Family family, std::vector<GroupAddress>& out) {
  std::set<net::IpAddress> seen;
  for (const auto& item : list.items(kMaxAddresses)) {
    GroupAddress address;
    if (!item.object()) continue;
    const JsonView where = item.at("address");
    where.require();
    if (read_virtual_address(where, address.address)) {
      if (address.address.family() != family) {
        where.problem("must be of the group's family " + std::string(net::to_string(family)) + ", got " +
                      where.show());
      }
      if (!seen.insert(address.address).second)
        where.problem("must be listed once, got " + where.show() + " again");
    }
    address.prefix_length = address.address.bits();
    item.at("prefixLength").read(1, address.address.bits(), address.prefix_length);
    read_forwarding(item.at("forwarding"), address.forwarding);
    read_owners(item.at("owners"), address.owners);
    out.push_back(std::move(address));
  }
}

void read_members(const JsonView& list, VRRPGroupSpec& out) {
  std::set<std::string> seen;
  for (const auto& item : list.items(kMaxMembers)) {
    GroupMember member;
    if (!item.object()) continue;
    const JsonView node = item.at("node");
    node.require();
    node.read(member.node);
    if (node.present() && !seen.insert(member.node).second) {
      node.problem("must be listed once, got " + node.show() + " again");
    }
    item.at("nodeUID").read(member.node_uid);
    item.at("priority").require();
    item.at("priority").read(1, kMaxPriority, member.priority);
    read_interface(item.at("interface"), member.interface);
    const JsonView unicast = item.at("unicastAddress");
    net::IpAddress ignored;
    read_address(unicast, ignored);
    if (unicast.present()) out.not_yet_supported.push_back(unicast.path());
    out.members.push_back(std::move(member));
  }
}

void note_if_set(const JsonView& view, std::vector<std::string>& not_yet_supported) {
  if (!view.fields().empty()) not_yet_supported.push_back(view.path());
}

void note_if_listed(const JsonView& view, std::vector<std::string>& not_yet_supported) {
  if (!view.items(kMaxAddresses).empty()) not_yet_supported.push_back(view.path());
}

void read_announce(const JsonView& view, std::vector<std::string>& not_yet_supported) {
  if (!view.object()) return;
  const std::vector<std::int64_t> standard{0, 1, 5};
  std::vector<std::int64_t> repeats;
  for (const auto& item : view.at("repeatSeconds").items(kMaxRepeats)) {
    std::int64_t seconds = 0;
    if (item.integer(0, 3600, seconds)) repeats.push_back(seconds);
  }
  const bool repeats_differ = view.at("repeatSeconds").present() && repeats != standard;
  if (repeats_differ) not_yet_supported.push_back(view.at("repeatSeconds").path());
  std::int64_t refresh = 60;
  view.at("refreshSeconds").integer(0, 86400, refresh);
  if (refresh != 60) not_yet_supported.push_back(view.at("refreshSeconds").path());
  bool router_flag = false;
  view.at("routerFlag").read(router_flag);
  if (router_flag) not_yet_supported.push_back(view.at("routerFlag").path());
}

// The fields after the members, in api.md's order.
void read_extras(const JsonView& spec, VRRPGroupSpec& out) {
  note_if_listed(spec.at("foreignPeers"), out.not_yet_supported);
  note_if_listed(spec.at("trackInterfaces"), out.not_yet_supported);
  note_if_set(spec.at("trackQuorum"), out.not_yet_supported);
  read_link_up_delay(spec.at("linkUpDelayMs"), out.not_yet_supported);
  std::int64_t fence = 0;
  if (spec.at("fenceLifetimeSeconds").integer(1, 3600, fence)) out.fence_lifetime = Seconds(fence);
  bool strict = true;
  spec.at("strictV6FirstAddress").read(strict);
  if (!strict) out.not_yet_supported.push_back(spec.at("strictV6FirstAddress").path());
  read_announce(spec.at("announce"), out.not_yet_supported);
  spec.at("configEpoch").read(1, INT64_MAX, out.config_epoch);
}

void read_spec(const JsonView& spec, VRRPGroupSpec& out) {
  spec.require();
  if (!spec.object()) return;
  spec.at("family").require();
  read_family(spec.at("family"), out.family);
  if (out.family == net::Family::kIPv6) out.not_yet_supported.push_back(spec.at("family").path());
  spec.at("virtualRouterID").require();
  spec.at("virtualRouterID").read(1, 255, out.virtual_router_id);
  spec.at("interface").require();
  read_interface(spec.at("interface"), out.interface);
  read_version(spec.at("version"), out.version, out.not_yet_supported);
  read_advert_interval(spec.at("advertIntervalMs"), out.version, out.advert_interval);
  spec.at("preempt").read(out.preempt);
  read_preempt_delay(spec.at("preemptDelaySeconds"), out.preempt_delay);
  read_checksum(spec.at("checksum"), out.checksum);
  read_transport(spec.at("transport"), out.not_yet_supported);
  int authentication = 0;
  spec.at("authentication").at("type").read<int>(kAuthenticationWords, authentication);
  if (spec.at("authentication").object() && authentication != 0) {
    out.not_yet_supported.push_back(spec.at("authentication").path());
  }
  read_addresses(spec.at("addresses"), out.family, out.addresses);
  note_if_listed(spec.at("excludedAddresses"), out.not_yet_supported);
  read_members(spec.at("members"), out);
  read_extras(spec, out);
}

void read_transition(const JsonView& last, std::optional<MemberTransition>& out) {
  if (!last.object()) return;
  MemberTransition& transition = out.emplace();
  last.at("time").read(transition.time);
  last.at("reason").read(transition.reason);
  std::int64_t outage = 0;
  if (last.at("outageMs").integer(0, INT64_MAX, outage)) transition.outage_ms = outage;
}

void read_member_status(const JsonView& item, MemberStatus& out) {
  item.at("node").require();
  item.at("node").read(out.node);
  item.at("groupUID").read(out.group_uid);
  item.at("instance").read(out.instance);
  item.at("state").read<MemberState>(kStateWords, out.state);
  item.at("since").read(out.since);
  item.at("observedGeneration").read(0, INT64_MAX, out.observed_generation);
  item.at("programmed").read(out.programmed);
  item.at("confirmed").read(0, INT64_MAX, out.confirmed);
  item.at("hears").read(out.hears);
  read_transition(item.at("lastTransition"), out.last_transition);
  for (const auto& entry : item.at("problems").items(kMaxProblems)) {
    Condition problem;
    if (!entry.object()) continue;
    problem.status = ConditionStatus::kTrue;
    entry.at("type").read(problem.type);
    entry.at("reason").read(problem.reason);
    entry.at("message").read(problem.message);
    out.problems.push_back(std::move(problem));
  }
}

void read_body(const JsonView& root, VRRPGroup& out) {
  read_spec(root.at("spec"), out.spec);
  const JsonView status = root.at("status");
  if (!status.object()) return;
  constexpr std::size_t kMaxEntries = 64;  // members that left are swept later
  for (const auto& item : status.at("members").items(kMaxEntries)) {
    MemberStatus entry;
    if (!item.object()) continue;
    read_member_status(item, entry);
    // A node that has not seen yet that the group was made again; the API server lets it write its entry.
    const bool of_another = !entry.group_uid.empty() && entry.group_uid != out.meta.uid;
    if (!of_another || out.meta.uid.empty()) out.status.members.push_back(std::move(entry));
  }
  status.at("master").read(out.status.master);
  status.at("state").read(out.status.state);
  read_conditions(status.at("conditions"), out.status.conditions);
}

}  // namespace

Decoded<VRRPGroup> decode_vrrp_group(std::string_view json) {
  return decode_object<VRRPGroup>(json, kKind, read_body);
}

std::string_view to_string(MemberState state) {
  for (const auto& word : kStateWords) {
    if (word.value == state) return word.text;
  }
  return "unknown";
}

}  // namespace fairlead::api

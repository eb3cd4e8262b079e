#include "lib/api/vrrp_group_fields.h"

#include <algorithm>
#include <set>
#include <string>

#include "lib/api/net_fields.h"
#include "lib/api/traffic_fields.h"

namespace fairlead::api {
namespace {

constexpr std::size_t kMaxExcluded = 255;
constexpr std::size_t kMaxMembers = 16;
constexpr std::size_t kMaxOwners = 16;
constexpr std::size_t kMaxPeers = 16;
constexpr std::size_t kMaxTracked = 16;
constexpr std::size_t kMaxRepeats = 8;
constexpr std::size_t kMaxFileName = 4096;
constexpr int kMaxPriority = 255;  // 255 in static manifests only; the CRD's schema stops at 254
constexpr int kMaxTrackWeight = 253;

enum class AuthenticationType { kNone, kPass };
constexpr Word<AuthenticationType> kAuthenticationWords[] = {{"NONE", AuthenticationType::kNone},
                                                             {"PASS", AuthenticationType::kPass}};

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

// IPv6 without a link-local address gets one, and that takes a place in the advert (RFC 9568 5.2.9).
void check_count(const JsonView& list, const VRRPGroupSpec& spec) {
  const std::size_t most = most_listed_addresses(spec.family);
  const bool full = spec.family == net::Family::kIPv6 && spec.addresses.size() == most;
  const bool has_link_local = std::any_of(spec.addresses.begin(), spec.addresses.end(),
                                          [](const auto& entry) { return entry.address.is_link_local(); });
  if (full && !has_link_local) {
    list.problem("must have at most " + std::to_string(most - 1) +
                 " items where none is link-local: the virtual router's own is added, got " +
                 std::to_string(spec.addresses.size()));
  }
}

// Addresses are held as /32 and /128: another length is not built yet.
int read_prefix_length(const JsonView& view, int bits, std::vector<std::string>& not_yet_supported) {
  int out = bits;
  view.read(1, bits, out);
  if (out != bits) not_yet_supported.push_back(view.path());
  return out;
}

void read_addresses(const JsonView& list, GroupAddressReader& reader, VRRPGroupSpec& out) {
  for (const auto& item : list.items(most_listed_addresses(out.family))) {
    GroupAddress address;
    if (!item.object()) continue;
    item.at("address").require();
    reader.read(item.at("address"), "addresses", address.address);
    address.prefix_length =
        read_prefix_length(item.at("prefixLength"), address.address.bits(), out.not_yet_supported);
    read_forwarding(item.at("forwarding"), address.forwarding);
    read_owners(item.at("owners"), address.owners);
    out.addresses.push_back(std::move(address));
  }
  check_count(list, out);
}

void read_excluded(const JsonView& list, GroupAddressReader& reader, VRRPGroupSpec& out) {
  for (const auto& item : list.items(kMaxExcluded)) {
    ExcludedAddress excluded;
    if (!item.object()) continue;
    item.at("address").require();
    reader.read(item.at("address"), "excludedAddresses", excluded.address);
    excluded.prefix_length =
        read_prefix_length(item.at("prefixLength"), excluded.address.bits(), out.not_yet_supported);
    out.excluded_addresses.push_back(excluded);
  }
}

void read_members(const JsonView& list, GroupAddressReader& reader, std::vector<GroupMember>& out) {
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
    net::IpAddress unicast;
    if (reader.read(item.at("unicastAddress"), "members", unicast)) member.unicast_address = unicast;
    item.at("handOver").read(member.hand_over);
    out.push_back(std::move(member));
  }
}

void read_foreign_peers(const JsonView& list, GroupAddressReader& reader, std::vector<ForeignPeer>& out) {
  for (const auto& item : list.items(kMaxPeers)) {
    ForeignPeer peer;
    if (!item.object()) continue;
    item.at("address").require();
    reader.read(item.at("address"), "foreignPeers", peer.address);
    item.at("minTTL").read(1, 255, peer.min_ttl);
    out.push_back(peer);
  }
}

void check_transport(const JsonView& view, const VRRPGroupSpec& spec) {
  if (spec.transport != Transport::kUnicast || !spec.foreign_peers.empty()) return;
  const bool nobody = std::none_of(spec.members.begin(), spec.members.end(),
                                   [](const auto& member) { return member.unicast_address.has_value(); });
  if (nobody) {
    view.problem(
        "must be Multicast without a peer: Unicast needs members[].unicastAddress or foreignPeers, got "
        "neither");
  }
}

}  // namespace

int priority_in_use(const GroupMember& member) {
  const bool lowered = member.hand_over && member.priority < kMaxPriority;
  return lowered ? 1 + member.priority / 8 : member.priority;
}

std::size_t most_listed_addresses(net::Family family) { return family == net::Family::kIPv4 ? 255 : 90; }

bool GroupAddressReader::read(const JsonView& view, std::string_view list, net::IpAddress& out) {
  net::IpAddress address;
  if (!read_virtual_address(view, address)) return false;
  if (address.family() != family_) {
    view.problem("must be of the group's family " + std::string(net::to_string(family_)) + ", got " +
                 view.show());
  }
  const auto [first, added] = lists_.insert({address, list});
  if (!added && first->second == list) {
    view.problem("must be listed once, got " + view.show() + " again");
  } else if (!added) {
    view.problem("must not be in " + std::string(first->second) + ", too, got " + view.show());
  }
  out = address;
  return true;
}

void read_group_lists(const JsonView& spec, VRRPGroupSpec& out) {
  GroupAddressReader reader(out.family);
  read_addresses(spec.at("addresses"), reader, out);
  read_excluded(spec.at("excludedAddresses"), reader, out);
  read_members(spec.at("members"), reader, out.members);
  read_foreign_peers(spec.at("foreignPeers"), reader, out.foreign_peers);
  check_transport(spec.at("transport"), out);
}

void read_authentication(const JsonView& view, VRRPGroupSpec& out) {
  if (!view.object()) return;
  AuthenticationType type = AuthenticationType::kNone;
  view.at("type").read<AuthenticationType>(kAuthenticationWords, type);
  const JsonView file = view.at("passwordFile");
  std::string name;
  file.read(name);
  if (type == AuthenticationType::kNone) {
    if (!name.empty()) file.problem("allowed with type PASS only");
    return;
  }
  if (out.version != 2) {
    view.at("type").problem("PASS is allowed with version 2 only, got version " +
                            std::to_string(out.version));
  }
  if (name.empty()) file.problem("required with type PASS");
  if (name.size() > kMaxFileName) {
    file.problem("must have at most 4096 bytes, got " + std::to_string(name.size()));
    return;
  }
  out.password_file = std::move(name);
}

void read_track_interfaces(const JsonView& list, std::vector<TrackInterface>& out) {
  std::set<std::string> seen;
  for (const auto& item : list.items(kMaxTracked)) {
    TrackInterface tracked;
    if (!item.object()) continue;
    const JsonView name = item.at("name");
    name.require();
    read_interface(name, tracked.name);
    if (!tracked.name.empty() && !seen.insert(tracked.name).second) {
      name.problem("must be listed once, got " + name.show() + " again");
    }
    item.at("weight").read(-kMaxTrackWeight, kMaxTrackWeight, tracked.weight);
    out.push_back(std::move(tracked));
  }
}

void read_announce(const JsonView& view, GroupAnnounce& out) {
  if (!view.object()) return;
  const JsonView list = view.at("repeatSeconds");
  std::vector<Seconds> repeats;
  for (const auto& item : list.items(kMaxRepeats)) {
    std::int64_t seconds = 0;
    if (!item.integer(0, 3600, seconds)) continue;
    if (!repeats.empty() && Seconds(seconds) <= repeats.back()) {
      item.problem("must be greater than the one before, got " + item.show());
    }
    repeats.emplace_back(seconds);
  }
  if (list.present() && repeats.empty()) list.problem("must have at least one item");
  if (!repeats.empty()) out.repeats = std::move(repeats);
  std::int64_t refresh = out.refresh.count();
  view.at("refreshSeconds").integer(0, 86400, refresh);
  out.refresh = Seconds(refresh);
  view.at("routerFlag").read(out.router_flag);
}

}  // namespace fairlead::api

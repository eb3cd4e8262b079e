#include "controller/plan/place.h"

#include <gtest/gtest.h>

#include "controller/plan/release.h"
#include "unit/controller/builders.h"

// api.md, "Names of generated objects" and "Who is a member": groups and virtual router IDs.
namespace fairlead::controller {
namespace {

using namespace testing;

// Everything that VirtualIPs ask for is granted.
Seating granted(const Inputs& inputs) {
  Seating out;
  for (const auto& [key, object] : inputs.virtual_ips) {
    if (object.meta.deleting) continue;
    for (const auto& address : object.spec.addresses) {
      const auto choice = pool_for(inputs, {}, address, object.spec.pool);
      out.claims.granted.insert({address, {key, object.meta.uid, address, choice.pool}});
    }
  }
  return out;
}
Placement placed(const Inputs& inputs) { return place(inputs, granted(inputs)); }

void add_vips(Inputs& inputs, int count) {
  for (int i = 0; i < count; ++i) {
    auto object = vip("vip-" + std::to_string(i), "192.0.2." + std::to_string(100 + i));
    object.meta.creation_timestamp = WallTime(Seconds(i));
    put(inputs.virtual_ips, object);
  }
}
std::string leader(const api::VRRPGroup& group) {
  std::string out;
  int best = 0;
  for (const auto& member : group.spec.members) {
    if (member.priority > best) out = member.node;
    best = std::max(best, member.priority);
  }
  return out;
}

TEST(Place, AFirstVirtualIPOpensAGroupWithThePoolsParameters) {
  Inputs inputs = three_nodes();
  inputs.pools.at({"", "public"}).spec.vrrp.preempt_delay = Seconds(5);
  add_vips(inputs, 1);
  const auto out = placed(inputs);
  const auto& group = out.groups.at({"", "192-0-2-0-24-v4-1"});
  EXPECT_EQ(group.spec.virtual_router_id, 1);
  EXPECT_EQ(group.spec.interface, "eth0");
  EXPECT_EQ(group.spec.advert_interval, Milliseconds(250));
  EXPECT_EQ(group.spec.preempt_delay, Seconds(5));
  EXPECT_EQ(group.spec.members.size(), 3U);
  EXPECT_EQ(group.meta.labels.size(), 3U);
  EXPECT_TRUE(group.meta.labels.contains("node.fairlead.dev/node-a"));
  ASSERT_EQ(group.spec.addresses.size(), 1U);
  EXPECT_EQ(group.spec.addresses.front().owners.front(), (api::AddressOwner{"shop", "vip-0", "uid-vip-0"}));
}

TEST(Place, GroupsOpenUntilThereIsOnePerEligibleNodeThenAddressesShare) {
  Inputs inputs = three_nodes();
  add_vips(inputs, 7);
  const auto out = placed(inputs);
  ASSERT_EQ(out.groups.size(), 3U);
  EXPECT_EQ(out.groups.at({"", "192-0-2-0-24-v4-1"}).spec.addresses.size(), 3U);
  EXPECT_EQ(out.groups.at({"", "192-0-2-0-24-v4-2"}).spec.addresses.size(), 2U);
  EXPECT_EQ(out.groups.at({"", "192-0-2-0-24-v4-3"}).spec.addresses.size(), 2U);
}

TEST(Place, RanksRotateFromGroupToGroup) {
  Inputs inputs = three_nodes();
  add_vips(inputs, 3);
  std::set<std::string> leaders;
  for (const auto& [key, group] : placed(inputs).groups) leaders.insert(leader(group));
  EXPECT_EQ(leaders.size(), 3U);
}

TEST(Place, ThePoolsNumberOfGroupsHolds) {
  Inputs inputs = three_nodes();
  inputs.pools.at({"", "public"}).spec.groups = 1;
  add_vips(inputs, 5);
  EXPECT_EQ(placed(inputs).groups.size(), 1U);
}

TEST(Place, AnAddressStaysInItsGroupWithItsMembers) {
  Inputs inputs = three_nodes();
  add_vips(inputs, 2);
  const auto first = placed(inputs);
  inputs.groups = first.groups;
  put(inputs.nodes, node("node-d"));
  put(inputs.node_reports, report("node-d", "eth0", "192.0.2.4/24"));
  const auto second = placed(inputs);
  EXPECT_EQ(second.group_of, first.group_of);
  EXPECT_EQ(second.groups.at({"", "192-0-2-0-24-v4-1"}).spec.members.size(), 4U);
}

TEST(Place, VirtualRouterIDsInUseOnTheSameInterfaceAreLeftOut) {
  Inputs inputs = three_nodes();
  auto other = group({"other-v4-1", 1, {{"192.0.2.50", "x"}}, {{"node-b", 200}}});
  other.spec.addresses.front().owners.clear();
  put(inputs.groups, other);
  add_vips(inputs, 1);
  EXPECT_TRUE(placed(inputs).groups.contains({"", "192-0-2-0-24-v4-2"}));
}

TEST(Place, TheSameVirtualRouterIDOnAnotherInterfaceIsFree) {
  Inputs inputs = three_nodes();
  auto other = group({"other-v4-1", 1, {{"198.51.100.50", "x"}}, {{"node-b", 200}}});
  other.spec.addresses.front().owners.clear();
  other.spec.interface = "eth1";
  put(inputs.groups, other);
  add_vips(inputs, 1);
  EXPECT_TRUE(placed(inputs).groups.contains({"", "192-0-2-0-24-v4-1"}));
}

TEST(Place, VirtualRouterIDsOfForeignSpeakersAreLeftOut) {
  Inputs inputs = three_nodes();
  auto& heard = inputs.node_reports.at({"", "node-c"}).spec.heard_virtual_routers;
  heard.push_back({"eth0", net::Family::kIPv4, 1, ip("192.0.2.9")});
  heard.push_back({"eth1", net::Family::kIPv4, 2, ip("192.0.2.9")});
  add_vips(inputs, 1);
  EXPECT_TRUE(placed(inputs).groups.contains({"", "192-0-2-0-24-v4-2"}));
}

TEST(Place, TheNameOfAnUnreadableGroupIsNotTaken) {
  Inputs inputs = three_nodes();
  inputs.poisoned_groups.insert({{"", "192-0-2-0-24-v4-1"}, {meta("192-0-2-0-24-v4-1", ""), {}}});
  add_vips(inputs, 1);
  EXPECT_TRUE(placed(inputs).groups.contains({"", "192-0-2-0-24-v4-2"}));
}

TEST(Place, OnlyThePoolsVirtualRouterIDsAreUsed) {
  Inputs inputs = three_nodes();
  inputs.pools.at({"", "public"}).spec.vrrp.virtual_router_ids = {{50, 50}};
  add_vips(inputs, 2);
  const auto out = placed(inputs);
  ASSERT_EQ(out.groups.size(), 1U);
  EXPECT_EQ(out.groups.begin()->second.spec.virtual_router_id, 50);
  EXPECT_EQ(out.groups.begin()->second.spec.addresses.size(), 2U);
}

TEST(Place, WithNoVirtualRouterIDLeftTheAddressIsRefused) {
  Inputs inputs = three_nodes();
  inputs.pools.at({"", "public"}).spec.vrrp.virtual_router_ids = {{50, 50}};
  inputs.node_reports.at({"", "node-a"})
      .spec.heard_virtual_routers.push_back({"eth0", net::Family::kIPv4, 50, ip("192.0.2.9")});
  add_vips(inputs, 1);
  const auto out = placed(inputs);
  EXPECT_TRUE(out.groups.empty());
  EXPECT_EQ(out.refused.at({"shop", "vip-0"}).reason, Reason::kVirtualRouterIDsExhausted);
}

TEST(Place, WithNoEligibleNodeTheReasonNamesEachNode) {
  Inputs inputs = three_nodes();
  inputs.node_reports.clear();
  add_vips(inputs, 1);
  const auto no = placed(inputs).refused.at({"shop", "vip-0"});
  EXPECT_EQ(no.reason, Reason::kNoEligibleNode);
  EXPECT_NE(no.message.find("node-a, node-b, node-c: no NodeReport"), std::string::npos);
}

TEST(Place, AFullGroupIsNotJoined) {
  Inputs inputs = three_nodes();
  put(inputs.pools, pool("public", "10.9.0.0/16"));
  for (const std::string name : {"node-a", "node-b", "node-c"}) {
    inputs.node_reports.at({"", name}).spec.interfaces.front().addresses = {
        *net::parse_prefix("10.9.255.250/16")};
  }
  inputs.pools.at({"", "public"}).spec.groups = 1;
  for (int i = 0; i < 256; ++i) {
    auto object = vip("v" + std::to_string(1000 + i), "10.9.1." + std::to_string(i));
    put(inputs.virtual_ips, object);
  }
  const auto out = placed(inputs);
  ASSERT_EQ(out.groups.size(), 2U);
  EXPECT_EQ(out.groups.begin()->second.spec.addresses.size(), 255U);
}

// Every node has an IPv6 prefix besides, the pool `six` is for it.
Inputs with_ipv6() {
  Inputs inputs = three_nodes();
  for (const std::string name : {"a", "b", "c"}) {
    auto& addresses = inputs.node_reports.at({"", "node-" + name}).spec.interfaces.front().addresses;
    addresses.push_back(*net::parse_prefix("2001:db8::" + name + "/64"));
    addresses.push_back(*net::parse_prefix("fe80::" + name + "/64"));
  }
  put(inputs.pools, pool("six", "2001:db8::1:0/112"));
  return inputs;
}

// api.md, Names: the segment of IPv6 is the first 8 hex digits of the SHA-256 of the covering prefix.
TEST(Place, AVirtualIPOfBothFamiliesHasAGroupInEach) {
  Inputs inputs = with_ipv6();
  auto object = vip("web", "192.0.2.100");
  object.spec.addresses.push_back(ip("2001:db8::1:1"));
  object.spec.forwarding = api::Forwarding::kDelegate;
  put(inputs.virtual_ips, object);
  const auto out = placed(inputs);
  const std::string sixth = api::short_hash("2001:db8::/64").substr(0, 8) + "-v6-1";
  ASSERT_EQ(out.groups.size(), 2U);
  EXPECT_TRUE(out.groups.contains({"", "192-0-2-0-24-v4-1"}));
  const auto& spec = out.groups.at({"", sixth}).spec;
  EXPECT_EQ(spec.family, net::Family::kIPv6);
  EXPECT_EQ(spec.virtual_router_id, 1);  // VR-025: the families are independent
  ASSERT_EQ(spec.addresses.size(), 1U);
  EXPECT_EQ(spec.addresses.front(),
            (api::GroupAddress{
                ip("2001:db8::1:1"), 128, api::Forwarding::kDelegate, {{"shop", "web", "uid-web"}}}));
  EXPECT_EQ(spec.members.size(), 3U);
}

// An advert at an MTU of 1500 lists 90, and the virtual router's link-local address is one of them.
TEST(Place, AGroupOfFamilyIpv6IsFullWith89Addresses) {
  Inputs inputs = with_ipv6();
  inputs.pools.at({"", "six"}).spec.groups = 1;
  for (int i = 0; i < 90; ++i) {
    put(inputs.virtual_ips, vip("v" + std::to_string(100 + i), "2001:db8::1:" + std::to_string(i)));
  }
  const auto out = placed(inputs);
  ASSERT_EQ(out.groups.size(), 2U);
  EXPECT_EQ(out.groups.begin()->second.spec.addresses.size(), 89U);
}

TEST(Place, TheSettingsOfThePoolAreThoseOfItsGroups) {
  Inputs inputs = three_nodes();
  auto& vrrp = inputs.pools.at({"", "public"}).spec.vrrp;
  vrrp.version = 2;
  vrrp.advert_interval = Milliseconds(3000);
  vrrp.checksum = api::Checksum::kRfc5798;
  vrrp.link_up_delay = Milliseconds(1500);
  add_vips(inputs, 1);
  const auto spec = placed(inputs).groups.begin()->second.spec;
  EXPECT_EQ(spec.version, 2);
  EXPECT_EQ(spec.advert_interval, Milliseconds(3000));
  EXPECT_EQ(spec.checksum, api::Checksum::kRfc5798);
  EXPECT_EQ(spec.link_up_delay, Milliseconds(1500));
  EXPECT_EQ(spec.transport, api::Transport::kMulticast);
  for (const auto& member : spec.members) EXPECT_EQ(member.unicast_address, std::nullopt);
}

std::map<std::string, std::optional<net::IpAddress>> unicast_addresses(const Placement& placement) {
  std::map<std::string, std::optional<net::IpAddress>> out;
  for (const auto& member : placement.groups.begin()->second.spec.members) {
    out[member.node] = member.unicast_address;
  }
  return out;
}

// api.md, VRRPGroup: members[].unicastAddress.
TEST(Place, WithUnicastEveryMemberHasItsNodesAddressInTheSegment) {
  Inputs inputs = with_ipv6();
  inputs.pools.at({"", "public"}).spec.vrrp.transport = api::Transport::kUnicast;
  auto& interfaces = inputs.node_reports.at({"", "node-b"}).spec.interfaces;
  interfaces.insert(interfaces.begin(), {"eth1", 1500, true, {*net::parse_prefix("192.0.0.2/16")}, {}});
  add_vips(inputs, 1);
  const auto out = placed(inputs);
  EXPECT_EQ(out.groups.begin()->second.spec.transport, api::Transport::kUnicast);
  EXPECT_EQ(unicast_addresses(out),
            (std::map<std::string, std::optional<net::IpAddress>>{
                {"node-a", ip("192.0.2.1")}, {"node-b", ip("192.0.2.2")}, {"node-c", ip("192.0.2.3")}}));
  inputs.groups = out.groups;
  inputs.pools.at({"", "public"}).spec.vrrp.transport = api::Transport::kMulticast;
  EXPECT_EQ(unicast_addresses(placed(inputs)).at("node-a"), std::nullopt);
}

// A second address on the node does not move the group; one that is gone does.
TEST(Place, AUnicastAddressStaysWhileTheNodeHasIt) {
  Inputs inputs = three_nodes();
  inputs.pools.at({"", "public"}).spec.vrrp.transport = api::Transport::kUnicast;
  add_vips(inputs, 1);
  inputs.groups = placed(inputs).groups;
  auto& addresses = inputs.node_reports.at({"", "node-b"}).spec.interfaces.front().addresses;
  addresses.insert(addresses.begin(), *net::parse_prefix("192.0.2.20/24"));
  EXPECT_EQ(unicast_addresses(placed(inputs)).at("node-b"), ip("192.0.2.2"));
  addresses.pop_back();
  EXPECT_EQ(unicast_addresses(placed(inputs)).at("node-b"), ip("192.0.2.20"));
  addresses.clear();  // its interface lost the prefix: the member stays, and so does what is known of it
  EXPECT_EQ(unicast_addresses(placed(inputs)).at("node-b"), ip("192.0.2.2"));
  inputs.node_reports.erase({"", "node-b"});
  EXPECT_EQ(unicast_addresses(placed(inputs)).at("node-b"), ip("192.0.2.2"));
}

TEST(Place, DifferentParametersDoNotShareAGroup) {
  Inputs inputs = three_nodes();
  inputs.pools.at({"", "public"}).spec.groups = 1;
  auto fast = pool("fast", "192.0.2.10-192.0.2.20");
  fast.spec.groups = 1;
  fast.spec.vrrp.advert_interval = Milliseconds(100);
  put(inputs.pools, fast);
  put(inputs.virtual_ips, vip("slow", "192.0.2.100"));
  put(inputs.virtual_ips, vip("fast", "192.0.2.10"));
  EXPECT_EQ(placed(inputs).groups.size(), 2U);
}

TEST(Place, DifferentEligibleNodesDoNotShareAGroup) {
  Inputs inputs = three_nodes();
  inputs.pools.at({"", "public"}).spec.groups = 1;
  inputs.node_reports.at({"", "node-c"}).spec.capabilities.ipvs = false;
  put(inputs.virtual_ips, vip("nat", "192.0.2.100"));
  auto delegate = vip("delegate", "192.0.2.101");
  delegate.spec.forwarding = api::Forwarding::kDelegate;
  put(inputs.virtual_ips, delegate);
  EXPECT_EQ(placed(inputs).groups.size(), 2U);
}

TEST(Place, AChangeOfThePoolReachesItsGroups) {
  Inputs inputs = three_nodes();
  add_vips(inputs, 1);
  inputs.groups = placed(inputs).groups;
  inputs.pools.at({"", "public"}).spec.vrrp.preempt = false;
  EXPECT_FALSE(placed(inputs).groups.begin()->second.spec.preempt);
}

TEST(Place, WithItsPoolGoneAGroupStaysAsItIs) {
  Inputs inputs = three_nodes();
  add_vips(inputs, 1);
  inputs.groups = placed(inputs).groups;
  inputs.pools.clear();
  EXPECT_EQ(placed(inputs).groups, inputs.groups);
}

TEST(Place, AVirtualIPWithoutItsFinalizerIsNotPlacedYet) {
  Inputs inputs = three_nodes();
  add_vips(inputs, 1);
  Seating seating = granted(inputs);
  seating.unready = {"uid-vip-0"};
  EXPECT_TRUE(place(inputs, seating).groups.empty());
}

TEST(Place, AnAddressThatLostItsHolderLeavesWithANoteOfItsMembers) {
  Inputs inputs = three_nodes();
  add_vips(inputs, 1);
  inputs.groups = placed(inputs).groups;
  inputs.virtual_ips.clear();
  const auto out = placed(inputs);
  const auto& group = out.groups.at({"", "192-0-2-0-24-v4-1"});
  EXPECT_TRUE(group.spec.addresses.empty());
  EXPECT_EQ(group.meta.annotations.at(kReleasingAnnotation), "192.0.2.100 uid-vip-0 node-a,node-b,node-c");
  EXPECT_EQ(group.spec.members.size(), 3U);
}

// node-c was replaced: labelled still, no member, and its entry speaks of the generation it was one in.
api::VRRPGroup left_by_node_c() {
  auto out = group({"192-0-2-0-24-v4-1", 1, {{"192.0.2.100", "vip-0"}}, {{"node-a", 200}, {"node-b", 150}}});
  out.spec.advert_interval = Milliseconds(50);  // two members
  out.meta.generation = 2;
  out.meta.labels[api::node_label("node-c")] = "";
  out.status.members = {entry("node-c", api::MemberState::kInitialize)};
  return out;
}
Inputs with_a_group_of_two() {
  Inputs inputs = three_nodes();
  inputs.pools.at({"", "public"}).spec.vrrp.advert_interval = Milliseconds(50);
  add_vips(inputs, 1);
  put(inputs.groups, left_by_node_c());
  return inputs;
}

// api.md, Release: it is to report; without the label it would not even see that it is out.
TEST(Place, AMemberThatLeftKeepsItsLabelUntilItHasReported) {
  Inputs inputs = with_a_group_of_two();
  const std::string label = api::node_label("node-c");
  EXPECT_TRUE(placed(inputs).groups.begin()->second.meta.labels.contains(label));
  inputs.groups.begin()->second.status.members[0].observed_generation = 2;
  EXPECT_FALSE(placed(inputs).groups.begin()->second.meta.labels.contains(label));
}

TEST(Place, AMemberThatLeftAndWhoseNodeIsGoneLosesItsLabel) {
  Inputs inputs = with_a_group_of_two();
  inputs.nodes.erase({"", "node-c"});
  EXPECT_FALSE(placed(inputs).groups.begin()->second.meta.labels.contains(api::node_label("node-c")));
}

TEST(Place, WhoLeftAndHasNotReportedMayHoldWhatIsReleasedLater) {
  Inputs inputs = with_a_group_of_two();
  inputs.virtual_ips.clear();
  EXPECT_EQ(placed(inputs).groups.begin()->second.meta.annotations.at(kReleasingAnnotation),
            "192.0.2.100 uid-vip-0 node-a,node-b,node-c");
  inputs.groups.begin()->second.status.members[0].observed_generation = 2;
  EXPECT_EQ(placed(inputs).groups.begin()->second.meta.annotations.at(kReleasingAnnotation),
            "192.0.2.100 uid-vip-0 node-a,node-b");
}

// A note that an earlier version of the controller wrote, and then took the label away.
TEST(Place, WhoStandsInANoteIsLabelled) {
  Inputs inputs = with_a_group_of_two();
  auto& before = inputs.groups.begin()->second.meta;
  before.labels.erase(api::node_label("node-c"));
  before.annotations[kReleasingAnnotation] = "192.0.2.109 uid-gone node-c";
  EXPECT_TRUE(placed(inputs).groups.begin()->second.meta.labels.contains(api::node_label("node-c")));
}

TEST(Place, AGroupWithoutAddressesGoesWhenEveryMemberHasReported) {
  Inputs inputs = three_nodes();
  auto emptied = group({"192-0-2-0-24-v4-1", 1, {}, {{"node-a", 200}}});
  emptied.meta.annotations[kReleasingAnnotation] = "192.0.2.100 uid-vip-0 node-a";
  put(inputs.groups, emptied);
  EXPECT_EQ(placed(inputs).groups.size(), 1U);
  inputs.groups.begin()->second.status.members.push_back(entry("node-a", api::MemberState::kInitialize));
  EXPECT_TRUE(placed(inputs).groups.empty());
}

TEST(Place, AFrozenVirtualIPKeepsItsAddress) {
  Inputs inputs = three_nodes();
  add_vips(inputs, 1);
  inputs.groups = placed(inputs).groups;
  Seating seating;
  seating.frozen = {"uid-vip-0"};
  EXPECT_EQ(place(inputs, seating).groups, inputs.groups);
}

// docs/vrrp.md: fields that no pool has are the operator's, in a group of ours, too.
TEST(Place, WhatAnOperatorAddsToAGroupOfOursStays) {
  Inputs inputs = three_nodes();
  add_vips(inputs, 1);
  inputs.groups = placed(inputs).groups;
  auto& spec = inputs.groups.begin()->second.spec;
  spec.foreign_peers = {{ip("192.0.2.9"), 255}};
  spec.track_interfaces = {{"eth1", 0}};
  spec.excluded_addresses = {{ip("192.0.2.60"), 32}};
  spec.announce.refresh = Seconds(0);
  spec.fence_lifetime = Seconds(2);
  spec.strict_v6_first_address = false;
  EXPECT_EQ(placed(inputs).groups, inputs.groups);
}

TEST(Place, WhatThePoolSaysOfAGroupOfOursIsPutBack) {
  Inputs inputs = three_nodes();
  add_vips(inputs, 1);
  const auto groups = inputs.groups = placed(inputs).groups;
  auto& spec = inputs.groups.begin()->second.spec;
  spec.advert_interval = Milliseconds(1000);
  spec.preempt = false;
  spec.preempt_delay = Seconds(0);
  spec.checksum = api::Checksum::kRfc5798;
  spec.transport = api::Transport::kUnicast;
  spec.link_up_delay = Milliseconds(100);
  EXPECT_EQ(placed(inputs).groups, groups);
}

TEST(Place, AGroupMadeByHandIsLeftAlone) {
  Inputs inputs = three_nodes();
  auto by_hand = group({"hand", 77, {{"192.0.2.50", "x"}}, {{"node-a", 255}}});
  by_hand.spec.addresses.front().owners.clear();
  by_hand.meta.labels["mine"] = "yes";
  put(inputs.groups, by_hand);
  EXPECT_EQ(placed(inputs).groups, inputs.groups);
}

}  // namespace
}  // namespace fairlead::controller

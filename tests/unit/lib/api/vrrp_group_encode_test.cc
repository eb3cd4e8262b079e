#include <gtest/gtest.h>

#include "lib/api/vrrp_group.h"

// A VRRPGroup, its status and a member's entry as they are written, and that they are read back the same.
namespace fairlead::api {
namespace {

net::IpAddress ip(std::string_view text) { return *net::parse_address(text); }

VRRPGroup group() {
  VRRPGroup out;
  out.meta.name = "192-0-2-0-24-v4-51";
  out.meta.labels = {{"node.fairlead.dev/node-a", ""}, {"node.fairlead.dev/node-b", ""}};
  out.spec.virtual_router_id = 51;
  out.spec.interface = "eth0";
  out.spec.advert_interval = Milliseconds(250);
  out.spec.preempt_delay = Seconds(30);
  out.spec.addresses = {{ip("192.0.2.10"), 32, Forwarding::kNat, {{"shop", "web", "u1"}}},
                        {ip("192.0.2.11"), 32, Forwarding::kDelegate, {}}};
  out.spec.members = {{"node-a", "ua", 200, ""}, {"node-b", "ub", 150, "eth1"}};
  out.spec.fence_lifetime = Seconds(2);
  return out;
}

// Every field of its own value, none the default.
VRRPGroup everything() {
  VRRPGroup out = group();
  out.spec.version = 2;
  out.spec.advert_interval = Milliseconds(2000);
  out.spec.preempt = false;
  out.spec.checksum = Checksum::kRfc5798;
  out.spec.transport = Transport::kUnicast;
  out.spec.password_file = "gateway";
  out.spec.excluded_addresses = {{ip("192.0.2.12"), 32}, {ip("192.0.2.13"), 32}};
  out.spec.members[0].unicast_address = ip("192.0.2.1");
  out.spec.members[1].unicast_address = ip("198.51.100.1");
  out.spec.foreign_peers = {{ip("192.0.2.3"), 255}, {ip("198.51.100.3"), 253}};
  out.spec.track_interfaces = {{"eth2", 0}, {"eth3", -253}, {"eth4", 253}};
  out.spec.link_up_delay = Milliseconds(600000);
  out.spec.strict_v6_first_address = false;
  out.spec.announce = {{Seconds(0), Seconds(3600)}, Seconds(0), true};
  out.spec.config_epoch = 2;
  return out;
}

MemberStatus silent(const std::string& node) {
  MemberStatus out;
  out.node = node;
  return out;
}

TEST(EncodeVRRPGroup, IsReadBackAsTheSameValue) {
  VRRPGroup over_ipv6 = group();
  over_ipv6.spec.family = net::Family::kIPv6;
  over_ipv6.spec.addresses = {{ip("fe80::1"), 128, Forwarding::kDelegate, {}},
                              {ip("2001:db8::1"), 128, Forwarding::kDelegate, {{"shop", "web", "u1"}}}};
  over_ipv6.spec.excluded_addresses = {{ip("2001:db8::2"), 128}};
  for (const auto& expected : {group(), everything(), over_ipv6}) {
    const auto decoded = decode_vrrp_group(encode_vrrp_group(expected));
    ASSERT_TRUE(decoded.ok()) << to_string(decoded.problems);
    EXPECT_EQ(decoded.value, expected);
  }
}

TEST(EncodeVRRPGroup, WritesWhatDiffersFromItsDefault) {
  EXPECT_EQ(
      encode_vrrp_group(everything()),
      R"({"apiVersion":"fairlead.dev/v1alpha1","kind":"VRRPGroup","metadata":{"labels":{"node.fairlead.dev/node-a":"",)"
      R"("node.fairlead.dev/node-b":""},"name":"192-0-2-0-24-v4-51"},"spec":{"addresses":[{"address":"192.0.2.10",)"
      R"("forwarding":"NAT","owners":[{"name":"web","namespace":"shop","uid":"u1"}],"prefixLength":32},)"
      R"({"address":"192.0.2.11","forwarding":"Delegate","prefixLength":32}],"advertIntervalMs":2000,)"
      R"("announce":{"refreshSeconds":0,"repeatSeconds":[0,3600],"routerFlag":true},)"
      R"("authentication":{"passwordFile":"gateway","type":"PASS"},"checksum":"RFC5798","configEpoch":2,)"
      R"("excludedAddresses":[{"address":"192.0.2.12","prefixLength":32},{"address":"192.0.2.13","prefixLength":32}],)"
      R"("family":"IPv4","fenceLifetimeSeconds":2,"foreignPeers":[{"address":"192.0.2.3","minTTL":255},)"
      R"({"address":"198.51.100.3","minTTL":253}],"interface":"eth0","linkUpDelayMs":600000,)"
      R"("members":[{"node":"node-a","nodeUID":"ua","priority":200,"unicastAddress":"192.0.2.1"},)"
      R"({"interface":"eth1","node":"node-b","nodeUID":"ub","priority":150,"unicastAddress":"198.51.100.1"}],)"
      R"("preempt":false,"preemptDelaySeconds":30,"strictV6FirstAddress":false,"trackInterfaces":[{"name":"eth2",)"
      R"("weight":0},{"name":"eth3","weight":-253},{"name":"eth4","weight":253}],"transport":"Unicast","version":2,)"
      R"("virtualRouterID":51}})");
}

TEST(EncodeVRRPGroup, SaysWhoHandsOverAndLowersHisPriorityInUseAlone) {
  VRRPGroup value = group();
  value.spec.members[0].hand_over = true;
  EXPECT_NE(encode_vrrp_group(value).find(R"({"handOver":true,"node":"node-a",)"), std::string::npos);
  const auto decoded = decode_vrrp_group(encode_vrrp_group(value));
  ASSERT_TRUE(decoded.ok()) << to_string(decoded.problems);
  EXPECT_EQ(decoded.value, value);
  EXPECT_EQ(encode_vrrp_group(group()).find("handOver"), std::string::npos);
}

TEST(PriorityInUse, IsAnEighthWhileHandingOverAndKeepsTheOrder) {
  const auto in_use = [](int priority, bool hand_over) {
    GroupMember member;
    member.priority = priority;
    member.hand_over = hand_over;
    return priority_in_use(member);
  };
  EXPECT_EQ(in_use(200, false), 200);
  EXPECT_EQ(in_use(200, true), 26);
  EXPECT_EQ(in_use(150, true), 19);
  EXPECT_EQ(in_use(50, true), 7);
  EXPECT_EQ(in_use(1, true), 1);
  EXPECT_EQ(in_use(254, true), 32);
  EXPECT_EQ(in_use(255, true), 255);  // the owner
}

TEST(EncodeVRRPGroup, WritesEmptyListsSoThatAnApplyTakesThemAway) {
  VRRPGroup empty = group();
  empty.meta.labels.clear();
  empty.spec.addresses.clear();
  empty.spec.members.clear();
  EXPECT_EQ(
      encode_vrrp_group(empty),
      R"({"apiVersion":"fairlead.dev/v1alpha1","kind":"VRRPGroup","metadata":{"name":"192-0-2-0-24-v4-51"},)"
      R"("spec":{"addresses":[],"advertIntervalMs":250,"checksum":"RFC9568","configEpoch":1,"family":"IPv4",)"
      R"("fenceLifetimeSeconds":2,"interface":"eth0","members":[],"preempt":true,"preemptDelaySeconds":30,)"
      R"("version":3,"virtualRouterID":51}})");
}

TEST(EncodeVRRPGroupStatus, WritesTheControllersFieldsOnly) {
  VRRPGroup value = group();
  value.meta.resource_version = "9";
  value.status.master = "node-a";
  value.status.state = "Ready";
  value.status.members = {silent("node-a")};
  EXPECT_EQ(
      encode_vrrp_group_status(value),
      R"({"apiVersion":"fairlead.dev/v1alpha1","kind":"VRRPGroup","metadata":{"name":"192-0-2-0-24-v4-51",)"
      R"("resourceVersion":"9"},"status":{"conditions":[],"master":"node-a","state":"Ready"}})");
}

MemberStatus entry() {
  MemberStatus out;
  out.node = "node-a";
  out.group_uid = "uid-g";
  out.instance = "5e0f";
  out.state = MemberState::kBackup;
  out.since = WallTime(Microseconds(1234567));
  out.observed_generation = 4;
  out.programmed = true;
  out.confirmed = 2;
  out.hears = "192.0.2.2";
  out.last_transition = MemberTransition{WallTime(Microseconds(1234567)), "Preempted", 12};
  out.problems = {
      {"InterfaceMissing", ConditionStatus::kTrue, "InterfaceMissing", "eth0 is gone", 0, WallTime{}}};
  return out;
}

// K-27: a node leaves the resource version out. Two promotions within a second must differ in `since`.
TEST(EncodeMemberStatus, WritesExactlyOneEntryToTheMicrosecond) {
  EXPECT_EQ(
      encode_member_status("g", entry()),
      R"({"apiVersion":"fairlead.dev/v1alpha1","kind":"VRRPGroup","metadata":{"name":"g"},"status":{"members":[)"
      R"({"confirmed":2,"groupUID":"uid-g","hears":"192.0.2.2","instance":"5e0f","lastTransition":{"outageMs":12,"reason":"Preempted",)"
      R"("time":"1970-01-01T00:00:01.234567Z"},"node":"node-a","observedGeneration":4,"problems":[{"message":)"
      R"("eth0 is gone","reason":"InterfaceMissing","type":"InterfaceMissing"}],"programmed":true,)"
      R"("since":"1970-01-01T00:00:01.234567Z","state":"Backup"}]}})");
}

TEST(EncodeMemberStatus, IsReadBackAsTheSameValue) {
  for (const auto& expected : {entry(), silent("node-b")}) {
    const auto decoded = decode_vrrp_group(encode_member_status("g", expected));
    EXPECT_EQ(to_string(decoded.problems), "spec: required");  // an apply of status carries no spec
    EXPECT_EQ(decoded.value.status.members, std::vector<MemberStatus>{expected});
  }
}

}  // namespace
}  // namespace fairlead::api

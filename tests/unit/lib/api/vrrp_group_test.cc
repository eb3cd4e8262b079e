#include "lib/api/vrrp_group.h"

#include <gtest/gtest.h>

namespace fairlead::api {
namespace {

using Paths = std::vector<std::string>;

net::IpAddress ip(std::string_view text) { return *net::parse_address(text); }

std::string document(const std::string& rest) {
  return R"({"metadata":{"name":"g"},"spec":{"family":"IPv4","virtualRouterID":51,"interface":"eth0")" +
         (rest.empty() ? "" : "," + rest) + "}}";
}

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

MemberStatus silent(const std::string& node) {
  MemberStatus out;
  out.node = node;
  return out;
}

// api.md, VRRPGroup: schema defaults; preemptDelaySeconds is 0 where nobody writes it (static manifest).
TEST(VRRPGroup, AppliesTheDefaultsOfTheSchema) {
  const auto decoded = decode_vrrp_group(document(""));
  ASSERT_TRUE(decoded.ok()) << to_string(decoded.problems);
  VRRPGroupSpec expected;
  expected.family = net::Family::kIPv4;
  expected.virtual_router_id = 51;
  expected.interface = "eth0";
  expected.version = 3;
  expected.advert_interval = Milliseconds(1000);
  expected.preempt = true;
  expected.preempt_delay = Seconds(0);
  expected.checksum = Checksum::kRfc9568;
  expected.config_epoch = 1;
  EXPECT_EQ(decoded.value.spec, expected);
}

TEST(VRRPGroup, KeepsListsInDocumentOrderAndFillsPrefixLengths) {
  const auto decoded = decode_vrrp_group(document(
      R"("addresses":[{"address":"192.0.2.11"},{"address":"192.0.2.10","prefixLength":24,"forwarding":"Delegate"}],)"
      R"("members":[{"node":"b","priority":255},{"node":"a","priority":1}])"));
  ASSERT_TRUE(decoded.ok()) << to_string(decoded.problems);
  const std::vector<GroupAddress> addresses{{ip("192.0.2.11"), 32, Forwarding::kNat, {}},
                                            {ip("192.0.2.10"), 24, Forwarding::kDelegate, {}}};
  const std::vector<GroupMember> members{{"b", "", 255, ""}, {"a", "", 1, ""}};
  EXPECT_EQ(decoded.value.spec.addresses, addresses);
  EXPECT_EQ(decoded.value.spec.members, members);
}

TEST(VRRPGroup, RefusesWithPathAndWhatIsAllowed) {
  const std::pair<std::string, std::string> refused[] = {
      {R"({"metadata":{"name":"g"},"spec":{}})",
       "spec.family: required; spec.virtualRouterID: required; spec.interface: required"},
      {R"({"metadata":{"name":"g"},"spec":{"family":"ipv4","virtualRouterID":0,"interface":""}})",
       "spec.family: must be one of IPv4, IPv6, got \"ipv4\"; spec.virtualRouterID: must be 1..255, got 0; "
       "spec.interface: must be an interface's name of 1..15 bytes without slash or white space, got \"\""},
      {document(R"("advertIntervalMs":0)"), "spec.advertIntervalMs: must be 10..40950, got 0"},
      {document(R"("preemptDelaySeconds":-1)"), "spec.preemptDelaySeconds: must be 0..86400, got -1"},
      {document(R"("checksum":"none")"), "spec.checksum: must be one of RFC9568, RFC5798, got \"none\""},
      {document(R"("configEpoch":0)"), "spec.configEpoch: must be 1..9223372036854775807, got 0"},
      {document(R"("addresses":[{"address":"2001:db8::1"}])"),
       "spec.addresses[0].address: must be of the group's family IPv4, got \"2001:db8::1\""},
      {document(R"("addresses":[{"address":"192.0.2.1","prefixLength":33}])"),
       "spec.addresses[0].prefixLength: must be 1..32, got 33"},
      {document(R"("addresses":[{"address":"192.0.2.1"},{"address":"192.0.2.1"}])"),
       "spec.addresses[1].address: must be listed once, got \"192.0.2.1\" again"},
      {document(R"("addresses":[{}])"), "spec.addresses[0].address: required"},
      {document(R"("members":[{"node":"a","priority":256}])"),
       "spec.members[0].priority: must be 1..255, got 256"},
      {document(R"("members":[{"node":"a","priority":0}])"),
       "spec.members[0].priority: must be 1..255, got 0"},
      {document(R"("members":[{"priority":1}])"), "spec.members[0].node: required"},
      {document(R"("members":[{"node":"a","priority":1},{"node":"a","priority":2}])"),
       "spec.members[1].node: must be listed once, got \"a\" again"},
  };
  for (const auto& [text, problems] : refused) {
    EXPECT_EQ(to_string(decode_vrrp_group(text).problems), problems) << text;
  }
}

TEST(VRRPGroup, NamesWhatIsNotBuiltYet) {
  const std::pair<std::string, Paths> cases[] = {
      {document(
           R"("transport":"Multicast","authentication":{"type":"NONE"},"announce":{"repeatSeconds":[0,1,5],)"
           R"("refreshSeconds":60,"routerFlag":false},"strictV6FirstAddress":true,"linkUpDelayMs":0,"foreignPeers":[])"),
       {}},
      {document(R"("version":2,"transport":"Unicast","authentication":{"type":"PASS","passwordFile":"/p"})"),
       {"spec.version", "spec.transport", "spec.authentication"}},
      {document(R"("members":[{"node":"a","priority":1,"unicastAddress":"192.0.2.1"}],)"
                R"("excludedAddresses":[{"address":"192.0.2.9"}],"foreignPeers":[{"address":"192.0.2.8"}])"),
       {"spec.excludedAddresses", "spec.members[0].unicastAddress", "spec.foreignPeers"}},
      {document(
           R"("trackInterfaces":[{"name":"e"}],"trackQuorum":{"weight":1},"linkUpDelayMs":10,"strictV6FirstAddress":false)"),
       {"spec.trackInterfaces", "spec.trackQuorum", "spec.linkUpDelayMs", "spec.strictV6FirstAddress"}},
      {document(R"("announce":{"repeatSeconds":[0],"refreshSeconds":0,"routerFlag":true})"),
       {"spec.announce.repeatSeconds", "spec.announce.refreshSeconds", "spec.announce.routerFlag"}},
      {R"({"metadata":{"name":"g"},"spec":{"family":"IPv6","virtualRouterID":1,"interface":"eth0"}})",
       {"spec.family"}},
  };
  for (const auto& [text, paths] : cases) {
    const auto decoded = decode_vrrp_group(text);
    EXPECT_TRUE(decoded.ok()) << to_string(decoded.problems);
    EXPECT_EQ(decoded.value.spec.not_yet_supported, paths) << text;
  }
}

TEST(EncodeVRRPGroup, IsReadBackAsTheSameValue) {
  const VRRPGroup expected = group();
  const auto decoded = decode_vrrp_group(encode_vrrp_group(expected));
  ASSERT_TRUE(decoded.ok()) << to_string(decoded.problems);
  EXPECT_EQ(decoded.value, expected);
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

// K-15: a node whose watch lags writes its entry of the old object onto the new one. The API server takes it:
// of a status it compares no UID.
TEST(VRRPGroupStatus, AnEntryThatSpeaksOfAnotherObjectOfTheNameIsNotThere) {
  const auto read = [](const std::string& uid) {
    const auto decoded = decode_vrrp_group(
        R"({"apiVersion":"fairlead.dev/v1alpha1","kind":"VRRPGroup","metadata":{"name":"g","uid":"new"},)"
        R"("spec":{"family":"IPv4","virtualRouterID":1,"interface":"eth0"},)"
        R"("status":{"members":[{"node":"node-a")" +
        (uid.empty() ? "" : R"(,"groupUID":")" + uid + "\"") + "}]}}");
    EXPECT_TRUE(decoded.ok()) << to_string(decoded.problems);
    return decoded.value.status.members.size();
  };
  EXPECT_EQ(read("new"), 1U);
  EXPECT_EQ(read("old"), 0U);
  EXPECT_EQ(read(""), 1U);  // of a node that does not say so yet
}

TEST(MemberState, IsSpelledAsInApiMd) {
  EXPECT_EQ(to_string(MemberState::kInitialize), "Initialize");
  EXPECT_EQ(to_string(MemberState::kBackup), "Backup");
  EXPECT_EQ(to_string(MemberState::kMaster), "Master");
}

}  // namespace
}  // namespace fairlead::api

#include <gtest/gtest.h>

#include "lib/api/vrrp_group.h"

// A VRRPGroup as it is read. As it is written: vrrp_group_encode_test.cc.
namespace fairlead::api {
namespace {

using Paths = std::vector<std::string>;

net::IpAddress ip(std::string_view text) { return *net::parse_address(text); }

std::string document(const std::string& rest) {
  return R"({"metadata":{"name":"g"},"spec":{"family":"IPv4","virtualRouterID":51,"interface":"eth0")" +
         (rest.empty() ? "" : "," + rest) + "}}";
}

// A group of family IPv6 with `count` global addresses, and a link-local one if asked.
std::string of_ipv6(int count, bool link_local) {
  std::string list = link_local ? R"({"address":"fe80::1"})" : "";
  for (int i = 1; i <= count; ++i) {
    list += (list.empty() ? "" : ",") + std::string(R"({"address":"2001:db8::)") + std::to_string(i) + "\"}";
  }
  return R"({"metadata":{"name":"g"},"spec":{"family":"IPv6","virtualRouterID":1,"interface":"eth0","addresses":[)" +
         list + "]}}";
}

// A group of family IPv4 with `count` addresses.
std::string of_ipv4(int count) {
  std::string list;
  for (int i = 0; i < count; ++i) {
    list += (list.empty() ? "" : ",") + std::string(R"({"address":"10.0.)") + std::to_string(i / 250) + "." +
            std::to_string(i % 250 + 1) + "\"}";
  }
  return document(R"("addresses":[)" + list + "]");
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

// api.md, VRRPGroup: what belongs together, and what one address may be.
TEST(VRRPGroup, RefusesFieldsThatDoNotGoTogether) {
  const std::string v2 = R"("version":2,)";
  const std::string pass = R"("authentication":{"type":"PASS","passwordFile":"gateway"})";
  const std::pair<std::string, std::string> refused[] = {
      {R"({"metadata":{"name":"g"},"spec":{"family":"IPv6","virtualRouterID":1,"interface":"eth0","version":2}})",
       "spec.version: must be 3 with family IPv6, got 2"},
      {document(v2 + R"("advertIntervalMs":1500)"),
       "spec.advertIntervalMs: must be a multiple of 1000 (whole seconds) with version 2, got 1500"},
      {document(pass), "spec.authentication.type: PASS is allowed with version 2 only, got version 3"},
      {document(v2 + R"("authentication":{"type":"PASS"})"),
       "spec.authentication.passwordFile: required with type PASS"},
      {document(v2 + R"("authentication":{"passwordFile":"gateway"})"),
       "spec.authentication.passwordFile: allowed with type PASS only"},
      {document(v2 + R"("authentication":{"type":"AH"})"),
       "spec.authentication.type: must be one of NONE, PASS, got \"AH\""},
      {document(v2 + R"("authentication":{"type":"PASS","passwordFile":")" + std::string(4097, 'p') + "\"}"),
       "spec.authentication.passwordFile: must have at most 4096 bytes, got 4097"},
      {document(R"("transport":"Broadcast")"),
       "spec.transport: must be one of Multicast, Unicast, got \"Broadcast\""},
      {document(R"("transport":"Unicast","members":[{"node":"a","priority":1}])"),
       "spec.transport: must be Multicast without a peer: Unicast needs members[].unicastAddress or "
       "foreignPeers, got neither"},
      {document(R"("members":[{"node":"a","priority":1,"unicastAddress":"2001:db8::1"}])"),
       "spec.members[0].unicastAddress: must be of the group's family IPv4, got \"2001:db8::1\""},
      {document(R"("addresses":[{"address":"192.0.2.9"}],)"
                R"("members":[{"node":"a","priority":1,"unicastAddress":"192.0.2.9"}])"),
       "spec.members[0].unicastAddress: must not be in addresses, too, got \"192.0.2.9\""},
      {document(R"("members":[{"node":"a","priority":1,"unicastAddress":"192.0.2.9"},)"
                R"({"node":"b","priority":2,"unicastAddress":"192.0.2.9"}])"),
       "spec.members[1].unicastAddress: must be listed once, got \"192.0.2.9\" again"},
      {document(R"("addresses":[{"address":"192.0.2.9"}],"excludedAddresses":[{"address":"192.0.2.9"}])"),
       "spec.excludedAddresses[0].address: must not be in addresses, too, got \"192.0.2.9\""},
      {document(R"("excludedAddresses":[{"address":"2001:db8::1"}])"),
       "spec.excludedAddresses[0].address: must be of the group's family IPv4, got \"2001:db8::1\""},
      {document(R"("excludedAddresses":[{"prefixLength":32}])"),
       "spec.excludedAddresses[0].address: required"},
      {document(R"("excludedAddresses":[{"address":"192.0.2.9","prefixLength":33}])"),
       "spec.excludedAddresses[0].prefixLength: must be 1..32, got 33"},
      {document(R"("members":[{"node":"a","priority":1,"unicastAddress":"192.0.2.9"}],)"
                R"("foreignPeers":[{"address":"192.0.2.9"}])"),
       "spec.foreignPeers[0].address: must not be in members, too, got \"192.0.2.9\""},
      {document(R"("foreignPeers":[{"address":"224.0.0.18"}])"),
       "spec.foreignPeers[0].address: must be a unicast address (not loopback, multicast, unspecified, "
       "broadcast "
       "or IPv4-mapped), got \"224.0.0.18\""},
      {document(R"("foreignPeers":[{"address":"192.0.2.9","minTTL":0}])"),
       "spec.foreignPeers[0].minTTL: must be 1..255, got 0"},
      {document(R"("trackInterfaces":[{"name":"eth1","weight":254}])"),
       "spec.trackInterfaces[0].weight: must be -253..253, got 254"},
      {document(R"("trackInterfaces":[{"name":"eth1","weight":-254}])"),
       "spec.trackInterfaces[0].weight: must be -253..253, got -254"},
      {document(R"("trackInterfaces":[{"name":"eth1"},{"name":"eth1","weight":5}])"),
       "spec.trackInterfaces[1].name: must be listed once, got \"eth1\" again"},
      {document(R"("trackInterfaces":[{"weight":5}])"), "spec.trackInterfaces[0].name: required"},
      {document(R"("linkUpDelayMs":600001)"), "spec.linkUpDelayMs: must be 0..600000, got 600001"},
      {document(R"("announce":{"repeatSeconds":[]})"),
       "spec.announce.repeatSeconds: must have at least one item"},
      {document(R"("announce":{"repeatSeconds":[0,5,5]})"),
       "spec.announce.repeatSeconds[2]: must be greater than the one before, got 5"},
      {document(R"("announce":{"repeatSeconds":[0,1,2,3,4,5,6,7,8]})"),
       "spec.announce.repeatSeconds: must have at most 8 items, got 9; spec.announce.repeatSeconds: must "
       "have "
       "at least one item"},
      {document(R"("announce":{"refreshSeconds":86401})"),
       "spec.announce.refreshSeconds: must be 0..86400, got 86401"},
  };
  for (const auto& [text, problems] : refused) {
    EXPECT_EQ(to_string(decode_vrrp_group(text).problems), problems) << text;
  }
}

// RFC 9568 5.2.5: one byte counts the addresses; at an MTU of 1500 an advert over IPv6 has room for 90, and
// the virtual router's link-local one is among them (5.2.9).
TEST(VRRPGroup, ListsAsManyAddressesAsOneAdvertCanCarry) {
  for (const auto& text : {of_ipv4(255), of_ipv6(89, true), of_ipv6(89, false)}) {
    EXPECT_EQ(to_string(decode_vrrp_group(text).problems), "");
  }
  EXPECT_EQ(to_string(decode_vrrp_group(of_ipv4(256)).problems),
            "spec.addresses: must have at most 255 items, got 256");
  EXPECT_EQ(to_string(decode_vrrp_group(of_ipv6(90, true)).problems),
            "spec.addresses: must have at most 90 items, got 91");
  EXPECT_EQ(
      to_string(decode_vrrp_group(of_ipv6(90, false)).problems),
      "spec.addresses: must have at most 89 items where none is link-local: the virtual router's own is "
      "added, got 90");
}

TEST(VRRPGroup, ReadsAGroupOfFamilyIPv6) {
  const auto decoded = decode_vrrp_group(of_ipv6(1, true));
  ASSERT_TRUE(decoded.ok()) << to_string(decoded.problems);
  EXPECT_EQ(decoded.value.spec.family, net::Family::kIPv6);
  const std::vector<GroupAddress> addresses{{ip("fe80::1"), 128, Forwarding::kNat, {}},
                                            {ip("2001:db8::1"), 128, Forwarding::kNat, {}}};
  EXPECT_EQ(decoded.value.spec.addresses, addresses);
  EXPECT_EQ(decoded.value.spec.not_yet_supported, Paths{});
}

// An interface is tracked in multicast, too, and a foreign router is known there; nobody needs an address.
TEST(VRRPGroup, AForeignPeerAloneMakesAUnicastGroup) {
  const auto decoded =
      decode_vrrp_group(document(R"("transport":"Unicast","foreignPeers":[{"address":"192.0.2.9"}])"));
  ASSERT_TRUE(decoded.ok()) << to_string(decoded.problems);
  EXPECT_EQ(decoded.value.spec.transport, Transport::kUnicast);
  EXPECT_EQ(decoded.value.spec.foreign_peers, (std::vector<ForeignPeer>{{ip("192.0.2.9"), 255}}));
}

TEST(VRRPGroup, NamesWhatIsNotBuiltYet) {
  const std::pair<std::string, Paths> cases[] = {
      {R"("trackQuorum":{"weight":1})", {"spec.trackQuorum"}},
      {R"("addresses":[{"address":"192.0.2.10","prefixLength":24}])", {"spec.addresses[0].prefixLength"}},
      {R"("excludedAddresses":[{"address":"192.0.2.10","prefixLength":31}])",
       {"spec.excludedAddresses[0].prefixLength"}},
      {R"("addresses":[{"address":"192.0.2.10","prefixLength":32}],"excludedAddresses":[{"address":"192.0.2.11","prefixLength":32}])",
       {}},
  };
  for (const auto& [text, paths] : cases) {
    const auto decoded = decode_vrrp_group(document(text));
    EXPECT_TRUE(decoded.ok()) << to_string(decoded.problems);
    EXPECT_EQ(decoded.value.spec.not_yet_supported, paths) << text;
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

VRRPGroup with_entries(const std::string& entries, std::vector<Problem>& left_out) {
  const auto decoded = decode_vrrp_group(
      R"({"apiVersion":"fairlead.dev/v1alpha1","kind":"VRRPGroup","metadata":{"name":"g","uid":"new"},)"
      R"("spec":{"family":"IPv4","virtualRouterID":1,"interface":"eth0"},"status":{"members":[)" +
      entries + R"(],"master":"node-b"}})");
  EXPECT_TRUE(decoded.ok()) << to_string(decoded.problems);
  left_out = decoded.left_out;
  return decoded.value;
}

// FC-09, I-8: of two releases, one may know a state that the other does not.
TEST(VRRPGroupStatus, AnEntryThatCannotBeReadIsLeftOutAndTold) {
  std::vector<Problem> left_out;
  const auto group =
      with_entries(R"({"node":"node-a","state":"Fault"},{"node":"node-b","state":"Master"})", left_out);
  ASSERT_EQ(group.status.members.size(), 1U);
  EXPECT_EQ(group.status.members.front().node, "node-b");
  EXPECT_EQ(group.status.entries, (std::vector<std::string>{"node-a", "node-b"}));  // each has its place
  EXPECT_EQ(group.status.master, "node-b");
  EXPECT_EQ(to_string(left_out),
            R"(status.members[0].state: must be one of Initialize, Backup, Master, got "Fault")");
}

// Entries are taken out by their places.
TEST(VRRPGroupStatus, WhereOneIsNoEntryAtAllNobodyKnowsThePlacesOfTheOthers) {
  std::vector<Problem> left_out;
  const auto group = with_entries(R"(null,{"node":"node-b","state":"Master"})", left_out);
  EXPECT_EQ(group.status.members.size(), 1U);
  EXPECT_TRUE(group.status.entries.empty());
  EXPECT_EQ(to_string(left_out), "status.members[0]: must not be null");
}

TEST(VRRPGroupStatus, OfAFileAllIsReadOrNone) {
  const auto decoded = decode_written_vrrp_group(
      R"({"apiVersion":"fairlead.dev/v1alpha1","kind":"VRRPGroup","metadata":{"name":"g"},)"
      R"("spec":{"family":"IPv4","virtualRouterID":1,"interface":"eth0"},)"
      R"("status":{"members":[{"node":"node-a","state":"Fault"}]}})");
  EXPECT_FALSE(decoded.ok());
}

TEST(MemberState, IsSpelledAsInApiMd) {
  EXPECT_EQ(to_string(MemberState::kInitialize), "Initialize");
  EXPECT_EQ(to_string(MemberState::kBackup), "Backup");
  EXPECT_EQ(to_string(MemberState::kMaster), "Master");
}

}  // namespace
}  // namespace fairlead::api

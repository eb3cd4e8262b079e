#include "node/plan/group_plan.h"

#include <gmock/gmock.h>

#include "unit/node/plan/builders.h"

namespace fairlead::plan {
namespace {

using ::testing::ElementsAre;
using testing::group;
using testing::groups_of;
using testing::ip;
using ::testing::IsEmpty;
using testing::member;
using ::testing::SizeIs;

const NodeIdentity kNodeA{"node-a", ""};

MadePlan made_of(std::vector<api::VRRPGroup> groups, const Passwords& passwords) {
  return make_plan(kNodeA, groups_of(std::move(groups)), {}, passwords, Plan{});
}

GroupPlan plan_of(const api::VRRPGroup& group) {
  return made_of({group}, {}).plan.groups.at(group.meta.name);
}

std::vector<std::string> texts(const std::vector<PlanProblem>& problems) {
  std::vector<std::string> out;
  for (const auto& problem : problems) {
    out.push_back(std::string(to_string(problem.refusal)) + " " + to_string(problem));
  }
  return out;
}

api::VRRPGroup over_ipv6(const std::string& name, std::vector<std::string> addresses) {
  auto out = group(name);
  out.spec.family = net::Family::kIPv6;
  out.spec.addresses.clear();
  for (const auto& text : addresses) {
    out.spec.addresses.push_back({ip(text), 128, api::Forwarding::kDelegate, {}});
  }
  return out;
}

api::VRRPGroup with_password(const std::string& file) {
  auto out = group("g");
  out.spec.version = 2;
  out.spec.password_file = file;
  return out;
}

// node-a .1 and node-b .2, unicast.
api::VRRPGroup unicast() {
  auto out = group("g");
  out.spec.transport = api::Transport::kUnicast;
  out.spec.members[0].unicast_address = ip("192.0.2.1");
  out.spec.members[1].unicast_address = ip("192.0.2.2");
  return out;
}

// RFC 3768; vrrp.md 4: Skew_Time of version 2 does not depend on the interval.
TEST(Version2, IsPlannedWithItsOwnIntervalAndTimers) {
  auto source = group("g");
  source.spec.version = 2;
  source.spec.advert_interval = Milliseconds(2000);
  const auto plan = plan_of(source);
  EXPECT_EQ(plan.vrrp_version, vrrp::Version::k2);
  EXPECT_EQ(plan.advertise_interval, vrrp::Centiseconds(200));
  EXPECT_EQ(plan.min_active_down_interval, Microseconds(6609375));  // 3 * 2 s + 156 * 15625 / 4 us
  EXPECT_EQ(plan.password, std::nullopt);
}

// RFC 9568 5.2.4; api.md: 255 is the owner, whom only a static manifest may name.
TEST(GroupPlan, TheOwnersPriorityIsPlanned) {
  auto source = group("g");
  source.spec.members[0].priority = 255;
  EXPECT_EQ(plan_of(source).priority, vrrp::kOwner);
}

// VR-017: every IPv6 group has a link-local address, by default fe80::5eff:fe00:2VV.
TEST(Ipv6Group, GetsTheLinkLocalAddressOfItsVirtualRouterIdIfItListsNone) {
  auto source = over_ipv6("g", {"2001:db8::10"});
  source.spec.virtual_router_id = 0xab;
  EXPECT_THAT(plan_of(source).addresses, ElementsAre(ip("2001:db8::10"), ip("fe80::5eff:fe00:2ab")));
  EXPECT_EQ(plan_of(source).family, net::Family::kIPv6);
}

TEST(Ipv6Group, KeepsTheLinkLocalAddressThatItLists) {
  EXPECT_THAT(plan_of(over_ipv6("g", {"2001:db8::10", "fe80::1"})).addresses,
              ElementsAre(ip("2001:db8::10"), ip("fe80::1")));
}

// The virtual router's own address is nothing to hold for its own sake: the group is being emptied.
TEST(Ipv6Group, WithoutAddressesHasNoLinkLocalOneEither) {
  EXPECT_THAT(plan_of(over_ipv6("g", {})).addresses, IsEmpty());
  auto second = over_ipv6("second", {"2001:db8::10"});
  second.meta.creation_timestamp = WallTime(Seconds(1));
  second.spec.virtual_router_id = 52;
  const auto made = made_of({over_ipv6("first", {"2001:db8::10"}), second}, {});
  EXPECT_THAT(made.plan.groups.at("second").addresses, IsEmpty());
  EXPECT_THAT(made.problems, SizeIs(1));
}

// VR-025: the families are apart.
TEST(Ipv6Group, MayHaveTheVirtualRouterIdOfAnIPv4GroupOnTheSameInterface) {
  const auto made = made_of({group("v4"), over_ipv6("v6", {"2001:db8::10"})}, {});
  EXPECT_THAT(made.problems, IsEmpty());
  EXPECT_THAT(made.plan.groups, SizeIs(2));
  EXPECT_EQ(made.plan.groups.at("v4").virtual_router_id, made.plan.groups.at("v6").virtual_router_id);
}

// VRIDs of two interfaces have nothing to do with each other, and neither have link-local addresses.
TEST(Ipv6Group, OneLinkLocalAddressOnTwoInterfacesBelongsToBothGroups) {
  auto second = over_ipv6("second", {"fe80::1", "2001:db8:1::10"});
  second.spec.members[0].interface = "eth1";
  const auto made = made_of({over_ipv6("first", {"fe80::1", "2001:db8::10"}), second}, {});
  EXPECT_THAT(made.problems, IsEmpty());
  EXPECT_TRUE(made.plan.groups.at("first").addresses.contains(ip("fe80::1")));
  EXPECT_TRUE(made.plan.groups.at("second").addresses.contains(ip("fe80::1")));
}

TEST(Ipv6Group, WithVersion2IsRefused) {
  auto source = over_ipv6("g", {"2001:db8::10"});
  source.spec.version = 2;
  EXPECT_THAT(texts(made_of({source}, {}).problems),
              ElementsAre("InvalidSpec VRRPGroup g: spec.version: must be 3 with family IPv6, got 2"));
}

// vrrp.md 2: 90 addresses at an MTU of 1500, the link-local one among them.
TEST(Ipv6Group, ListsNoMoreAddressesThanAnAdvertCarries) {
  std::vector<std::string> most;
  for (int i = 1; i <= 89; ++i) most.push_back("2001:db8::" + std::to_string(i));
  EXPECT_THAT(plan_of(over_ipv6("g", most)).addresses, SizeIs(90));
  most.push_back("2001:db8::90");
  EXPECT_THAT(texts(made_of({over_ipv6("g", most)}, {}).problems),
              ElementsAre("InvalidSpec VRRPGroup g: spec.addresses: must have at most 89 items, got 90"));
  most.back() = "fe80::1";
  EXPECT_THAT(plan_of(over_ipv6("g", most)).addresses, SizeIs(90));
}

// failure-model.md 1.2: a foreign router may have any priority up to 254. FRR rounds Skew_Time down to
// centiseconds (vrrp.md 4), so 3.007812 s are 3.00 s.
TEST(ForeignPeers, MakeTheSmallestActiveDownIntervalThatOfPriority254) {
  auto source = group("g");
  source.spec.foreign_peers = {{ip("192.0.2.3"), 255}};
  EXPECT_EQ(plan_of(source).min_active_down_interval, Microseconds(3000000));
  source.spec.advert_interval = Milliseconds(40950);  // 3 * 40.95 s + 0.319921 s
  EXPECT_EQ(plan_of(source).min_active_down_interval, Microseconds(123160000));
}

// failure-model.md 1.2: not the priority that is written, but the one that a backup can have.
TEST(TrackInterfaces, CanRaiseThePriorityThatAnotherMemberTakesOverWith) {
  auto source = group("g");  // node-b has 100
  source.spec.track_interfaces = {{"eth1", 20}, {"eth2", 30}, {"eth3", -40}, {"eth4", 0}};
  const auto interval = [&] { return plan_of(source).min_active_down_interval; };
  const auto of_priority = [](std::uint8_t priority) {
    return vrrp::active_down_interval(vrrp::Version::k3, vrrp::Priority(priority), vrrp::Centiseconds(100));
  };
  EXPECT_EQ(interval(), of_priority(150));
  source.spec.track_interfaces[0].weight = 253;
  EXPECT_EQ(interval(), of_priority(254));
}

// A multicast group hears and reaches them anyway.
TEST(ForeignPeers, OfAMulticastGroupAreNoUnicastPeers) {
  auto source = group("g");
  source.spec.foreign_peers = {{ip("192.0.2.3"), 255}};
  EXPECT_EQ(plan_of(source).unicast, std::nullopt);
}

// api.md: minTTL 255 by default; vrrp.md 1: lower only where a peer says so.
TEST(UnicastGroup, SpeaksToTheOtherMembersAndToForeignPeers) {
  auto source = unicast();
  source.spec.foreign_peers = {{ip("198.51.100.3"), 250}};
  const Unicast wanted{ip("192.0.2.1"), {{ip("192.0.2.2"), 255}, {ip("198.51.100.3"), 250}}};
  const auto made = made_of({source}, {});
  EXPECT_EQ(made.plan.groups.at("g").unicast, wanted);
  EXPECT_THAT(made.problems, IsEmpty());
}

TEST(UnicastGroup, OfOneMemberSpeaksToNobody) {
  auto source = unicast();
  source.spec.members.pop_back();
  const auto made = made_of({source}, {});
  EXPECT_EQ(made.plan.groups.at("g").unicast, (Unicast{ip("192.0.2.1"), {}}));
  EXPECT_THAT(made.problems, IsEmpty());
}

// kubernetes.md 6: an eighth, so that every priority that the controller gives (50 and more) is above it; the
// fence still reckons with the full one, which a later plan may give back before this node reads of it.
TEST(HandOver, LowersThePriorityAndLeavesTheFence) {
  auto source = group("g");
  source.spec.members = {member("node-a", 200), member("node-b", 150)};
  const auto usual = plan_of(source);
  source.spec.members[0].hand_over = true;
  const auto own = plan_of(source);
  EXPECT_TRUE(own.hand_over);
  EXPECT_EQ(own.priority, vrrp::Priority(26));
  source.spec.members[0].hand_over = false;
  source.spec.members[1].hand_over = true;
  EXPECT_EQ(plan_of(source), usual);
}

TEST(UnicastGroup, BesideForeignPeersAloneMaySendFromThePrimaryAddress) {
  auto source = unicast();
  source.spec.members = {member("node-a", 200)};
  source.spec.foreign_peers = {{ip("192.0.2.3"), 255}};
  EXPECT_EQ(plan_of(source).unicast, (Unicast{std::nullopt, {{ip("192.0.2.3"), 255}}}));
}

TEST(UnicastGroup, RunsWithoutAMemberThatHasNoAddressAndSaysSo) {
  auto source = unicast();
  source.spec.members.push_back(member("node-c", 50));
  const auto made = made_of({source}, {});
  EXPECT_THAT(made.plan.groups.at("g").unicast->peers, SizeIs(1));
  EXPECT_THAT(texts(made.problems),
              ElementsAre("UnicastPeerMissing VRRPGroup g: spec.members[2].unicastAddress: required with "
                          "transport Unicast: node-c is neither sent adverts nor heard"));
}

// It would be Active for ever: nobody sends to it, and nobody listens to it.
TEST(UnicastGroup, IsNotRunByAMemberThatTheOthersDoNotHear) {
  auto source = unicast();
  source.spec.members[0].unicast_address.reset();
  const auto made = made_of({source}, {});
  EXPECT_THAT(made.plan.groups, IsEmpty());
  EXPECT_THAT(texts(made.problems),
              ElementsAre("UnicastPeerMissing VRRPGroup g: spec.members[0].unicastAddress: required with "
                          "transport Unicast: the other members would not hear node-a"));
}

TEST(ExcludedAddress, OfAnotherGroupIsNotTaken) {
  auto second = group("second");
  second.meta.creation_timestamp = WallTime(Seconds(1));
  second.spec.virtual_router_id = 52;
  second.spec.addresses[0].address = ip("192.0.2.11");
  second.spec.excluded_addresses = {{ip("192.0.2.10"), 32}, {ip("192.0.2.12"), 32}};
  const auto made = made_of({group("first"), second}, {});
  EXPECT_THAT(made.plan.groups.at("second").excluded, ElementsAre(ip("192.0.2.12")));
  EXPECT_THAT(texts(made.problems),
              ElementsAre("AddressInUse VRRPGroup second: spec.excludedAddresses[0].address: 192.0.2.10 "
                          "belongs to first"));
}

TEST(Password, OfTheFileIsTheGroups) {
  const auto made = made_of({with_password("gateway")}, {{"gateway", {"1234", ""}}});
  EXPECT_EQ(made.plan.groups.at("g").password, vrrp::make_password("1234"));
  EXPECT_THAT(made.problems, IsEmpty());
}

// Issue B, bad input: said, and truncated as keepalived does.
TEST(Password, OfMoreThanEightBytesIsCutAndSaidWithoutShowingIt) {
  const auto made = made_of({with_password("gateway")}, {{"gateway", {"12345678+", ""}}});
  EXPECT_EQ(made.plan.groups.at("g").password, vrrp::make_password("12345678"));
  EXPECT_THAT(texts(made.problems),
              ElementsAre("PasswordTooLong VRRPGroup g: spec.authentication.passwordFile: gateway: must hold "
                          "1..8 bytes, got more: the first 8 are used"));
  EXPECT_THAT(made_of({with_password("gateway")}, {{"gateway", {"12345678", ""}}}).problems, IsEmpty());
}

TEST(Password, ThatCannotBeReadKeepsTheGroupFromRunningWithoutAuthentication) {
  const std::string path = "PasswordMissing VRRPGroup g: spec.authentication.passwordFile: gateway: ";
  const std::pair<Passwords, std::string> cases[] = {
      {{}, path + "not read: the group is not run without its authentication"},
      {{{"gateway", {std::nullopt, "open /p/gateway: ENOENT"}}},
       path + "open /p/gateway: ENOENT: the group is not run without its authentication"},
      {{{"gateway", {"", ""}}}, path + "must hold 1..8 bytes, got none"},
  };
  for (const auto& [passwords, text] : cases) {
    const auto made = made_of({with_password("gateway")}, passwords);
    EXPECT_THAT(made.plan.groups, IsEmpty());
    EXPECT_THAT(texts(made.problems), ElementsAre(text));
  }
}

// A file that goes away does not take the addresses with it.
TEST(Password, ReadBeforeStaysInForceAndTheProblemIsSaid) {
  const auto made = made_of({with_password("gateway")}, {{"gateway", {"1234", "open /p/gateway: ENOENT"}}});
  EXPECT_EQ(made.plan.groups.at("g").password, vrrp::make_password("1234"));
  EXPECT_THAT(texts(made.problems),
              ElementsAre("PasswordMissing VRRPGroup g: spec.authentication.passwordFile: gateway: open "
                          "/p/gateway: ENOENT: what it held before stays in force"));
}

}  // namespace
}  // namespace fairlead::plan

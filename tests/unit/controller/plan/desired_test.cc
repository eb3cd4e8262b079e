#include "controller/plan/desired.h"

#include <gtest/gtest.h>

#include "controller/plan/release.h"
#include "unit/controller/plan/with_web.h"

// The steps together: kubernetes.md 3 (order of writes), K-30, FC-09; api.md, Release.
namespace fairlead::controller {
namespace {

using namespace testing;

// K-30: finalizer before the first side effect.
TEST(Desired, AVirtualIPWithoutItsFinalizerGetsItAndNothingElse) {
  Inputs inputs = three_nodes();
  put(inputs.virtual_ips, vip("web", "192.0.2.100"));
  web(inputs).meta.finalizers.clear();
  const auto out = desired(inputs);
  EXPECT_EQ(out.to_finalize, (std::set<api::ObjectKey>{{"shop", "web"}}));
  EXPECT_TRUE(out.groups.empty());
  EXPECT_TRUE(out.sets.empty());
}

TEST(Desired, ARefusedOneGetsNoFinalizer) {
  Inputs inputs = three_nodes();
  put(inputs.virtual_ips, vip("web", "198.51.100.1"));
  web(inputs).meta.finalizers.clear();
  EXPECT_TRUE(desired(inputs).to_finalize.empty());
}

TEST(Desired, AnOlderOneStillWithoutFinalizerKeepsTheYoungerFromTheAddress) {
  Inputs inputs = three_nodes();
  put(inputs.virtual_ips, vip("web", "192.0.2.100"));
  web(inputs).meta.finalizers.clear();
  auto younger = vip("younger", "192.0.2.100");
  younger.meta.creation_timestamp = WallTime(Seconds(60));
  put(inputs.virtual_ips, younger);
  const auto out = desired(inputs);
  EXPECT_TRUE(out.groups.empty());
  EXPECT_EQ(out.decisions.at({"shop", "younger"}).not_allocated->reason, Reason::kAddressInUse);
}

TEST(Desired, AnAcceptedOneGetsItsGroupAndItsSet) {
  const auto out = desired(with_web());
  EXPECT_EQ(out.groups.size(), 1U);
  ASSERT_TRUE(out.sets.contains({"shop", "web-v4-0"}));
  EXPECT_EQ(out.sets.at({"shop", "web-v4-0"}).spec.group, "192-0-2-0-24-v4-1");
  EXPECT_EQ(out.decisions.at({"shop", "web"}).ready_reals, 2);
}

// A member waits for the virtual servers of every address of its group before it enters the election
// (node/plan/plan.h, `awaited`): one VirtualIP with a misspelt Service must not stop those that share its
// group.
TEST(Desired, AVirtualIPWhoseServiceDoesNotExistIsInNoGroupAndSaysWhy) {
  Inputs inputs = with_web();
  auto lost = vip("lost", "192.0.2.101");
  lost.spec.servers.clear();
  lost.spec.ports.clear();
  lost.spec.service = "nosuch";
  put_claimed(inputs, lost);
  inputs.pools.begin()->second.spec.groups = 1;
  auto out = desired(inputs);
  ASSERT_EQ(out.groups.size(), 1U);
  ASSERT_EQ(out.groups.begin()->second.spec.addresses.size(), 1U);
  EXPECT_EQ(out.groups.begin()->second.spec.addresses.front().address, ip("192.0.2.100"));
  EXPECT_EQ(out.decisions.at({"shop", "lost"}).not_placed,
            (Refusal{Reason::kNoEndpoints, "Service shop/nosuch does not exist"}));

  auto there = service("nosuch", "");
  there.type = "ClusterIP";
  there.load_balancer_class.clear();
  put(inputs.services, there);
  out = desired(inputs);
  EXPECT_EQ(out.groups.begin()->second.spec.addresses.size(), 2U);
  EXPECT_TRUE(out.sets.contains({"shop", "lost-v4-0"}));
  EXPECT_FALSE(out.decisions.at({"shop", "lost"}).not_placed);
}

// onNoEndpoints Reject: the address is held on, and refuses.
TEST(Desired, WhenItsServiceIsDeletedItsVirtualServersStayWithoutRealServers) {
  Inputs inputs = with_web();
  inputs.sets = desired(inputs).sets;
  web(inputs).spec.servers.clear();
  web(inputs).spec.ports.clear();
  web(inputs).spec.service = "nosuch";
  const auto out = desired(inputs);
  EXPECT_EQ(out.groups.begin()->second.spec.addresses.size(), 1U);
  const auto& servers = out.sets.at({"shop", "web-v4-0"}).spec.virtual_servers;
  ASSERT_EQ(servers.size(), 1U);
  EXPECT_EQ(servers.front().port, net::Port(80));
  EXPECT_TRUE(servers.front().reals.empty());
  EXPECT_EQ(out.decisions.at({"shop", "web"}).backend_problem, "Service shop/nosuch does not exist");
}

// Without a set that names its servers (somebody deleted it) it would be waited for: then it leaves the
// group.
TEST(Desired, AHeldAddressWhoseServersNobodyCanNameLeavesItsGroup) {
  Inputs inputs = with_web();
  put_claimed(inputs, vip("other", "192.0.2.101"));
  inputs.groups.begin()->second.spec.addresses.push_back(
      {ip("192.0.2.101"), 32, api::Forwarding::kNat, {{"shop", "other", "uid-other"}}});
  web(inputs).spec.servers.clear();
  web(inputs).spec.ports.clear();
  web(inputs).spec.service = "nosuch";
  const auto out = desired(inputs);
  ASSERT_EQ(out.groups.begin()->second.spec.addresses.size(), 1U);
  EXPECT_EQ(out.groups.begin()->second.spec.addresses.front().address, ip("192.0.2.101"));
  EXPECT_EQ(open_releases(inputs, out.groups.begin()->second).size(), 1U);
}

TEST(Desired, OnceItIsRefusedItKeepsWhatItHas) {
  Inputs inputs = with_web();
  const auto before = desired(inputs);
  inputs.sets = before.sets;
  web(inputs).spec.not_yet_supported.emplace_back("spec.quorum");
  web(inputs).spec.servers.clear();
  const auto after = desired(inputs);
  EXPECT_EQ(after.groups.begin()->second.spec.addresses, before.groups.begin()->second.spec.addresses);
  EXPECT_EQ(after.sets, before.sets);
  EXPECT_EQ(after.decisions.at({"shop", "web"}).not_accepted->reason, Reason::kNotYetSupported);
}

TEST(Desired, OneThatAsksForAnAddressInUseKeepsItsOldOne) {
  Inputs inputs = with_web();
  put_claimed(inputs, vip("other", "192.0.2.101"));
  inputs.groups = desired(inputs).groups;
  inputs.virtual_ips.at({"shop", "other"}).spec.addresses = {ip("192.0.2.100")};
  const auto out = desired(inputs);
  ASSERT_EQ(out.groups.size(), 1U);
  EXPECT_EQ(out.groups.begin()->second.spec.addresses, inputs.groups.begin()->second.spec.addresses);
  EXPECT_EQ(out.decisions.at({"shop", "other"}).not_allocated->reason, Reason::kAddressInUse);
}

std::set<net::IpAddress> in_groups(const Desired& out) {
  std::set<net::IpAddress> held;
  for (const auto& [key, made] : out.groups) {
    for (const auto& address : made.spec.addresses) held.insert(address.address);
  }
  return held;
}

// kubernetes.md 3: the claim comes before the group.
TEST(Desired, UntilItsNewAddressIsClaimedItKeepsWhatItHas) {
  Inputs inputs = with_web();
  inputs.sets = desired(inputs).sets;
  web(inputs).spec.addresses = {ip("192.0.2.101")};
  const auto out = desired(inputs);
  EXPECT_EQ(in_groups(out), (std::set<net::IpAddress>{ip("192.0.2.100")}));
  EXPECT_EQ(out.sets, inputs.sets);
  EXPECT_EQ(out.claims.size(), 2U);
  EXPECT_TRUE(out.claims.at({"", "v4-192-0-2-101"}).meta.uid.empty());
}

TEST(Desired, AnotherAddressMovesItAndTheOldOneIsReleased) {
  Inputs inputs = with_web();
  web(inputs).spec.addresses = {ip("192.0.2.101")};
  put(inputs.claims, claim_naming("192-0-2-0-24-v4-2", "192.0.2.101", "web"));
  const auto out = desired(inputs);
  EXPECT_EQ(in_groups(out), (std::set<net::IpAddress>{ip("192.0.2.101")}));
  EXPECT_EQ(out.groups.at({"", "192-0-2-0-24-v4-1"}).meta.annotations.at(kReleasingAnnotation),
            "192.0.2.100 uid-web node-a,node-b,node-c");
}

TEST(Desired, ADeletedOneLeavesItsGroupAndKeepsItsSetUntilItIsReleased) {
  Inputs inputs = with_web();
  inputs.sets = desired(inputs).sets;
  web(inputs).meta.deleting = true;
  const auto out = desired(inputs);
  EXPECT_TRUE(out.groups.begin()->second.spec.addresses.empty());
  EXPECT_EQ(out.sets, inputs.sets);
  EXPECT_TRUE(out.released.empty());
}

TEST(Desired, OneThatHoldsNothingIsReleasedAtOnce) {
  Inputs inputs = three_nodes();
  put(inputs.virtual_ips, vip("web", "192.0.2.100"));
  web(inputs).meta.deleting = true;
  EXPECT_TRUE(desired(inputs).released.contains({"shop", "web"}));
}

TEST(Desired, AVirtualIPWhoseOwnerIsGoneWithoutReleaseLeavesItsGroupToo) {
  Inputs inputs = with_web();
  inputs.virtual_ips.clear();
  EXPECT_TRUE(desired(inputs).groups.begin()->second.spec.addresses.empty());
}

TEST(Desired, TheVirtualIPOfAServiceThatIsGoneIsDeleted) {
  Inputs inputs = with_web();
  web(inputs).meta.owner_references.push_back({"v1", "Service", "web", "uid-web", true});
  EXPECT_TRUE(desired(inputs).to_delete.contains({"shop", "web"}));
  put(inputs.services, service("web", "192.0.2.100"));
  EXPECT_FALSE(desired(inputs).to_delete.contains({"shop", "web"}));
  inputs.services.begin()->second.type = "ClusterIP";
  EXPECT_TRUE(desired(inputs).to_delete.contains({"shop", "web"}));
}

TEST(Desired, AnUnreadableOneKeepsWhatItHas) {
  Inputs inputs = with_web();
  inputs.sets = desired(inputs).sets;
  inputs.poisoned_virtual_ips.insert({{"shop", "web"}, {web(inputs).meta, {{"spec.ports", "x"}}}});
  inputs.virtual_ips.clear();
  const auto out = desired(inputs);
  EXPECT_EQ(out.groups.begin()->second.spec.addresses.size(), 1U);
  EXPECT_EQ(out.sets, inputs.sets);
}

TEST(Desired, AnUnreadableOneThatWasReadableBeforeIsServedOnAndToldInvalid) {
  Inputs inputs = with_web();
  inputs.poisoned_virtual_ips.insert({{"shop", "web"}, {web(inputs).meta, {{"spec.ports", "x"}}}});
  const auto out = desired(inputs);
  EXPECT_TRUE(out.sets.contains({"shop", "web-v4-0"}));
  EXPECT_EQ(out.decisions.at({"shop", "web"}).not_accepted->reason, Reason::kInvalidSpec);
}

TEST(Desired, AnUnreadableOneCanBeDeleted) {
  Inputs inputs = three_nodes();
  auto object = meta("web", "shop");
  object.deleting = true;
  object.finalizers.emplace_back(api::kReleaseFinalizer);
  inputs.poisoned_virtual_ips.insert({{"shop", "web"}, {object, {}}});
  EXPECT_TRUE(desired(inputs).released.contains({"shop", "web"}));
}

TEST(Desired, ASetMadeByHandIsLeftAlone) {
  Inputs inputs = three_nodes();
  api::RealServerSet by_hand;
  by_hand.meta = meta("mine", "shop");
  put(inputs.sets, by_hand);
  EXPECT_EQ(desired(inputs).sets, inputs.sets);
}

}  // namespace
}  // namespace fairlead::controller

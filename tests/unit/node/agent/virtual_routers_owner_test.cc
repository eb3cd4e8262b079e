#include <gtest/gtest.h>

#include "node/agent/virtual_routers.h"
#include "support/vrrp_thread.h"

// Addresses that are held without being listed, and those that the router owns and others have configured.
namespace fairlead::agent {
namespace {

plan::GroupPlan with_excluded() {
  plan::GroupPlan out = group_plan();
  out.excluded = {kC};
  return out;
}

// api.md, excludedAddresses: held as the others, and not in the advert.
TEST(Excluded, IsHeldAnnouncedRenewedAndReleasedAsTheOthersButNotListed) {
  VrrpThread thread;
  thread.order({with_excluded()});
  thread.ready({kA, kB});
  thread.world.pass(Seconds(5));
  EXPECT_EQ(thread.state(), api::MemberState::kInitialize);  // waited for as the others are
  thread.ready({kA, kB, kC});
  thread.world.pass(Milliseconds(810));
  EXPECT_EQ(thread.lines("announce 192.0.2.102").size(), 1U);
  EXPECT_EQ(thread.adverts->sent.back().second.addresses, (std::vector<net::IpAddress>{kA, kB}));
  EXPECT_EQ(thread.group().held, (std::set<net::IpAddress>{kA, kB, kC}));
  (void)thread.world.take_journal();
  thread.world.pass(Milliseconds(250));
  EXPECT_EQ(thread.lines("hold 192.0.2.102").size(), 1U);
  thread.order({});
  EXPECT_EQ(thread.lines("release 192.0.2.102").size(), 1U);
}

TEST(Excluded, MovesToTheListAndBackWithoutBeingTouched) {
  VrrpThread thread;
  thread.become_active(with_excluded());
  auto listed = test::with_addresses(group_plan(), {kA, kB, kC});
  thread.order({listed});
  EXPECT_EQ(thread.writes(), Journal());
  thread.world.pass(Milliseconds(250));
  EXPECT_EQ(thread.adverts->sent.back().second.addresses, (std::vector<net::IpAddress>{kA, kB, kC}));
  auto back = with_excluded();
  back.version.generation = 3;
  thread.order({back});
  EXPECT_EQ(thread.lines("release"), Journal());
  EXPECT_EQ(thread.group().observed_generation, 3);
}

TEST(Excluded, AloneIsNothingToAdvertise) {
  VrrpThread thread;
  auto plan = with_excluded();
  plan.addresses = {kA};
  thread.become_active(plan);
  auto none = test::with_addresses(plan, {});
  none.excluded = {kA, kC};
  thread.order({none});
  EXPECT_EQ(thread.state(), api::MemberState::kInitialize);
  EXPECT_EQ(thread.lines("advert"), Journal({"advert 51 priority 0"}));
  EXPECT_TRUE(thread.group().held.empty());
  thread.hear_from("192.0.2.8", 100, {ip("192.0.2.200")});  // something to be forgotten, so that time counts
  thread.world.pass(Seconds(30));
  EXPECT_EQ(thread.state(), api::MemberState::kInitialize);
}

plan::GroupPlan owner_plan() {
  plan::GroupPlan out = group_plan();
  out.priority = vrrp::kOwner;
  out.addresses = {kA};
  return out;
}

class Owner : public testing::Test {
 protected:
  Owner() { give(kA); }
  // Somebody configures the address.
  void give(const net::IpAddress& address) {
    thread.world.interfaces[2].addresses.push_back({{address, 24}, false, true, true, true, false, false});
  }
  VrrpThread thread;
};

// RFC 9568 6.4.1; VR-011, VR-060.
TEST_F(Owner, StartsActiveAdvertisesAndAnnouncesButNeverWritesItsAddresses) {
  thread.order({owner_plan()});
  thread.ready({kA});
  EXPECT_EQ(thread.state(), api::MemberState::kMaster);
  thread.world.pass(Milliseconds(250));
  EXPECT_EQ(thread.writes(), Journal({"listen 2", "advert 51 priority 255", "announce 192.0.2.100",
                                      "advert 51 priority 255"}));
  EXPECT_EQ(thread.group().held, std::set<net::IpAddress>{kA});
  (void)thread.world.take_journal();
  thread.order({});
  EXPECT_EQ(thread.writes(), Journal({"advert 51 priority 0", "leave 2"}));
  EXPECT_TRUE(thread.world.has(2, kA));
}

TEST_F(Owner, WithoutOneOfItsAddressesIsNone) {
  auto plan = owner_plan();
  plan.addresses = {kA, kB};
  thread.order({plan});
  thread.ready({kA, kB});
  EXPECT_EQ(thread.state(), api::MemberState::kInitialize);
  EXPECT_EQ(thread.condition("OwnerAddressMissing"), "192.0.2.101 is not on eth1, which is to own it");
  give(kB);
  thread.network->tell();
  EXPECT_EQ(thread.state(), api::MemberState::kMaster);
  thread.world.remove(2, kB);
  thread.network->tell();
  EXPECT_EQ(thread.state(), api::MemberState::kInitialize);
  EXPECT_EQ(thread.lines("hold"), Journal());
  EXPECT_EQ(thread.lines("advert 51 priority 0").size(), 1U);
}

// 6.4.3: higher address wins; VR-037, VR-045.
TEST_F(Owner, WhoHearsAnotherComparesAddressesAndSaysSo) {
  thread.order({owner_plan()});
  thread.ready({kA});
  thread.hear_from("192.0.2.9", 255, {kA});
  EXPECT_EQ(thread.state(), api::MemberState::kBackup);  // 192.0.2.1 < 192.0.2.9
  EXPECT_EQ(thread.condition("SecondOwner"), "192.0.2.9 advertises priority 255, too");
  EXPECT_EQ(thread.lines("release"), Journal());
}

// Its addresses stay whatever it does: the shortest overlap is to go on at once.
TEST_F(Owner, HasNoFence) {
  thread.order({owner_plan()});
  thread.ready({kA});
  (void)thread.world.take_journal();
  thread.world.freeze(Seconds(30));
  EXPECT_EQ(thread.lines("advert"), Journal({"advert 51 priority 255"}));
  EXPECT_EQ(thread.state(), api::MemberState::kMaster);
}

TEST_F(Owner, IsNotWeighed) {
  auto plan = owner_plan();
  plan.tracked = {{"eth9", -50}};
  thread.order({plan});
  EXPECT_EQ(thread.group().priority, 255);
}

TEST_F(Owner, BecomingOneOrNoneIsANewRouter) {
  thread.order({owner_plan()});
  thread.ready({kA});
  auto plan = owner_plan();
  plan.priority = vrrp::Priority(200);
  ++plan.version.generation;
  (void)thread.world.take_journal();
  thread.order({plan});
  EXPECT_EQ(thread.writes(), Journal({"advert 51 priority 0"}));
  EXPECT_NE(thread.condition("AddressInUse"), "");
}

}  // namespace
}  // namespace fairlead::agent

#include <gtest/gtest.h>

#include <algorithm>

#include "support/vrrp_thread.h"

// When the vrrp thread announces what (vrrp.md 7); the frames themselves: announcements_test, node/neighbor.
namespace fairlead::agent {
namespace {

// The seconds of the next `span` in which `what` is announced, each rounded down.
std::vector<int> seconds_of(VrrpThread& thread, const std::string& what, Seconds span) {
  std::vector<int> out;
  (void)thread.world.take_journal();
  for (int second = 0; second < span.count(); ++second) {
    thread.world.pass(Seconds(1));
    for (const auto& line : thread.lines("announce " + what)) {
      if (line == "announce " + what) out.push_back(second);
    }
    (void)thread.world.take_journal();
  }
  return out;
}

plan::GroupPlan ipv6_group() {
  plan::GroupPlan out = group_plan();
  out.family = net::Family::kIPv6;
  out.addresses = {ip("fe80::5eff:fe00:233"), ip("2001:db8::100")};
  return out;
}
void give_link_local(VrrpThread& thread) {
  thread.world.interfaces[2].addresses.push_back({{ip("fe80::1"), 64}, false, true, false, false, false});
  thread.network->tell();
}

TEST(Announcing, FollowsTheRoundsOfThePlanAndNoRefreshMeansNone) {
  VrrpThread thread;
  auto group = group_plan();
  group.addresses = {ip("192.0.2.100")};
  group.announce.repeats = {Seconds(0), Seconds(4)};
  group.announce.refresh = Seconds(0);
  thread.order({group});
  thread.ready(group.addresses);
  EXPECT_EQ(seconds_of(thread, "192.0.2.100", Seconds(200)), (std::vector<int>{0, 4}));
}

TEST(Announcing, RefreshesAsOftenAsThePlanSays) {
  VrrpThread thread;
  auto group = group_plan();
  group.addresses = {ip("192.0.2.100")};
  group.announce.repeats = {Seconds(0)};
  group.announce.refresh = Seconds(20);
  thread.order({group});
  thread.ready(group.addresses);
  EXPECT_EQ(seconds_of(thread, "192.0.2.100", Seconds(50)), (std::vector<int>{0, 20, 40}));
  group.announce.refresh = Seconds(0);
  ++group.version.generation;
  thread.order({group});
  EXPECT_EQ(seconds_of(thread, "192.0.2.100", Seconds(100)), std::vector<int>{});
}

// vrrp.md 7.2: nobody announces what it no longer has; keepalived's timer runs on.
TEST(Announcing, LeavingActiveCancelsTheRoundsThatAreLeft) {
  VrrpThread thread;
  const auto group = group_plan();
  thread.order({group});
  thread.ready(group.addresses);
  thread.world.pass(Milliseconds(900));
  ASSERT_EQ(thread.lines("announce").size(), 2U);
  (void)thread.world.take_journal();
  thread.hear_for(250, Seconds(8));
  EXPECT_EQ(thread.state(), api::MemberState::kBackup);
  EXPECT_EQ(thread.lines("announce"), Journal());
}

// vrrp.md 7.1: excluded addresses are held and announced like the others.
TEST(Announcing, ExcludedAddressesAreAnnouncedLikeTheOthers) {
  VrrpThread thread;
  auto group = group_plan();
  group.excluded = {ip("192.0.2.200")};
  group.announce.refresh = Seconds(0);
  thread.order({group});
  thread.ready({ip("192.0.2.100"), ip("192.0.2.101"), ip("192.0.2.200")});
  EXPECT_EQ(seconds_of(thread, "192.0.2.200", Seconds(10)), (std::vector<int>{0, 1, 5}));
}

// vrrp.md 7.1 and 7.7: of IPv6 by advertisements, the link-local VIP among them; R only if the plan says so.
TEST(Announcing, OfIPv6SaysRouterOnlyIfThePlanDoes) {
  VrrpThread thread;
  give_link_local(thread);
  auto group = ipv6_group();
  group.announce.refresh = Seconds(0);
  thread.order({group});
  thread.ready(group.addresses);
  thread.world.pass(Seconds(8));
  EXPECT_EQ(thread.lines("announce 2001:db8::100"), Journal(3, "announce 2001:db8::100"));
  EXPECT_EQ(thread.lines("announce fe80::5eff:fe00:233").size(), 3U);
  (void)thread.world.take_journal();
  group.announce.router_flag = true;
  ++group.version.generation;
  thread.order({group});
  thread.world.pass(Seconds(1));
  EXPECT_EQ(thread.lines("announce 2001:db8::100"), Journal{"announce 2001:db8::100 as router"})
      << "told at once";
}

// vrrp.md 7.8: a peer's stale entry must not delay the first adverts.
TEST(Announcing, AUnicastRouterAnnouncesItsOwnSourceAfterTheLinkCameUp) {
  VrrpThread thread;
  auto group = group_plan();
  group.unicast = plan::Unicast{std::nullopt, {{ip("192.0.2.9"), 255}}};
  thread.order({group});
  EXPECT_EQ(thread.lines("announce "), Journal{"announce 192.0.2.1"}) << "before anything is heard or held";
  thread.ready(group.addresses);
  thread.world.pass(Seconds(8));
  const Journal said = thread.lines("announce ");
  EXPECT_EQ(std::count(said.begin(), said.end(), "announce 192.0.2.1"), 1);
  (void)thread.world.take_journal();
  thread.world.set_link(2, false);
  thread.network->tell();
  EXPECT_EQ(thread.lines("announce "), Journal{});
  thread.world.set_link(2, true);
  thread.network->tell();
  EXPECT_EQ(thread.lines("announce "), Journal{"announce 192.0.2.1"});
}

TEST(Announcing, AMulticastRouterDoesNot) {
  VrrpThread thread;
  thread.order({group_plan()});
  thread.ready({});
  thread.world.set_link(2, false);
  thread.network->tell();
  thread.world.set_link(2, true);
  thread.network->tell();
  EXPECT_EQ(thread.lines("announce "), Journal{});
}

// R of our own address is the kernel's: a node that routes IPv6 must not tell hosts that it does not.
TEST(Announcing, OfItsOwnIPv6SourceSaysRouterIfTheNodeRoutes) {
  for (const bool routes : {false, true}) {
    VrrpThread thread;
    give_link_local(thread);
    thread.world.interfaces[2].routes_ipv6 = routes;
    thread.network->tell();
    auto group = ipv6_group();
    group.unicast = plan::Unicast{std::nullopt, {{ip("fe80::9"), 255}}};
    thread.order({group});
    EXPECT_EQ(thread.lines("announce fe80::1"),
              Journal{routes ? "announce fe80::1 as router" : "announce fe80::1"});
  }
}

// FN-05: after a change of the bond's active link, at most one round a second.
TEST(Announcing, AChangeOfTheBondsActiveLinkIsFollowedByARound) {
  VrrpThread thread;
  auto group = group_plan();
  group.announce.refresh = Seconds(0);
  thread.become_active(group);
  thread.world.interfaces[2].active_port = 7;
  thread.network->tell();
  EXPECT_EQ(thread.lines("announce 192.0.2.100").size(), 1U);
  thread.world.interfaces[2].active_port = 8;
  thread.network->tell();
  EXPECT_EQ(thread.lines("announce 192.0.2.100").size(), 1U) << "within the same second";
}

// A kernel that forgets the tag (before 5.18): the thread knows its IPv6 VIPs by its plans, so that none is
// its source, none looks foreign or missing, and all go in the end.
TEST(ForgottenTag, TheThreadKnowsItsVipsByItsPlans) {
  VrrpThread thread;
  thread.world.forgets_tag = true;
  give_link_local(thread);
  thread.become_active(ipv6_group());
  EXPECT_EQ(thread.state(), api::MemberState::kMaster);
  // The link-local VIP comes before the interface's own address from now on.
  auto& addresses = thread.world.interfaces[2].addresses;
  std::rotate(addresses.begin(), addresses.begin() + 2, addresses.end());
  thread.network->tell();
  EXPECT_EQ(thread.reports.back().held, ipv6_group().addresses);
  EXPECT_TRUE(thread.group().problems.size() == 1 && thread.group().problems[0].type == "FenceOverlap");
  EXPECT_EQ(thread.lines("hold "), Journal{}) << "nothing was missing";
  EXPECT_EQ(thread.lines("announce "), Journal{}) << "and the source is the same";
  (void)thread.world.take_journal();
  thread.order({});
  EXPECT_EQ(thread.lines("release ").size(), 2U);
  EXPECT_TRUE(thread.reports.back().held.empty());
}

}  // namespace
}  // namespace fairlead::agent

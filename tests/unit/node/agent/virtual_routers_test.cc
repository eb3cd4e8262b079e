#include "node/agent/virtual_routers.h"

#include <gtest/gtest.h>

#include "support/vrrp_thread.h"

// The fixed orders of architecture.md 5 as the vrrp thread keeps them, over a world in memory:
// add: ready -> election -> address -> GARP; remove: address gone -> priority 0 -> report; renew, then
// advertise, in one turn.
namespace fairlead::agent {
namespace {

using test::with_addresses;

plan::GroupPlan other_group() {
  plan::GroupPlan out = group_plan();
  out.name = "b";
  out.version = {"uid-b", 1, 1};
  out.virtual_router_id = vrrp::VirtualRouterId(52);
  out.addresses = {kC};
  return out;
}

// Add, first half: no election before every VIP is ready (guard and IPVS hold it).
TEST(AddOrder, NoElectionBeforeEveryVipIsReady) {
  VrrpThread thread;
  thread.order({group_plan()});
  thread.ready({kA});
  thread.world.pass(Seconds(10));
  EXPECT_EQ(thread.writes(), Journal({"listen 2"}));
  EXPECT_EQ(thread.state(), api::MemberState::kInitialize);
  EXPECT_FALSE(thread.group().programmed);
}

// Add, second half: election, then the addresses, then their announcement.
TEST(AddOrder, ElectionThenAddressesThenAnnouncement) {
  VrrpThread thread;
  thread.run(group_plan());
  thread.world.pass(Milliseconds(800));
  EXPECT_EQ(thread.writes(), Journal({"listen 2"}));
  thread.world.pass(Milliseconds(10));  // ADI 803.9 ms
  EXPECT_EQ(thread.writes(),
            Journal({"listen 2", "advert 51 priority 200", "hold 192.0.2.100 1s on 2",
                     "hold 192.0.2.101 1s on 2", "announce 192.0.2.100", "announce 192.0.2.101"}));
  EXPECT_EQ(thread.state(), api::MemberState::kMaster);
  EXPECT_EQ(thread.group().held, (std::set<net::IpAddress>{kA, kB}));
}

// RFC 9568 8.1.2: no ARP for an address that is not in place.
TEST(AddOrder, AnAddressTheKernelRefusedIsNotAnnounced) {
  VrrpThread thread;
  thread.world.unholdable = {kB};
  thread.run(group_plan());
  thread.world.pass(Seconds(1));
  EXPECT_EQ(thread.lines("announce"), Journal({"announce 192.0.2.100"}));
  EXPECT_EQ(thread.group().held, std::set<net::IpAddress>{kA});
}

TEST(AddOrder, AVipOfARunningGroupIsHeldOnceReadyThenAnnounced) {
  VrrpThread thread;
  thread.become_active(group_plan());
  thread.order({with_addresses(group_plan(), {kA, kB, kC})});
  EXPECT_EQ(thread.writes(), Journal());
  thread.ready({kA, kB, kC});
  EXPECT_EQ(thread.writes(), Journal({"hold 192.0.2.102 1s on 2", "announce 192.0.2.102"}));
}

TEST(AddOrder, AVipOfARunningGroupThatTheKernelRefusesIsNotAnnounced) {
  VrrpThread thread;
  thread.become_active(group_plan());
  thread.world.unholdable = {kC};
  thread.order({with_addresses(group_plan(), {kA, kB, kC})});
  thread.ready({kA, kB, kC});
  EXPECT_EQ(thread.lines("announce"), Journal());
  thread.world.unholdable.clear();
  thread.world.pass(Milliseconds(250));  // the next beat
  EXPECT_EQ(thread.lines("announce"), Journal({"announce 192.0.2.102"}));
}

// Remove: address gone (acknowledged), then priority 0, then the report that lets others drain.
TEST(RemoveOrder, AddressesThenPriorityZeroThenReport) {
  VrrpThread thread;
  thread.become_active(group_plan());
  thread.order({});
  EXPECT_EQ(thread.world.journal, Journal({"release 192.0.2.100 on 2", "release 192.0.2.101 on 2",
                                           "advert 51 priority 0", "leave 2", "report 2 held 0"}));
}

TEST(RemoveOrder, OneVipOfAGroupGoesWithoutPriorityZeroAndBeforeItsGenerationIsReported) {
  VrrpThread thread;
  thread.become_active(group_plan());
  thread.order({with_addresses(group_plan(), {kA})});
  EXPECT_EQ(thread.world.journal, Journal({"release 192.0.2.101 on 2", "report 2 held 1"}));
  EXPECT_EQ(thread.group().observed_generation, 2);
  EXPECT_EQ(thread.state(), api::MemberState::kMaster);
}

// I-3 and api.md, Release: nobody is invited and no generation reported while the address may still be there.
TEST(RemoveOrder, ARemovalThatIsNotAcknowledgedIsFollowedByNothingAndTriedAgain) {
  VrrpThread thread;
  thread.become_active(group_plan());
  thread.world.releases_fail = true;
  thread.order({with_addresses(group_plan(), {kA})});
  EXPECT_EQ(thread.group().observed_generation, 1);
  EXPECT_EQ(thread.reports.back().held, (std::set<net::IpAddress>{kA, kB}));
  thread.world.releases_fail = false;
  thread.world.pass(Milliseconds(100));
  EXPECT_EQ(thread.lines("release"), Journal({"release 192.0.2.101 on 2"}));
  EXPECT_EQ(thread.group().observed_generation, 2);
  EXPECT_EQ(thread.group().held, std::set<net::IpAddress>{kA});
}

TEST(RemoveOrder, AGroupWhoseRemovalIsNotAcknowledgedSendsNoPriorityZero) {
  VrrpThread thread;
  thread.become_active(group_plan());
  thread.world.releases_fail = true;
  thread.order({});
  EXPECT_EQ(thread.lines("advert"), Journal());
  EXPECT_EQ(thread.reports.back().held, (std::set<net::IpAddress>{kA, kB}));
  thread.world.releases_fail = false;
  thread.world.pass(Milliseconds(100));
  EXPECT_TRUE(thread.reports.back().held.empty());
  EXPECT_EQ(thread.lines("advert"), Journal());
}

// The same for a group that moves to another interface: its address may still be on the one before.
TEST(RemoveOrder, AMoveToAnotherInterfaceIsNotReportedBeforeTheRemovalOnTheFirstIsAcknowledged) {
  VrrpThread thread;
  thread.world.add_interface(3, "eth2", ip("192.0.2.2"));
  thread.become_active(group_plan());
  thread.world.releases_fail = true;
  auto moved = group_plan();
  moved.interface = "eth2";
  ++moved.version.generation;
  thread.order({moved});
  EXPECT_LT(thread.group().observed_generation, 2);
  thread.world.releases_fail = false;
  thread.world.pass(Milliseconds(100));
  EXPECT_FALSE(thread.world.has(2, kA));
  EXPECT_EQ(thread.group().observed_generation, 2);
}

// api.md, NodeReport: interfaces with a global address. What adverts over IPv6 come from is listed, too,
// since a Backup names its master by it; what is ours, on the way out or not yet known to be unique is not.
TEST(ReportedInterfaces, ListWhatTheNodeCanBeKnownBy) {
  VrrpThread thread;
  const auto entry = [](const std::string& text, bool ours, bool global, bool deprecated, bool tentative) {
    return address::InterfaceAddress{
        *net::parse_prefix(text), ours, !ours, global, false, deprecated, tentative};
  };
  auto& addresses = thread.world.interfaces[2].addresses;
  addresses.insert(addresses.begin(), entry("fe80::1/64", false, false, false, false));
  addresses.push_back(entry("2001:db8::1/64", false, true, false, false));
  addresses.push_back(entry("2001:db8::2/64", false, true, true, false));
  addresses.push_back(entry("fe80::2/64", false, false, false, true));
  addresses.push_back(entry("fe80::5eff:fe00:233/128", true, false, true, false));
  thread.world.interfaces[3] = thread.world.interfaces[2];
  thread.world.interfaces[3].name = "lonely";
  thread.world.interfaces[3].addresses = {entry("fe80::3/64", false, false, false, false)};
  thread.order({});
  const auto& found = thread.reports.back().interfaces;
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found.front().name, "eth1");
  EXPECT_EQ(found.front().addresses,
            (std::vector{*net::parse_prefix("192.0.2.1/24"), *net::parse_prefix("2001:db8::1/64"),
                         *net::parse_prefix("fe80::1/64")}));
}

// Lesson 17: an address that moves between groups is gone before it is added.
TEST(RemoveOrder, EveryRemovalComesBeforeAnyAddition) {
  VrrpThread thread;
  const auto b = other_group();
  thread.order({group_plan(), b});
  thread.ready({kA, kB, kC});
  thread.world.pass(Seconds(8));
  (void)thread.world.take_journal();
  thread.order({with_addresses(group_plan(), {kA}), with_addresses(b, {kB, kC})});
  EXPECT_EQ(thread.writes(),
            Journal({"release 192.0.2.101 on 2", "hold 192.0.2.101 1s on 2", "announce 192.0.2.101"}));
}

// Renew, then advertise, at every beat.
TEST(RenewOrder, EveryBeatRenewsThenAdvertises) {
  VrrpThread thread;
  thread.become_active(group_plan());
  thread.world.pass(Milliseconds(500));
  const Journal beat{"hold 192.0.2.100 1s on 2", "hold 192.0.2.101 1s on 2", "advert 51 priority 200"};
  Journal two = beat;
  two.insert(two.end(), beat.begin(), beat.end());
  EXPECT_EQ(thread.world.journal, two);
}

// architecture.md 5: an unchanged group sees no packet, no system call and no timer touched.
TEST(RenewOrder, AGroupThatAnOrderDoesNotChangeSeesNothing) {
  VrrpThread thread;
  thread.become_active(group_plan());
  thread.order({group_plan(), other_group()});
  thread.ready({kA, kB, kC});
  EXPECT_EQ(thread.writes(), Journal({"listen 2"}));  // now for two VRIDs
  thread.world.pass(Milliseconds(249));
  EXPECT_EQ(thread.lines("advert 51").size(), 1U);
}

// P-3: addresses, priority 0, the last report, done; and nothing afterwards.
TEST(HandOver, AddressesThenPriorityZeroThenReportThenDone) {
  VrrpThread thread;
  thread.become_active(group_plan());
  thread.routers->stop([&] { thread.world.note("done"); });
  thread.world.pass(Seconds(5));
  EXPECT_EQ(thread.world.journal, Journal({"release 192.0.2.100 on 2", "release 192.0.2.101 on 2",
                                           "advert 51 priority 0", "report 1 held 0", "done"}));
}

TEST(HandOver, WithoutAcknowledgementNoPriorityZero) {
  VrrpThread thread;
  thread.become_active(group_plan());
  thread.world.releases_fail = true;
  thread.routers->stop([&] { thread.world.note("done"); });
  EXPECT_EQ(thread.lines("advert"), Journal());
  EXPECT_EQ(thread.world.journal.back(), "done");
}

// FN-20: a flood must not keep the addresses of a daemon that is told to go.
TEST(HandOver, EndsUnderAFlood) {
  VrrpThread thread;
  thread.become_active(group_plan());
  thread.world.floods = true;
  thread.world.reads = 0;
  thread.world.after_drain = [&] {
    if (thread.world.reads > 1000) thread.world.floods = false;  // so that the test ends
  };
  thread.routers->stop([&] { thread.world.note("done"); });
  EXPECT_LT(thread.world.reads, 100);
  EXPECT_EQ(thread.lines("advert"), Journal({"advert 51 priority 0"}));
}

// FN-01: what an earlier run left stays until the first order tells what is ours, and goes before any start.
TEST(Leftovers, GoWithTheFirstOrderAndBeforeAnyGroupStarts) {
  VrrpThread thread({kA, kC});
  thread.world.pass(Seconds(10));
  EXPECT_EQ(thread.writes(), Journal());
  thread.order({group_plan()});
  EXPECT_EQ(thread.writes(), Journal({"release 192.0.2.100 on 2", "release 192.0.2.102 on 2", "listen 2"}));
}

}  // namespace
}  // namespace fairlead::agent

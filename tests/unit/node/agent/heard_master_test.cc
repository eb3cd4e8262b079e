#include "node/agent/heard_master.h"

#include <gtest/gtest.h>

#include <set>

#include "support/vrrp_thread.h"

// Whom the status of a Backup names as heard; each change is a write to the API server (K-29).
namespace fairlead::agent {
namespace {

const TimePoint t0{Seconds(1000)};
const Milliseconds kInterval{250};

class Heard : public testing::Test {
 protected:
  std::string after(std::string_view sender, int priority) {
    const vrrp::AdvertReceived advert{vrrp::Priority(static_cast<std::uint8_t>(priority)),
                                      vrrp::Centiseconds(25), ip(sender), false};
    heard.hear(advert, advert.sender, now);
    return heard.name();
  }
  TimePoint now = t0;
  HeardMaster heard;
};

TEST_F(Heard, WhoSpeaksFirstIsNamed) {
  EXPECT_EQ(heard.name(), "");
  EXPECT_EQ(after("192.0.2.8", 100), "192.0.2.8");
  heard.forget();
  EXPECT_EQ(heard.name(), "");
}

// FN-11: both sides of a split in one segment again, until one of them yields.
TEST_F(Heard, OfTwoWhoSpeakByTurnsTheOneWhoRanksHigherIsNamed) {
  EXPECT_EQ(after("192.0.2.8", 100), "192.0.2.8");
  for (int i = 0; i < 100; ++i, now += kInterval) {
    EXPECT_EQ(after("192.0.2.9", 150), "192.0.2.9");
    EXPECT_EQ(after("192.0.2.8", 100), "192.0.2.9");
  }
}

TEST_F(Heard, AtEqualPrioritiesTheHigherAddressRanksHigher) {
  after("192.0.2.9", 100);
  EXPECT_EQ(after("192.0.2.8", 100), "192.0.2.9");
  EXPECT_EQ(after("192.0.2.10", 100), "192.0.2.10");
}

// A Backup waits three intervals and some skew before it takes over.
TEST_F(Heard, WhoTakesOverFromOneThatFellSilentIsNamedAtOnce) {
  after("192.0.2.9", 150);
  now += 3 * kInterval - Milliseconds(130);
  EXPECT_EQ(after("192.0.2.8", 100), "192.0.2.9");
  now += Milliseconds(10);
  EXPECT_EQ(after("192.0.2.8", 100), "192.0.2.8");
}

TEST_F(Heard, WhoGivesTheRoleUpIsNamedNoLonger) {
  after("192.0.2.9", 150);
  EXPECT_EQ(after("192.0.2.9", 0), "");
  EXPECT_EQ(after("192.0.2.8", 100), "192.0.2.8");
}

TEST_F(Heard, ThatAnotherGivesARoleUpChangesNothing) {
  after("192.0.2.9", 150);
  EXPECT_EQ(after("192.0.2.8", 0), "192.0.2.9");
}

TEST_F(Heard, OneWhoTellsTwoPrioritiesByTurnsDoesNotChangeTheName) {
  after("192.0.2.9", 200);
  for (int i = 0; i < 20; ++i, now += kInterval) {
    EXPECT_EQ(after("192.0.2.9", 100), "192.0.2.9");
    EXPECT_EQ(after("192.0.2.8", 150), "192.0.2.9");
    EXPECT_EQ(after("192.0.2.9", 200), "192.0.2.9");
  }
}

// Ten times, and once more every six seconds, of 240 in a minute. That he is named again is not held back.
TEST_F(Heard, WhoGivesTheRoleUpOverAndOverLosesHisNameTenTimesAndThenTenTimesAMinute) {
  int lost = 0;
  for (int i = 0; i < 240; ++i, now += kInterval) {
    EXPECT_EQ(after("192.0.2.9", 100), "192.0.2.9");
    lost += after("192.0.2.9", 0).empty() ? 1 : 0;
  }
  EXPECT_EQ(lost, 10 + 9);
}

// The vrrp thread as a whole: adverts by turns make no report.
TEST(HeardInReports, TwoMastersBesideEachOtherAreNoNewsAtEachAdvert) {
  VrrpThread thread;
  thread.run(group_plan());
  const std::vector<net::IpAddress> ours{kA, kB};
  std::set<std::string> named;
  const std::size_t before = thread.reports.size();
  for (int i = 0; i < 40; ++i) {
    thread.hear_from("192.0.2.8", 210, ours);
    thread.hear_from("192.0.2.9", 220, ours);
    thread.world.pass(Milliseconds(250));
    named.insert(thread.group().hears);
  }
  EXPECT_EQ(thread.state(), api::MemberState::kBackup);
  EXPECT_EQ(named, std::set<std::string>{"192.0.2.9"});
  EXPECT_LE(thread.reports.size() - before, 2U);
}

}  // namespace
}  // namespace fairlead::agent

#include "node/agent/confirmation.h"

#include <gmock/gmock.h>

namespace fairlead::agent {
namespace {

const TimePoint t0{Seconds(1000)};

api::MemberStatus entry(const std::string& node, api::MemberState state, std::int64_t confirmed) {
  api::MemberStatus out;
  out.node = node;
  out.instance = "i-" + node;
  out.state = state;
  out.since = WallTime(Seconds(100));
  out.confirmed = confirmed;
  return out;
}

api::MemberStatus claim(const std::string& node, std::int64_t confirmed) {
  return entry(node, api::MemberState::kMaster, confirmed);
}

Confirmation as_master(const Confirmation& before, std::vector<api::MemberStatus> members, TimePoint now) {
  return confirm(before, "node-a", true, members, now);
}

// api.md, Who is master: once per foreign claim.
TEST(Confirm, AMasterAnswersAForeignClaimOnce) {
  const auto once = as_master({}, {claim("node-a", 0), claim("node-b", 0)}, t0);
  EXPECT_EQ(once.confirmed, 1);
  const auto again = as_master(once, {claim("node-a", 1), claim("node-b", 0)}, t0 + Seconds(100));
  EXPECT_EQ(again.confirmed, 1);
  EXPECT_EQ(again.look_again, std::nullopt);
}

TEST(Confirm, AMasterWithoutARivalSaysNothing) {
  const auto quiet = as_master({}, {claim("node-a", 0), entry("node-b", api::MemberState::kBackup, 3)}, t0);
  EXPECT_EQ(quiet, Confirmation{});
}

TEST(Confirm, OnlyAMasterAnswers) {
  EXPECT_EQ(confirm({}, "node-a", false, {claim("node-b", 0)}, t0), Confirmation{});
}

// A new `instance` or `since` is a new claim, answered at once.
TEST(Confirm, ANewInstanceOrSinceIsANewClaim) {
  const auto once = as_master({}, {claim("node-b", 0)}, t0);
  auto restarted = claim("node-b", 0);
  restarted.instance = "another";
  const auto twice = as_master(once, {restarted}, t0 + Seconds(1));
  EXPECT_EQ(twice.confirmed, 2);
  auto promoted = restarted;
  promoted.since = WallTime(Seconds(200));
  EXPECT_EQ(as_master(twice, {promoted}, t0 + Seconds(2)).confirmed, 3);
}

// And again when the other's `confirmed` has risen since, at most every 30 s.
TEST(Confirm, ARisenConfirmationIsAnsweredAfterThirtySeconds) {
  const auto once = as_master({}, {claim("node-b", 0)}, t0);
  const auto early = as_master(once, {claim("node-b", 1)}, t0 + Seconds(5));
  EXPECT_EQ(early.confirmed, 1);
  EXPECT_EQ(early.look_again, t0 + Seconds(30));
  const auto late = as_master(early, {claim("node-b", 1)}, t0 + Seconds(30));
  EXPECT_EQ(late.confirmed, 2);
  EXPECT_EQ(late.look_again, std::nullopt);
}

TEST(Confirm, AClaimWithdrawnAndMadeAgainIsNew) {
  const auto once = as_master({}, {claim("node-b", 0)}, t0);
  const auto gone = as_master(once, {entry("node-b", api::MemberState::kBackup, 0)}, t0 + Seconds(1));
  EXPECT_TRUE(gone.answered.empty());
  auto again = claim("node-b", 0);
  again.since = WallTime(Seconds(300));
  EXPECT_EQ(as_master(gone, {again}, t0 + Seconds(2)).confirmed, 2);
}

TEST(Confirm, TwoNewClaimsAreAnsweredWithOneRise) {
  EXPECT_EQ(as_master({}, {claim("node-b", 0), claim("node-c", 0)}, t0).confirmed, 1);
}

// A member that was master before and is again keeps counting upwards within one instance.
TEST(Confirm, TheCountNeverFalls) {
  const auto once = as_master({}, {claim("node-b", 0)}, t0);
  EXPECT_EQ(confirm(once, "node-a", false, {}, t0 + Seconds(1)).confirmed, 1);
}

}  // namespace
}  // namespace fairlead::agent

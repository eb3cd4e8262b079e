#include "controller/status/mastership.h"

#include <gtest/gtest.h>

#include "controller/plan/reason.h"
#include "unit/controller/builders.h"

// api.md, "Who is master (status)".
namespace fairlead::controller {
namespace {

using namespace testing;
using api::MemberState;

const Senders kSenders{{*net::parse_address("192.0.2.1"), "node-a"},
                       {*net::parse_address("192.0.2.2"), "node-b"}};
const TimePoint kStart{Seconds(1000)};

api::VRRPGroup three(std::vector<api::MemberStatus> entries) {
  auto out = group({"g", 1, {{"192.0.2.100", "web"}}, {{"node-a", 200}, {"node-b", 150}, {"node-c", 100}}});
  out.status.members = std::move(entries);
  return out;
}
api::MemberStatus master(const std::string& node, int since) {
  auto out = entry(node, MemberState::kMaster);
  out.since = WallTime(Seconds(since));
  return out;
}
api::MemberStatus confirmed(api::MemberStatus entry, int times) {
  entry.confirmed = times;
  return entry;
}
api::MemberStatus backup(const std::string& node, const std::string& hears) {
  auto out = entry(node, MemberState::kBackup);
  out.hears = hears;
  return out;
}
// The controller has looked once, when nobody claimed anything.
GroupClaims quiet() { return rule(std::nullopt, three({}), kSenders, kStart).memory; }
Ruling look(const GroupClaims& before, const std::vector<api::MemberStatus>& entries, Seconds after) {
  return rule(before, three(entries), kSenders, kStart + after);
}

TEST(Mastership, TheOneThatClaimsIt) {
  const auto out = look(quiet(), {master("node-a", 10), backup("node-b", "192.0.2.1")}, Seconds(1));
  EXPECT_EQ(out.master, "node-a");
  EXPECT_TRUE(out.split.empty());
  EXPECT_FALSE(out.nobody);
}

TEST(Mastership, TheNewestPromotionObservedWinsWhateverClocksSay) {
  const auto first = look(quiet(), {master("node-a", 500)}, Seconds(1));
  const auto second = look(first.memory, {master("node-a", 500), master("node-b", 10)}, Seconds(2));
  EXPECT_EQ(second.master, "node-b");
}

TEST(Mastership, ARestartOfTheDaemonIsANewPromotion) {
  const auto first = look(quiet(), {master("node-a", 10)}, Seconds(1));
  const auto second = look(first.memory, {master("node-a", 10), master("node-b", 20)}, Seconds(2));
  auto again = master("node-a", 10);
  again.instance = "another";
  EXPECT_EQ(look(second.memory, {again, master("node-b", 20)}, Seconds(3)).master, "node-a");
}

TEST(Mastership, AnOlderClaimThatIsNotAnsweredWithinFiveSecondsIsStale) {
  const auto first = look(quiet(), {master("node-a", 10)}, Seconds(1));
  const std::vector<api::MemberStatus> both{master("node-a", 10), master("node-b", 20)};
  const auto second = look(first.memory, both, Seconds(2));
  EXPECT_TRUE(look(second.memory, both, Seconds(7)).stale.empty());
  const auto later = look(second.memory, both, Seconds(8));
  EXPECT_EQ(later.stale, (std::set<std::string>{"node-a"}));
  EXPECT_EQ(later.master, "node-b");
}

TEST(Mastership, TimeAloneChangesItWhenAClaimIsLeftUnansweredForTooLong) {
  const auto first = look(quiet(), {master("node-a", 10)}, Seconds(1));
  EXPECT_EQ(next_end(first.memory, kStart + Seconds(1)), std::nullopt) << "one alone has nobody to answer";
  const std::vector<api::MemberStatus> both{master("node-a", 10), master("node-b", 20)};
  const auto second = look(first.memory, both, Seconds(2));
  const auto end = next_end(second.memory, kStart + Seconds(2));
  ASSERT_TRUE(end.has_value());
  EXPECT_TRUE(rule(second.memory, three(both), kSenders, *end - Microseconds(1)).stale.empty());
  const auto later = rule(second.memory, three(both), kSenders, *end);
  EXPECT_EQ(later.stale, (std::set<std::string>{"node-a"}));
  EXPECT_EQ(next_end(later.memory, *end), std::nullopt);
}

TEST(Mastership, InARunningSplitTimeAloneChangesItLater) {
  auto memory = look(quiet(), {master("node-a", 10)}, Seconds(1)).memory;
  memory = look(memory, {master("node-a", 10), master("node-b", 20)}, Seconds(2)).memory;
  memory = look(memory, {confirmed(master("node-a", 10), 1), master("node-b", 20)}, Seconds(3)).memory;
  EXPECT_EQ(next_end(memory, kStart + Seconds(3)), kStart + Seconds(3 + 35) + Microseconds(1));
}

// One whom a Backup hears is not dead; a round every 50 ms would not change that.
TEST(Mastership, WhatIsPastIsNotWaitedFor) {
  auto memory = look(quiet(), {master("node-a", 10)}, Seconds(1)).memory;
  memory = look(memory, {master("node-a", 10), master("node-b", 20)}, Seconds(2)).memory;
  EXPECT_EQ(next_end(memory, kStart + Seconds(60)), std::nullopt);
}

TEST(Mastership, AnOlderClaimConfirmedAfterANewerPromotionIsASplit) {
  const auto first = look(quiet(), {master("node-a", 10)}, Seconds(1));
  const auto second = look(first.memory, {master("node-a", 10), master("node-b", 20)}, Seconds(2));
  const auto third =
      look(second.memory, {confirmed(master("node-a", 10), 1), master("node-b", 20)}, Seconds(3));
  EXPECT_EQ(third.split, (std::set<std::string>{"node-a", "node-b"}));
  EXPECT_EQ(third.master, "node-b");
}

TEST(Mastership, TheNewerOneMayConfirmWithoutASplit) {
  const auto first = look(quiet(), {master("node-a", 10)}, Seconds(1));
  const auto second = look(first.memory, {master("node-a", 10), master("node-b", 20)}, Seconds(2));
  const auto third =
      look(second.memory, {master("node-a", 10), confirmed(master("node-b", 20), 1)}, Seconds(3));
  EXPECT_TRUE(third.split.empty());
  EXPECT_EQ(look(third.memory, {master("node-a", 10), confirmed(master("node-b", 20), 1)}, Seconds(9)).stale,
            (std::set<std::string>{"node-a"}));
}

TEST(Mastership, InARunningSplitAnAnswerHasThirtyFiveSeconds) {
  auto memory = look(quiet(), {master("node-a", 10)}, Seconds(1)).memory;
  memory = look(memory, {master("node-a", 10), master("node-b", 20)}, Seconds(2)).memory;
  const std::vector<api::MemberStatus> both{confirmed(master("node-a", 10), 1), master("node-b", 20)};
  memory = look(memory, both, Seconds(3)).memory;
  EXPECT_FALSE(look(memory, both, Seconds(38)).split.empty());
  const auto late = look(memory, both, Seconds(39));
  EXPECT_EQ(late.stale, (std::set<std::string>{"node-b"}));
  EXPECT_EQ(late.master, "node-a");
}

TEST(Mastership, ASplitEndsWhenOneStandsBack) {
  auto memory = look(quiet(), {master("node-a", 10)}, Seconds(1)).memory;
  memory = look(memory, {master("node-a", 10), master("node-b", 20)}, Seconds(2)).memory;
  memory = look(memory, {confirmed(master("node-a", 10), 1), master("node-b", 20)}, Seconds(3)).memory;
  const auto healed = look(memory, {master("node-b", 20), backup("node-a", "192.0.2.2")}, Seconds(4));
  EXPECT_TRUE(healed.split.empty());
  EXPECT_EQ(healed.master, "node-b");
}

TEST(Mastership, AStaleClaimThatConfirmsIsAliveAgain) {
  auto memory = look(quiet(), {master("node-a", 10)}, Seconds(1)).memory;
  const std::vector<api::MemberStatus> both{master("node-a", 10), master("node-b", 20)};
  memory = look(memory, both, Seconds(2)).memory;
  memory = look(memory, both, Seconds(9)).memory;
  const auto out = look(memory, {confirmed(master("node-a", 10), 1), master("node-b", 20)}, Seconds(10));
  EXPECT_TRUE(out.stale.empty());
  EXPECT_FALSE(out.split.empty());
}

// node-a stood still, node-b took over and stood back when node-a went on, before it could ask.
TEST(Mastership, AStaleClaimIsAliveAgainWhenABackupHearsItAndNobodyElseClaimsIt) {
  const auto first = look(quiet(), {master("node-a", 10)}, Seconds(1));
  const std::vector<api::MemberStatus> both{master("node-a", 10), master("node-b", 20)};
  auto stale = look(look(first.memory, both, Seconds(2)).memory, both, Seconds(8));
  ASSERT_EQ(stale.stale, std::set<std::string>{"node-a"});
  const auto deaf = look(stale.memory, {master("node-a", 10), backup("node-b", "")}, Seconds(9));
  EXPECT_EQ(deaf.stale, std::set<std::string>{"node-a"});
  const auto heard = look(deaf.memory, {master("node-a", 10), backup("node-b", "192.0.2.1")}, Seconds(10));
  EXPECT_EQ(heard.master, "node-a");
  EXPECT_TRUE(heard.stale.empty());
}

TEST(Mastership, AMasterThatLostTheApiIsNamedByWhatTheBackupsHear) {
  const auto out = look(quiet(), {backup("node-b", "192.0.2.1"), backup("node-c", "192.0.2.1")}, Seconds(1));
  EXPECT_EQ(out.master, "node-a");
  EXPECT_FALSE(out.nobody);
}

TEST(Mastership, ASenderThatNoReportHasIsNobodyOfOurs) {
  const auto out = look(quiet(), {backup("node-b", "192.0.2.99")}, Seconds(1));
  EXPECT_EQ(out.master, "");
  EXPECT_EQ(out.unknown_sender, "192.0.2.99");
  EXPECT_FALSE(out.nobody);
}

TEST(Mastership, NobodyOnlyIfNobodyClaimsItAndNoBackupHearsOne) {
  EXPECT_TRUE(
      look(quiet(), {backup("node-b", ""), entry("node-a", MemberState::kInitialize)}, Seconds(1)).nobody);
  EXPECT_TRUE(look(quiet(), {}, Seconds(1)).nobody);
}

TEST(Mastership, EntriesOfNodesThatAreNoMembersCountForNothing) {
  const auto out = look(quiet(), {master("node-x", 10), backup("node-y", "192.0.2.1")}, Seconds(1));
  EXPECT_TRUE(out.nobody);
}

TEST(Mastership, AfterARestartTheMasterOfTheStatusIsTheOlderClaim) {
  auto seen = three({master("node-a", 500), master("node-b", 20)});
  seen.status.master = "node-a";
  EXPECT_EQ(rule(std::nullopt, seen, kSenders, kStart).master, "node-b");
  seen.status.master = "node-b";
  EXPECT_EQ(rule(std::nullopt, seen, kSenders, kStart).master, "node-a");
}

TEST(Mastership, AfterARestartAnAnswerHasThirtyFiveSeconds) {
  auto seen = three({master("node-a", 10), master("node-b", 20)});
  seen.status.master = "node-a";
  const auto first = rule(std::nullopt, seen, kSenders, kStart);
  EXPECT_TRUE(rule(first.memory, seen, kSenders, kStart + Seconds(35)).stale.empty());
  EXPECT_EQ(rule(first.memory, seen, kSenders, kStart + Seconds(36)).stale,
            (std::set<std::string>{"node-a"}));
}

TEST(Mastership, AClaimNotedAsStaleIsStillStaleAfterARestart) {
  auto seen = three({master("node-a", 10), master("node-b", 20)});
  seen.status.master = "node-b";
  api::Condition degraded;
  degraded.type = "Degraded";
  degraded.reason = to_string(Reason::kStaleStatus);
  degraded.message = stale_message({"node-a"});
  seen.status.conditions = {degraded};
  const auto out = rule(std::nullopt, seen, kSenders, kStart);
  EXPECT_EQ(out.master, "node-b");
  EXPECT_EQ(out.stale, (std::set<std::string>{"node-a"}));
}

TEST(Mastership, TheNoteOfStaleClaimsReadsBack) {
  const std::set<std::string> nodes{"node-a", "node-b"};
  EXPECT_EQ(nodes_of_stale_message(stale_message(nodes)), nodes);
  EXPECT_TRUE(nodes_of_stale_message("something else").empty());
}

}  // namespace
}  // namespace fairlead::controller

// kubernetes.md 4: getting to lead. Cases of client-go's table "TryAcquireOrRenew", by name and input only.
#include <gtest/gtest.h>

#include "unit/lib/reconcile/election_fixture.h"

namespace fairlead::reconcile {
namespace {

// A replica that has just read the Lease for the first time.
Replica saw(const api::LeaseRecord& record) {
  Replica out;
  out.step(ElectionBegun{});
  out.step(read_of(record, "1"));
  return out;
}

TEST(ElectionConfig, HoldsItsRuleOrIsRefused) {
  const auto ok = [](int lease, int renew, int retry) {
    return make_election_config({kMe, Seconds(lease), Seconds(renew), Seconds(retry)}).has_value();
  };
  EXPECT_TRUE(ok(15, 10, 2));
  EXPECT_TRUE(ok(4, 3, 1));
  EXPECT_FALSE(ok(10, 10, 2)) << "the lease must outlast the deadline";
  EXPECT_FALSE(ok(15, 12, 10)) << "12 is not more than 1.2 x 10";
  EXPECT_TRUE(ok(15, 13, 10));
  EXPECT_FALSE(ok(5, 7, 2)) << "PureLB's code";
  EXPECT_FALSE(ok(3, 2, 0)) << "all at least 1 s";
  const auto refused = make_election_config({kMe, Seconds(10), Seconds(10), Seconds(2)});
  EXPECT_NE(refused.error().message.find("10"), std::string::npos) << refused.error().message;
}

TEST(Acquiring, ReadsTheLeaseFirst) {
  Replica replica;
  EXPECT_EQ(replica.step(ElectionBegun{}), (Acts{ReadLease{}}));
  EXPECT_FALSE(replica.gate());
}

TEST(Acquiring, CreatesALeaseThatIsNotThereAndLeads) {
  Replica replica;
  replica.step(ElectionBegun{});
  const api::LeaseRecord record{kMe, Seconds(15), replica.stamp(), replica.stamp(), 0};
  EXPECT_EQ(replica.step(LeaseMissing{}), (Acts{CreateLease{record}}));
  EXPECT_FALSE(replica.gate()) << "not before the answer";
  EXPECT_EQ(replica.step(LeaseWritten{lease_of(record, "1")}), (Acts{HolderChanged{kMe}, LeadTaken{}}));
  EXPECT_TRUE(replica.gate());
}

TEST(Acquiring, TakesALeaseWithoutHolderAtOnceAndCountsTheTransition) {
  Replica replica;
  replica.step(ElectionBegun{});
  const api::LeaseRecord free{"", Seconds(1), "2001-01-01T00:00:00.000000Z", "2001-01-01T00:00:00.000000Z",
                              7};
  const api::LeaseRecord mine{kMe, Seconds(15), replica.stamp(), replica.stamp(), 8};
  EXPECT_EQ(replica.step(read_of(free, "1")), (Acts{UpdateLease{lease_of(free, "1"), mine}}));
  EXPECT_EQ(replica.step(LeaseWritten{lease_of(mine, "2")}), (Acts{HolderChanged{kMe}, LeadTaken{}}));
}

TEST(Acquiring, TakesALeaseWithAnEmptyRecord) {
  Replica replica;
  replica.step(ElectionBegun{});
  const api::LeaseRecord mine{kMe, Seconds(15), replica.stamp(), replica.stamp(), 1};
  EXPECT_EQ(replica.step(read_of({}, "1")), (Acts{UpdateLease{lease_of({}, "1"), mine}}));
}

TEST(Acquiring, WaitsForAHolderAndSaysWhoItIs) {
  Replica replica;
  replica.step(ElectionBegun{});
  EXPECT_EQ(replica.step(read_of(other_record("x"), "1")), (Acts{HolderChanged{kOther}}));
  EXPECT_EQ(replica.due_in(), Seconds(2));
  EXPECT_EQ(replica.after(Seconds(2), ElectionTimePassed{}), (Acts{ReadLease{}}));
  EXPECT_EQ(replica.step(read_of(other_record("y"), "2")), Acts{}) << "the same holder is told once";
}

// Wait retryPeriod x (1 + random in [0, 1.2)).
TEST(Acquiring, TriesAreSpreadOverTwoToFourPointFourSeconds) {
  auto replica = saw(other_record("x"));
  replica.now += replica.due_in();
  replica.step(ElectionTimePassed{});
  replica.random = 0.5;
  replica.step(read_of(other_record("y"), "2"));
  EXPECT_EQ(replica.due_in(), Milliseconds(3200));
  replica.now += replica.due_in();
  replica.step(ElectionTimePassed{});
  replica.random = 0.999999;
  replica.step(read_of(other_record("z"), "3"));
  EXPECT_GT(replica.due_in(), Milliseconds(4399));
  EXPECT_LT(replica.due_in(), Milliseconds(4400));
}

// The first sight counts as a change: a new process waits a full lease even on an old record.
TEST(Acquiring, TheFirstSightOfAnOldRecordStartsAFullLease) {
  auto replica = saw(other_record("1999-01-01T00:00:00.000000Z"));
  EXPECT_EQ(replica.after(Seconds(2), ElectionTimePassed{}), (Acts{ReadLease{}}));
  replica.now = b0 + Seconds(15) - Microseconds(1);
  EXPECT_EQ(replica.step(read_of(other_record("1999-01-01T00:00:00.000000Z"), "1")), Acts{});
  replica.after(Seconds(2), ElectionTimePassed{});
  const auto taken = replica.step(read_of(other_record("1999-01-01T00:00:00.000000Z"), "1"));
  ASSERT_EQ(taken.size(), 1U);
  EXPECT_EQ(std::get<UpdateLease>(taken[0]).record,
            (api::LeaseRecord{kMe, Seconds(15), replica.stamp(), replica.stamp(), 5}));
}

TEST(Acquiring, TakesOverExactlyWhenTheLeaseHasRunOut) {
  auto replica = saw(other_record("x"));
  replica.after(Seconds(10), ElectionTimePassed{});
  replica.now = b0 + Seconds(15);
  EXPECT_TRUE(std::holds_alternative<UpdateLease>(replica.step(read_of(other_record("x"), "1")).at(0)));
}

TEST(Acquiring, EveryRenewalStartsTheLeaseAnew) {
  auto replica = saw(other_record("x"));
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(replica.after(Seconds(4), ElectionTimePassed{}), (Acts{ReadLease{}}));
    EXPECT_EQ(replica.step(read_of(other_record("x" + std::to_string(i)), std::to_string(i))), Acts{}) << i;
  }
}

// Somebody labels the Lease: no sign of life of its holder.
TEST(Acquiring, AnotherVersionOfTheSameRecordIsNoRenewal) {
  auto replica = saw(other_record("x"));
  replica.after(Seconds(14), ElectionTimePassed{});
  EXPECT_EQ(replica.step(read_of(other_record("x"), "2")), Acts{});
  replica.after(Seconds(2), ElectionTimePassed{});
  const auto taken = replica.step(read_of(other_record("x"), "3"));
  ASSERT_EQ(taken.size(), 1U);
  EXPECT_EQ(std::get<UpdateLease>(taken[0]).there.meta.resource_version, "3") << "the version just read";
}

// leaseDurationSeconds of the record, not ours.
TEST(Acquiring, WaitsAsLongAsTheRecordSays) {
  auto shorter = saw(other_record("x", Seconds(5)));
  shorter.after(Seconds(5), ElectionTimePassed{});
  EXPECT_EQ(shorter.step(read_of(other_record("x", Seconds(5)), "1")).size(), 1U);
  auto longer = saw(other_record("x", Seconds(60)));
  longer.after(Seconds(59), ElectionTimePassed{});
  EXPECT_EQ(longer.step(read_of(other_record("x", Seconds(60)), "1")), Acts{});
  auto huge = saw(other_record("x", Seconds(INT32_MAX)));
  huge.after(Seconds(1000), ElectionTimePassed{});
  EXPECT_EQ(huge.step(read_of(other_record("x", Seconds(INT32_MAX)), "1")), Acts{});
}

TEST(Acquiring, ARecordThatSaysNoDurationHasOurs) {
  auto record = other_record("x");
  record.duration.reset();
  auto replica = saw(record);
  replica.after(Seconds(14), ElectionTimePassed{});
  EXPECT_EQ(replica.step(read_of(record, "1")), Acts{});
  replica.after(Seconds(2), ElectionTimePassed{});
  EXPECT_EQ(replica.step(read_of(record, "1")).size(), 1U);
}

// FC-10: the record's times and our wall clock may say anything.
TEST(Acquiring, ClocksOfOtherMachinesAndOurWallClockDecideNothing) {
  for (const auto* renewed : {"1970-01-01T00:00:00.000000Z", "2999-01-01T00:00:00.000000Z", "nonsense", ""}) {
    auto replica = saw(other_record(renewed));
    replica.wall = w0 - Seconds(1'000'000'000);
    replica.after(Seconds(14), ElectionTimePassed{});
    replica.wall = w0 + Seconds(1'000'000'000);
    EXPECT_EQ(replica.step(read_of(other_record(renewed), "1")), Acts{}) << renewed;
    replica.after(Seconds(2), ElectionTimePassed{});
    EXPECT_EQ(replica.step(read_of(other_record(renewed), "1")).size(), 1U) << renewed;
  }
}

// A start of the same Pod is another identity: it waits for what it was itself.
TEST(Acquiring, ANamesakeIsSomebodyElse) {
  auto record = other_record("x");
  record.holder = "pod-a_0";
  Replica replica;
  replica.step(ElectionBegun{});
  EXPECT_EQ(replica.step(read_of(record, "1")), (Acts{HolderChanged{"pod-a_0"}}));
}

// A write of ours whose answer was lost: holder me, not led. The transition is counted once.
TEST(Acquiring, AWriteWhoseAnswerWasLostIsTakenUpWithoutAnotherTransition) {
  Replica replica;
  replica.step(ElectionBegun{});
  replica.step(LeaseMissing{});
  const api::LeaseRecord written{kMe, Seconds(15), replica.stamp(), replica.stamp(), 0};
  EXPECT_EQ(replica.step(LeaseFailed{"closed"}), (Acts{TryFailed{"closed"}}));
  EXPECT_FALSE(replica.gate());
  replica.after(Seconds(2), ElectionTimePassed{});
  auto again = written;
  again.renewed = replica.stamp();
  EXPECT_EQ(replica.step(read_of(written, "1")),
            (Acts{HolderChanged{kMe}, UpdateLease{lease_of(written, "1"), again}}));
  EXPECT_EQ(replica.step(LeaseWritten{lease_of(again, "2")}), (Acts{LeadTaken{}}));
}

TEST(Acquiring, AConflictMeansThatSomebodyElseWon) {
  for (const bool creating : {false, true}) {
    Replica replica;
    replica.step(ElectionBegun{});
    replica.step(creating ? ElectionEvent(LeaseMissing{}) : ElectionEvent(read_of({}, "1")));
    EXPECT_EQ(replica.step(LeaseConflict{}), Acts{});
    EXPECT_FALSE(replica.gate());
    EXPECT_EQ(replica.due_in(), Seconds(2));
    EXPECT_EQ(replica.after(Seconds(2), ElectionTimePassed{}), (Acts{ReadLease{}}));
  }
}

TEST(Acquiring, AnyOtherAnswerIsAFailedTry) {
  Replica replica;
  replica.step(ElectionBegun{});
  EXPECT_EQ(replica.step(LeaseFailed{"403 forbidden"}), (Acts{TryFailed{"403 forbidden"}}));
  EXPECT_EQ(replica.due_in(), Seconds(2));
  replica.after(Seconds(2), ElectionTimePassed{});
  replica.step(read_of({}, "1"));
  EXPECT_EQ(replica.step(LeaseFailed{"500"}), (Acts{TryFailed{"500"}}));
  EXPECT_FALSE(replica.gate());
}

// A failure tells nothing of the holder: its lease goes on running out.
TEST(Acquiring, FailedReadsDoNotProlongTheLease) {
  auto replica = saw(other_record("x"));
  replica.after(Seconds(7), ElectionTimePassed{});
  replica.step(LeaseFailed{"timeout"});
  replica.after(Seconds(8), ElectionTimePassed{});
  EXPECT_EQ(replica.step(read_of(other_record("x"), "1")).size(), 1U);
}

// Each lease request times out at renewDeadline/2.
TEST(Acquiring, ARequestHasHalfTheRenewDeadline) {
  Replica replica;
  replica.step(ElectionBegun{});
  EXPECT_EQ(replica.due_in(), Seconds(5));
  EXPECT_EQ(replica.after(Seconds(5), ElectionTimePassed{}),
            (Acts{AbandonRequest{}, TryFailed{"no answer within 5000 ms"}}));
  EXPECT_EQ(replica.step(read_of({}, "1")), Acts{}) << "what comes later counts for nothing";
}

// A frozen process: its answer is as old as the request.
TEST(Acquiring, AnAnswerThatComesTooLateLeadsToNothing) {
  Replica replica;
  replica.step(ElectionBegun{});
  replica.step(read_of({}, "1"));
  const auto acts = replica.after(Seconds(10), LeaseWritten{lease_of({kMe, Seconds(15), "a", "b", 1}, "2")});
  EXPECT_EQ(acts, (Acts{HolderChanged{kMe}, TryFailed{"the answer came too late"}}));
  EXPECT_FALSE(replica.gate());
}

TEST(Acquiring, AnAnswerThatNamesSomebodyElseIsNotBelieved) {
  Replica replica;
  replica.step(ElectionBegun{});
  replica.step(read_of({}, "1"));
  const auto acts = replica.step(LeaseWritten{lease_of(other_record("x"), "2")});
  EXPECT_EQ(acts, (Acts{TryFailed{"the answer to our write names pod-b_2"}}));
  EXPECT_FALSE(replica.gate());
}

TEST(Acquiring, ALeaseDeletedWhileWeWaitIsCreated) {
  auto replica = saw(other_record("x"));
  replica.after(Seconds(2), ElectionTimePassed{});
  const api::LeaseRecord mine{kMe, Seconds(15), replica.stamp(), replica.stamp(), 0};
  EXPECT_EQ(replica.step(LeaseMissing{}), (Acts{HolderChanged{""}, CreateLease{mine}}));
}

TEST(Acquiring, ALeaseThatCameBackIsSeenForTheFirstTime) {
  auto replica = saw(other_record("x"));
  replica.after(Seconds(14), ElectionTimePassed{});
  replica.step(LeaseMissing{});
  replica.step(LeaseConflict{});
  replica.after(Seconds(2), ElectionTimePassed{});
  EXPECT_EQ(replica.step(read_of(other_record("x"), "9")), (Acts{HolderChanged{kOther}}))
      << "a full lease again";
}

TEST(Acquiring, TransitionsStopAtTheLargestNumberOfTheField) {
  Replica replica;
  replica.step(ElectionBegun{});
  const auto acts = replica.step(read_of({"", Seconds(1), "", "", INT32_MAX}, "1"));
  EXPECT_EQ(std::get<UpdateLease>(acts.at(0)).record.transitions, INT32_MAX);
}

TEST(Acquiring, ATimerThatRunsEarlyChangesNothing) {
  Replica replica;
  EXPECT_EQ(replica.step(ElectionTimePassed{}), Acts{});
  replica.step(ElectionBegun{});
  EXPECT_EQ(replica.step(ElectionTimePassed{}), Acts{});
  replica.step(read_of(other_record("x"), "1"));
  EXPECT_EQ(replica.after(Milliseconds(1999), ElectionTimePassed{}), Acts{});
  EXPECT_EQ(replica.after(Milliseconds(1), ElectionTimePassed{}), (Acts{ReadLease{}}));
}

}  // namespace
}  // namespace fairlead::reconcile

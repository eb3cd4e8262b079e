// kubernetes.md 4: renewing, stopping, letting go. Cases of client-go's tests by name and input only; ours: a
// leader that was frozen, and a release after somebody else took over.
#include <gtest/gtest.h>

#include "unit/lib/reconcile/election_fixture.h"

namespace fairlead::reconcile {
namespace {

// FastPath: no read before it.
TEST(Leading, RenewsEveryTwoSecondsByTheVersionItKnows) {
  auto replica = leader();
  const auto first = lease_of(own_record(replica), "2");
  replica.random = 0.9;
  EXPECT_EQ(replica.due_in(), Seconds(2)) << "no jitter";
  auto acts = replica.after(Seconds(2), ElectionTimePassed{});
  EXPECT_EQ(acts, (Acts{renewal(replica, first)}));
  const auto second = lease_of(own_record(replica), "3");
  EXPECT_EQ(replica.after(Milliseconds(10), LeaseWritten{second}), Acts{});
  EXPECT_EQ(replica.due_in(), Seconds(2));
  acts = replica.after(Seconds(2), ElectionTimePassed{});
  EXPECT_EQ(acts, (Acts{renewal(replica, second)}));
}

TEST(Leading, KeepsAcquireTimeAndTransitions) {
  const auto replica = renewing();
  EXPECT_EQ(own_record(replica).acquired, to_rfc3339_micro(w0));
  EXPECT_NE(own_record(replica).renewed, to_rfc3339_micro(w0));
}

// Any failure: go on with the read in the same try.
TEST(Leading, ARenewalThatFailsInAnyWayReadsTheLeaseAtOnce) {
  for (const ElectionEvent& event : {ElectionEvent(LeaseConflict{}), ElectionEvent(LeaseFailed{"404"}),
                                     ElectionEvent(LeaseFailed{"closed"})}) {
    auto replica = renewing();
    EXPECT_EQ(replica.step(event), (Acts{SlowPathTaken{}, ReadLease{}}));
    EXPECT_TRUE(replica.gate());
  }
}

TEST(Leading, ARenewalWithoutAnAnswerIsAbandonedAndTheLeaseRead) {
  auto replica = renewing();
  EXPECT_EQ(replica.due_in(), Seconds(5));
  EXPECT_EQ(replica.after(Seconds(5), ElectionTimePassed{}),
            (Acts{AbandonRequest{}, SlowPathTaken{}, ReadLease{}}));
}

TEST(Leading, ALeaseThatIsStillOursIsWrittenByTheVersionJustRead) {
  auto replica = renewing();
  replica.step(LeaseConflict{});
  auto record = own_record(leader());
  EXPECT_EQ(replica.step(read_of(record, "9")), (Acts{renewal(replica, lease_of(record, "9"))}));
  EXPECT_EQ(replica.step(LeaseWritten{lease_of(own_record(replica), "10")}), Acts{}) << "not taken anew";
  EXPECT_TRUE(replica.gate());
}

TEST(Leading, ALeaseThatWasDeletedIsCreatedAgain) {
  auto replica = renewing();
  replica.step(LeaseFailed{"404"});
  const api::LeaseRecord record{kMe, Seconds(15), replica.stamp(), replica.stamp(), 0};
  EXPECT_EQ(replica.step(LeaseMissing{}), (Acts{HolderChanged{""}, CreateLease{record}}));
  EXPECT_EQ(replica.step(LeaseWritten{lease_of(record, "20")}), (Acts{HolderChanged{kMe}}));
  EXPECT_TRUE(replica.gate());
}

TEST(Leading, ALeaseWhoseHolderWasWipedIsTakenAgainWithATransition) {
  auto replica = renewing();
  replica.step(LeaseConflict{});
  auto record = own_record(leader());
  record.holder = "";
  const auto acts = replica.step(read_of(record, "9"));
  ASSERT_EQ(acts.size(), 2U);
  EXPECT_EQ(std::get<UpdateLease>(acts[1]).record.transitions, 6);
  EXPECT_EQ(std::get<UpdateLease>(acts[1]).record.acquired, replica.stamp());
}

// client-go goes on trying until its deadline; the record read leaves no doubt, so we stop at once.
TEST(Leading, StopsAtOnceWhenTheLeaseNamesSomebodyElse) {
  auto replica = renewing();
  replica.step(LeaseConflict{});
  EXPECT_EQ(replica.step(read_of(other_record("x"), "9")),
            (Acts{HolderChanged{kOther}, LeadLost{"the Lease names pod-b_2"}}));
  EXPECT_FALSE(replica.gate());
  EXPECT_EQ(next_deadline(replica.config, replica.state), std::nullopt);
}

// A cut-off leader stops by t + 12 s; nobody else can take over before t + 15 s.
TEST(Leading, StopsTwelveSecondsAfterItsLastSuccess) {
  auto replica = leader();
  BootTime last = replica.now;
  while (std::holds_alternative<Leader>(replica.state.role)) {
    ASSERT_LE(replica.now, b0 + Seconds(12));
    last = replica.now;
    replica.now += replica.due_in();
    const auto acts = replica.step(ElectionTimePassed{});
    if (acts == Acts{LeadLost{"not renewed for 12 s"}}) break;
    // Every request is refused at once.
    while (std::holds_alternative<Leader>(replica.state.role) &&
           std::holds_alternative<Asked>(std::get<Leader>(replica.state.role).turn)) {
      replica.step(LeaseFailed{"connection refused"});
    }
  }
  EXPECT_EQ(replica.now, b0 + Seconds(12));
  EXPECT_EQ(last, b0 + Seconds(10)) << "tries are 2 s apart";
}

TEST(Leading, StopsInTimeWhenNothingIsAnsweredAtAll) {
  auto replica = leader();
  Acts acts;
  while (std::holds_alternative<Leader>(replica.state.role)) {
    replica.now += replica.due_in();
    acts = replica.step(ElectionTimePassed{});
  }
  EXPECT_EQ(replica.now, b0 + Seconds(12));
  EXPECT_EQ(acts, (Acts{LeadLost{"not renewed for 12 s"}}));
}

TEST(Leading, NeverGoesOnBeyondItsLease) {
  Replica replica = leader();
  replica.config.renew_deadline = Seconds(14);
  replica.config.retry_period = Seconds(10);
  replica.now = b0 + Seconds(15);
  EXPECT_EQ(replica.step(ElectionTimePassed{}), (Acts{LeadLost{"not renewed for 15 s"}}));
}

TEST(Leading, AFailedRoundThatSucceedsInTheEndGoesOn) {
  auto replica = renewing();
  for (int i = 0; i < 3; ++i) {
    replica.step(LeaseFailed{"500"});
    if (i == 0) {
      EXPECT_EQ(replica.step(LeaseFailed{"500"}), (Acts{TryFailed{"500"}}));
    }
    replica.after(Seconds(2), ElectionTimePassed{});
  }
  EXPECT_EQ(replica.step(LeaseWritten{lease_of(own_record(replica), "3")}), Acts{});
  EXPECT_TRUE(replica.gate());
  EXPECT_EQ(replica.due_in(), Seconds(2));
}

// The gate: leader, and now < observedAt + renewDeadline.
TEST(WriteGate, ClosesTenSecondsAfterTheLastSuccessWithoutATimer) {
  auto replica = leader();
  replica.now = b0 + Seconds(10) - Microseconds(1);
  EXPECT_TRUE(replica.gate());
  replica.now = b0 + Seconds(10);
  EXPECT_FALSE(replica.gate()) << "two seconds before it stops, five before anybody else may write";
}

// I-13. The process stood still: no timer ran, the state says leader.
TEST(WriteGate, IsClosedForALeaderThatWasFrozenBeforeAnythingElseRuns) {
  auto replica = leader();
  replica.now = b0 + Seconds(60);
  EXPECT_FALSE(replica.gate());
  EXPECT_EQ(replica.step(ElectionTimePassed{}), (Acts{LeadLost{"not renewed for 60 s"}}));
}

// Its own renewal, answered before the freeze, is as old as the request.
TEST(WriteGate, StaysClosedWhenAnAnswerFromBeforeTheFreezeIsReadAfterIt) {
  auto replica = renewing();
  const auto written = lease_of(own_record(replica), "3");
  EXPECT_EQ(replica.after(Seconds(60), LeaseWritten{written}), (Acts{LeadLost{"not renewed for 62 s"}}));
  EXPECT_FALSE(replica.gate());
}

TEST(WriteGate, CountsFromWhenTheRenewalWasSentNotFromItsAnswer) {
  auto replica = renewing();
  replica.after(Seconds(4), LeaseWritten{lease_of(own_record(renewing()), "3")});
  replica.now = b0 + Seconds(12) - Microseconds(1);
  EXPECT_TRUE(replica.gate());
  replica.now = b0 + Seconds(12);
  EXPECT_FALSE(replica.gate());
}

TEST(WriteGate, IsClosedForAStandbyAndFromTheMomentOfResigning) {
  Replica replica;
  replica.step(ElectionBegun{});
  EXPECT_FALSE(replica.gate());
  auto other = leader();
  other.step(ResignAsked{});
  EXPECT_FALSE(other.gate());
}

// #70819: liveness fails when leader and now > observedAt + leaseDuration + 20 s.
TEST(Standstill, IsALeaderThatShouldHaveStoppedLongAgo) {
  auto replica = leader();
  EXPECT_TRUE(moves(replica.config, replica.state, b0 + Seconds(35)));
  EXPECT_FALSE(moves(replica.config, replica.state, b0 + Seconds(35) + Microseconds(1)));
  Replica standby;
  standby.step(ElectionBegun{});
  EXPECT_TRUE(moves(standby.config, standby.state, b0 + Seconds(1'000'000)));
}

// Total: whatever comes after the end, or before the beginning, does nothing.
TEST(Election, EventsThatNobodyWaitsForChangeNothing) {
  const ElectionEvent events[] = {read_of(other_record("x"), "1"),
                                  LeaseMissing{},
                                  LeaseWritten{lease_of({}, "1")},
                                  LeaseConflict{},
                                  LeaseFailed{"why"},
                                  ElectionTimePassed{}};
  for (const auto& event : events) {
    Replica unborn;
    EXPECT_EQ(unborn.step(event), Acts{});
    auto resting = leader();
    EXPECT_EQ(resting.step(event), Acts{});
    EXPECT_TRUE(resting.gate());
    auto ended = leader();
    ended.step(ResignAsked{});
    ended.step(LeaseMissing{});
    EXPECT_EQ(ended.step(event), Acts{});
    EXPECT_EQ(ended.step(ElectionBegun{}), Acts{});
  }
}

}  // namespace
}  // namespace fairlead::reconcile

// kubernetes.md 4: letting go of the Lease on SIGTERM. Cases of client-go's tests by name and input only;
// ours: a release after somebody else took over.
#include <gtest/gtest.h>

#include "unit/lib/reconcile/election_fixture.h"

namespace fairlead::reconcile {
namespace {

// ReleaseMethodCallsGet: only if the record just read names us.
TEST(Resigning, ReadsTheLeaseAndLetsGoOfWhatNamesUs) {
  auto replica = leader();
  const auto record = own_record(replica);
  EXPECT_EQ(replica.after(Seconds(1), ResignAsked{}), (Acts{ReadLease{}}));
  api::LeaseRecord free = record;
  free.holder = "";
  free.duration = Seconds(1);
  free.renewed = replica.stamp();
  EXPECT_EQ(replica.step(read_of(record, "2")), (Acts{UpdateLease{lease_of(record, "2"), free}}));
  EXPECT_EQ(replica.step(LeaseWritten{lease_of(free, "3")}), (Acts{HolderChanged{""}, Resigned{""}}));
  EXPECT_EQ(next_deadline(replica.config, replica.state), std::nullopt);
}

// Ours: release after takeover.
TEST(Resigning, TouchesNothingThatNamesSomebodyElse) {
  auto replica = leader();
  replica.after(Seconds(60), ResignAsked{});
  EXPECT_EQ(replica.step(read_of(other_record("x"), "9")), (Acts{HolderChanged{kOther}, Resigned{""}}));
}

TEST(Resigning, HasNothingToDoWithALeaseThatIsGoneOrFree) {
  auto gone = leader();
  gone.step(ResignAsked{});
  EXPECT_EQ(gone.step(LeaseMissing{}), (Acts{HolderChanged{""}, Resigned{""}}));
  auto free = leader();
  free.step(ResignAsked{});
  EXPECT_EQ(free.step(read_of({"", Seconds(1), "", "", 5}, "9")), (Acts{HolderChanged{""}, Resigned{""}}));
}

// ReleaseRetriesOnConflict.
TEST(Resigning, BeginsAgainWithTheReadAfterAConflict) {
  auto replica = leader();
  const auto record = own_record(replica);
  replica.step(ResignAsked{});
  replica.step(read_of(record, "2"));
  EXPECT_EQ(replica.step(LeaseConflict{}), (Acts{ReadLease{}}));
  EXPECT_EQ(replica.step(read_of(record, "3")).size(), 1U);
}

TEST(Resigning, GivesUpOnAnyOtherFailureAndSaysThatTheLeaseIsKept) {
  auto replica = leader();
  replica.step(ResignAsked{});
  EXPECT_EQ(replica.step(LeaseFailed{"503"}), (Acts{Resigned{"503"}}));
}

TEST(Resigning, HasTheRenewDeadlineInAll) {
  auto replica = leader();
  const auto record = own_record(replica);
  replica.step(ResignAsked{});
  for (int i = 0; i < 9; ++i) {
    replica.after(Seconds(1), read_of(record, std::to_string(10 + i)));
    EXPECT_EQ(replica.step(LeaseConflict{}), (Acts{ReadLease{}})) << i;
  }
  EXPECT_EQ(replica.due_in(), Seconds(1));
  EXPECT_EQ(replica.after(Seconds(1), ElectionTimePassed{}), (Acts{Resigned{"no answer in time"}}));
}

TEST(Resigning, OfARenewalThatRunsReadsWhatBecameOfIt) {
  auto replica = renewing();
  EXPECT_EQ(replica.step(ResignAsked{}), (Acts{ReadLease{}}));
  EXPECT_EQ(replica.step(LeaseWritten{lease_of(own_record(replica), "3")}), Acts{})
      << "of the request given up";
}

TEST(Resigning, OfAStandbyEndsAtOnce) {
  Replica replica;
  replica.step(ElectionBegun{});
  EXPECT_EQ(replica.step(ResignAsked{}), (Acts{Resigned{""}}));
  Replica waiting;
  waiting.step(ElectionBegun{});
  waiting.step(read_of(other_record("x"), "1"));
  EXPECT_EQ(waiting.step(ResignAsked{}), (Acts{Resigned{""}}));
}

TEST(Resigning, OfAStandbyWhoseWriteIsUnansweredLooksWhetherItHolds) {
  Replica running;
  running.step(ElectionBegun{});
  running.step(LeaseMissing{});
  EXPECT_EQ(running.step(ResignAsked{}), (Acts{ReadLease{}}));
  Replica failed;
  failed.step(ElectionBegun{});
  failed.step(LeaseMissing{});
  failed.step(LeaseFailed{"closed"});
  EXPECT_EQ(failed.step(ResignAsked{}), (Acts{ReadLease{}}));
}

TEST(Resigning, TwiceIsOnce) {
  auto replica = leader();
  replica.step(ResignAsked{});
  EXPECT_EQ(replica.step(ResignAsked{}), Acts{});
}

}  // namespace
}  // namespace fairlead::reconcile

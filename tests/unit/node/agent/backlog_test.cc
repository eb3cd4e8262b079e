#include "node/agent/backlog.h"

#include <gmock/gmock.h>

namespace fairlead::agent {
namespace {

const TimePoint t0{Seconds(1000)};
constexpr int kAtMost = 2;

Write write(const std::string& body) { return {"/path", "vrrpgroups", body}; }

TEST(Backlog, WritesWhatIsWantedOnce) {
  Backlog backlog;
  backlog.want("g", write("1"), false);
  EXPECT_FALSE(backlog.idle());
  EXPECT_EQ(backlog.next(t0, kAtMost), (DueWrite{"g", write("1")}));
  EXPECT_EQ(backlog.next(t0, kAtMost), std::nullopt);
  backlog.accepted("g", t0);
  EXPECT_TRUE(backlog.idle());
}

// K-29: no write if nothing changes.
TEST(Backlog, AnEqualValueIsNotWrittenAgain) {
  Backlog backlog;
  backlog.want("g", write("1"), false);
  backlog.next(t0, kAtMost);
  backlog.accepted("g", t0);
  backlog.want("g", write("1"), true);
  EXPECT_EQ(backlog.next(t0, kAtMost), std::nullopt);
}

TEST(Backlog, AfterAWriteTheNewestValueFollowsNotThoseBetween) {
  Backlog backlog;
  backlog.want("g", write("1"), false);
  backlog.next(t0, kAtMost);
  backlog.want("g", write("2"), false);
  backlog.want("g", write("3"), false);
  EXPECT_EQ(backlog.next(t0, kAtMost), std::nullopt);
  backlog.accepted("g", t0);
  EXPECT_EQ(backlog.next(t0, kAtMost), (DueWrite{"g", write("3")}));
}

TEST(Backlog, ChangesOfStateGoFirst) {
  Backlog backlog;
  backlog.want("a", write("1"), false);
  backlog.want("b", write("1"), true);
  backlog.want("c", write("1"), false);
  EXPECT_EQ(backlog.next(t0, 3)->key, "b");
  EXPECT_EQ(backlog.next(t0, 3)->key, "a");
  EXPECT_EQ(backlog.next(t0, 3)->key, "c");
}

TEST(Backlog, NoMoreAreInFlightThanAllowed) {
  Backlog backlog;
  for (const auto* key : {"a", "b", "c"}) backlog.want(key, write("1"), false);
  backlog.next(t0, kAtMost);
  backlog.next(t0, kAtMost);
  EXPECT_EQ(backlog.next(t0, kAtMost), std::nullopt);
  backlog.accepted("a", t0);
  EXPECT_EQ(backlog.next(t0, kAtMost)->key, "c");
}

// K-18: 0.8 s doubling to 30 s.
TEST(Backlog, AFailedWriteIsTriedAgainAfterItsBackoff) {
  Backlog backlog;
  backlog.want("g", write("1"), false);
  backlog.next(t0, kAtMost);
  backlog.failed("g", t0, 0.0);
  EXPECT_EQ(backlog.next_deadline(), t0 + Milliseconds(800));
  EXPECT_EQ(backlog.next(t0 + Milliseconds(799), kAtMost), std::nullopt);
  EXPECT_EQ(backlog.next(t0 + Milliseconds(800), kAtMost)->key, "g");
  backlog.failed("g", t0 + Milliseconds(800), 0.0);
  EXPECT_EQ(backlog.next_deadline(), t0 + Milliseconds(2400));
}

TEST(Backlog, AChangeOfStateDoesNotWaitForABackoff) {
  Backlog backlog;
  backlog.want("g", write("1"), false);
  backlog.next(t0, kAtMost);
  backlog.failed("g", t0, 0.0);
  backlog.want("g", write("2"), true);
  EXPECT_EQ(backlog.next(t0, kAtMost), (DueWrite{"g", write("2")}));
}

TEST(Backlog, AnUnchangedUrgentWishWaitsForItsBackoff) {
  Backlog backlog;
  backlog.want("g", write("1"), true);
  backlog.next(t0, kAtMost);
  backlog.failed("g", t0, 0.0);
  backlog.want("g", write("1"), true);
  EXPECT_EQ(backlog.next(t0, kAtMost), std::nullopt);
}

TEST(Backlog, HurryEndsEveryBackoff) {
  Backlog backlog;
  backlog.want("g", write("1"), false);
  backlog.next(t0, kAtMost);
  backlog.failed("g", t0, 0.9);
  backlog.hurry();
  EXPECT_EQ(backlog.next(t0, kAtMost)->key, "g");
}

// A failed write may have arrived, its answer lost: the value before it is not known to be there any more.
TEST(Backlog, WhatWasAcceptedBeforeAFailedWriteIsWrittenAgainIfItIsWantedAgain) {
  Backlog backlog;
  backlog.want("g", write("1"), false);
  backlog.next(t0, kAtMost);
  backlog.accepted("g", t0);
  backlog.want("g", write("2"), false);
  backlog.next(t0, kAtMost);
  backlog.failed("g", t0, 0.0);
  backlog.want("g", write("1"), true);
  EXPECT_EQ(backlog.next(t0, kAtMost), (DueWrite{"g", write("1")}));
}

// A value that was accepted, in an object that we watch.
class KeptBacklog : public testing::Test {
 protected:
  KeptBacklog() {
    backlog.want("g", write("1"), false);
    backlog.next(t0, kAtMost);
    backlog.accepted("g", t0);
  }
  Backlog backlog;
};

TEST_F(KeptBacklog, WhatIsShownIsNotWrittenAgain) {
  EXPECT_EQ(backlog.keep("g", write("1"), false, true, t0 + Seconds(100)), std::nullopt);
  EXPECT_TRUE(backlog.idle());
}

// The watch may lag.
TEST_F(KeptBacklog, WhatIsNotShownForHalfAMinuteIsWrittenAgain) {
  EXPECT_EQ(backlog.keep("g", write("1"), false, false, t0 + Seconds(1)), t0 + Seconds(30));
  EXPECT_EQ(backlog.keep("g", write("1"), false, false, t0 + Milliseconds(29999)), t0 + Seconds(30));
  EXPECT_TRUE(backlog.idle());
  backlog.keep("g", write("1"), false, false, t0 + Seconds(30));
  EXPECT_EQ(backlog.next(t0 + Seconds(30), kAtMost), (DueWrite{"g", write("1")}));
}

// K-29. The server shows the old value, since it has not been told the new one.
TEST_F(KeptBacklog, ANewValueLongAfterTheLastIsWrittenOnceAndTheLastNotAgain) {
  const TimePoint later = t0 + Seconds(100);
  EXPECT_EQ(backlog.keep("g", write("2"), true, false, later), later + Seconds(30));
  EXPECT_EQ(backlog.next(later, kAtMost), (DueWrite{"g", write("2")}));
  EXPECT_EQ(backlog.keep("g", write("2"), false, false, later), later + Seconds(30));
  backlog.accepted("g", later + Seconds(1));
  EXPECT_TRUE(backlog.idle());
  EXPECT_EQ(backlog.keep("g", write("2"), false, false, later + Seconds(2)), later + Seconds(31));
  EXPECT_TRUE(backlog.idle());
}

// The watch told of it before the answer came.
TEST_F(KeptBacklog, WhatIsInFlightIsNotWrittenTwice) {
  backlog.keep("g", write("2"), true, false, t0 + Seconds(29));
  backlog.next(t0 + Seconds(29), kAtMost);
  backlog.keep("g", write("2"), false, false, t0 + Seconds(31));
  backlog.keep("g", write("2"), false, true, t0 + Seconds(32));
  backlog.accepted("g", t0 + Seconds(33));
  EXPECT_TRUE(backlog.idle());
}

TEST(Backlog, AForgottenObjectIsNeitherWrittenNorWaitedFor) {
  Backlog backlog;
  backlog.want("g", write("1"), false);
  backlog.next(t0, kAtMost);
  backlog.forget("g");
  backlog.failed("g", t0, 0.0);
  EXPECT_TRUE(backlog.idle());
  EXPECT_EQ(backlog.next_deadline(), std::nullopt);
}

}  // namespace
}  // namespace fairlead::agent

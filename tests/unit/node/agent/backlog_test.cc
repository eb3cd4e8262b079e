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
  EXPECT_EQ(backlog.accepted_at("g"), t0);
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

TEST(Backlog, WhatIsDoubtedIsWrittenAgain) {
  Backlog backlog;
  backlog.want("g", write("1"), false);
  backlog.next(t0, kAtMost);
  backlog.accepted("g", t0);
  backlog.doubt("g");
  EXPECT_EQ(backlog.accepted_at("g"), std::nullopt);
  EXPECT_EQ(backlog.next(t0, kAtMost)->key, "g");
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

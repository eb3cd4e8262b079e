#include "lib/reconcile/work_queue.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <set>

namespace fairlead::reconcile {
namespace {

const TimePoint t0{Seconds(1000)};
using Key = std::optional<std::string>;

TEST(WorkQueueK23, GivesKeysInTheOrderTheyWereAdded) {
  WorkQueue queue({});
  queue.add("b");
  queue.add("a");
  EXPECT_EQ(queue.take(t0), Key("b"));
  EXPECT_EQ(queue.take(t0), Key("a"));
  EXPECT_EQ(queue.take(t0), std::nullopt);
}

TEST(WorkQueueK23, AKeyAddedTwiceWhileItWaitsRunsOnce) {
  WorkQueue queue({});
  queue.add("a");
  queue.add("a");
  EXPECT_EQ(queue.depth(), 1U);
  EXPECT_EQ(queue.take(t0), Key("a"));
  queue.done("a");
  EXPECT_EQ(queue.take(t0), std::nullopt);
}

TEST(WorkQueueK23, AKeyInWorkIsNotGivenOutAndRunsOnceMoreAfterwards) {
  WorkQueue queue({});
  queue.add("a");
  queue.take(t0);
  queue.add("a");
  queue.add("a");
  EXPECT_EQ(queue.take(t0), std::nullopt);
  queue.done("a");
  EXPECT_EQ(queue.take(t0), Key("a"));
  queue.done("a");
  EXPECT_EQ(queue.take(t0), std::nullopt);
}

TEST(WorkQueueK24, AFailedKeyComesBackAfter5MillisecondsDoublingToItsCap) {
  WorkQueue queue({});
  auto now = t0;
  queue.add("a");
  for (const int expected :
       {5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 5120, 10240, 20480, 30000, 30000}) {
    ASSERT_EQ(queue.take(now), Key("a"));
    queue.retry("a", now);
    EXPECT_EQ(queue.take(now), std::nullopt);
    EXPECT_EQ(queue.next_deadline(), now + Milliseconds(expected));
    now = *queue.next_deadline();
  }
}

TEST(WorkQueueK24, SuccessForgetsTheFailures) {
  WorkQueue queue({});
  queue.add("a");
  for (int i = 0; i < 5; ++i) {
    const auto now = queue.next_deadline().value_or(t0);
    queue.take(now);
    queue.retry("a", now);
  }
  const auto now = *queue.next_deadline();
  queue.take(now);
  queue.done("a");
  queue.add("a");
  queue.take(now);
  queue.retry("a", now);
  EXPECT_EQ(queue.next_deadline(), now + Milliseconds(5));
}

TEST(WorkQueueK24, AKeyAddedAnewDoesNotWaitForItsDelay) {
  WorkQueue queue({});
  queue.add("a");
  queue.take(t0);
  queue.retry("a", t0);
  queue.add("a");
  EXPECT_EQ(queue.take(t0), Key("a"));
}

TEST(WorkQueueK24, AllRetriesTogetherAreTenASecondBehindABurstOfAHundred) {
  WorkQueue queue({});
  for (int i = 0; i < 150; ++i) {
    const auto key = std::to_string(i);
    queue.add(key);
    queue.take(t0);
    queue.retry(key, t0);
  }
  const auto due = t0 + Milliseconds(5);
  int taken = 0;
  while (queue.take(due)) ++taken;
  EXPECT_EQ(taken, 100);
  EXPECT_EQ(queue.next_deadline(), due + Milliseconds(100));
  EXPECT_TRUE(queue.take(due + Milliseconds(100)));
  EXPECT_FALSE(queue.take(due + Milliseconds(100)));
}

// K-23, whatever the order of calls: never twice at once, and no key that was added is lost.
RC_GTEST_PROP(WorkQueueK23, NeverTwiceAtOnceAndNothingIsLost, (const std::vector<std::uint8_t>& calls)) {
  WorkQueue queue({});
  std::set<std::string> working;
  std::set<std::string> owed;  // added since the last time they were taken
  auto now = t0;
  const auto take = [&] {
    const auto key = queue.take(now);
    if (!key) return false;
    RC_ASSERT(working.insert(*key).second);
    owed.erase(*key);
    return true;
  };
  for (const auto call : calls) {
    now += Milliseconds(1);
    const auto key = std::to_string(call % 4);
    if (call % 3 == 0) {
      queue.add(key);
      owed.insert(key);
    } else if (call % 3 == 1) {
      take();
    } else if (working.erase(key) > 0) {
      queue.done(key);
    }
  }
  for (const auto& key : std::set<std::string>(working)) queue.done(key);
  working.clear();
  while (take()) {
  }
  RC_ASSERT(owed.empty());
}

}  // namespace
}  // namespace fairlead::reconcile

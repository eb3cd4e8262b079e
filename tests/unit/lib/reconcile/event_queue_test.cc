#include "lib/reconcile/event_queue.h"

#include <gtest/gtest.h>

// K-32.
namespace fairlead::reconcile {
namespace {

EventBook::Write named(const std::string& name) {
  EventBook::Write out;
  out.event.name = name;
  return out;
}

TEST(EventQueueK32, AThousandWaitAndMoreAreDropped) {
  EventQueue queue;
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(queue.push(named(std::to_string(i))));
  EXPECT_FALSE(queue.push(named("too many")));
  EXPECT_EQ(queue.front().event.name, "0");
  queue.pop();
  EXPECT_TRUE(queue.push(named("1000")));
  EXPECT_EQ(queue.front().event.name, "1");
}

TEST(EventQueueK32, OneIsTriedTwelveTimesTenSecondsApartAndThenTheNextHasItsTurn) {
  EXPECT_EQ(EventQueue::kBetweenTries, Seconds(10));
  EventQueue queue;
  queue.push(named("a"));
  queue.push(named("b"));
  for (int i = 0; i < 11; ++i) EXPECT_TRUE(queue.try_again());
  EXPECT_EQ(queue.front().event.name, "a");
  EXPECT_FALSE(queue.try_again());
  EXPECT_EQ(queue.front().event.name, "b");
  EXPECT_TRUE(queue.try_again());
}

}  // namespace
}  // namespace fairlead::reconcile

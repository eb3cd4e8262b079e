#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "unit/lib/sys/short_run.h"

// The door to Asio promises what Asio alone does not: a cancelled timer stays silent even when it is due
// already (style 40: nobody behind the door guards against late callbacks).
namespace fairlead::sys {
namespace {

using testing::kSoon;
using testing::stop_after;

TEST(Timer, RunsItsTaskOnceAndNotBeforeItsDeadline) {
  Loop loop;
  Timer timer(loop);
  Timer end(loop);
  const TimePoint deadline = now() + kSoon;
  std::vector<TimePoint> runs;
  timer.arm(deadline, [&] { runs.push_back(now()); });
  stop_after(loop, end, 5 * kSoon);
  loop.run();
  ASSERT_EQ(runs.size(), 1U);
  EXPECT_GE(runs[0], deadline);
}

TEST(Timer, ADeadlineInThePastRunsOnTheNextTurnNotInsideArm) {
  Loop loop;
  Timer timer(loop);
  bool ran = false;
  timer.arm(now() - Seconds(1), [&] {
    ran = true;
    loop.stop();
  });
  EXPECT_FALSE(ran);
  loop.run();
  EXPECT_TRUE(ran);
}

TEST(Timer, TheLatestDeadlineThereIsNeverComes) {
  Loop loop;
  Timer timer(loop);
  Timer end(loop);
  bool ran = false;
  timer.arm(TimePoint::max(), [&] { ran = true; });
  stop_after(loop, end, kSoon);
  loop.run();
  EXPECT_FALSE(ran);
}

TEST(Timer, RearmingReplacesDeadlineAndTask) {
  Loop loop;
  Timer timer(loop);
  Timer end(loop);
  std::string order;
  timer.arm(now() + kSoon, [&] { order += "old"; });
  timer.arm(now() + 2 * kSoon, [&] { order += "new"; });
  stop_after(loop, end, 5 * kSoon);
  loop.run();
  EXPECT_EQ(order, "new");
}

TEST(Timer, CancelKeepsTheTaskFromRunning) {
  Loop loop;
  Timer timer(loop);
  Timer end(loop);
  bool ran = false;
  timer.arm(now() + kSoon, [&] { ran = true; });
  timer.cancel();
  stop_after(loop, end, 3 * kSoon);
  loop.run();
  EXPECT_FALSE(ran);
}

// Both are due in the same turn: Asio has queued the second completion before the first task runs.
TEST(Timer, CancelledByATaskOfTheSameTurnItStaysSilent) {
  Loop loop;
  Timer first(loop);
  Timer second(loop);
  Timer end(loop);
  int ran = 0;
  const TimePoint past = now() - kSoon;
  first.arm(past, [&] {
    ++ran;
    second.cancel();
  });
  second.arm(past, [&] {
    ++ran;
    first.cancel();
  });
  stop_after(loop, end, kSoon);
  loop.run();
  EXPECT_EQ(ran, 1);
}

TEST(Timer, RearmedByATaskOfTheSameTurnOnlyTheNewTaskRuns) {
  Loop loop;
  Timer first(loop);
  Timer second(loop);
  Timer end(loop);
  std::string order;
  const TimePoint past = now() - kSoon;
  first.arm(past, [&] {
    order += "first ";
    second.arm(now() + kSoon, [&] { order += "new"; });
  });
  second.arm(past, [&] { order += "old "; });
  stop_after(loop, end, 5 * kSoon);
  loop.run();
  EXPECT_TRUE(order == "first new" || order == "old first new") << order;
}

TEST(Timer, DestroyedByATaskOfTheSameTurnItStaysSilent) {
  Loop loop;
  std::optional<Timer> first(loop);
  std::optional<Timer> second(loop);
  Timer end(loop);
  int ran = 0;
  const TimePoint past = now() - kSoon;
  first->arm(past, [&] {
    ++ran;
    second.reset();
  });
  second->arm(past, [&] {
    ++ran;
    first.reset();
  });
  stop_after(loop, end, kSoon);
  loop.run();
  EXPECT_EQ(ran, 1);
}

TEST(Timer, MayCancelItselfInsideItsTask) {
  Loop loop;
  Timer timer(loop);
  Timer end(loop);
  int ran = 0;
  timer.arm(now(), [&] {
    timer.cancel();
    ++ran;
  });
  stop_after(loop, end, kSoon);
  loop.run();
  EXPECT_EQ(ran, 1);
}

TEST(Timer, MayRearmItselfInsideItsTask) {
  Loop loop;
  Timer timer(loop);
  int ran = 0;
  std::function<void()> task = [&] {
    if (++ran == 3) return loop.stop();
    timer.arm(now(), task);
  };
  timer.arm(now(), task);
  loop.run();
  EXPECT_EQ(ran, 3);
}

// What the task captured must outlive the timer it came from.
TEST(Timer, MayBeDestroyedInsideItsTask) {
  Loop loop;
  std::optional<Timer> timer(loop);
  std::string said;
  const std::string captured = "captured text longer than the small-string buffer of the library";
  timer->arm(now(), [&timer, &said, &loop, captured] {
    timer.reset();
    said = captured;
    loop.stop();
  });
  loop.run();
  EXPECT_EQ(said, captured);
}

}  // namespace
}  // namespace fairlead::sys

#include "lib/sys/loop.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "lib/sys/mailbox.h"
#include "lib/sys/unique_fd.h"

// The door to Asio promises what Asio alone does not: a cancelled timer stays silent even when it is due
// already (style 40: nobody behind the door guards against late callbacks).
namespace fairlead::sys {
namespace {

constexpr Microseconds kSoon{1000};

struct Pipe {
  Pipe() {
    std::array<int, 2> ends{};
    EXPECT_EQ(pipe(ends.data()), 0);
    read = UniqueFd(ends[0]);
    write = UniqueFd(ends[1]);
  }
  void put(char c) const { EXPECT_EQ(::write(write.get(), &c, 1), 1); }
  char take() const {
    char c = 0;
    EXPECT_EQ(::read(read.get(), &c, 1), 1);
    return c;
  }
  UniqueFd read;
  UniqueFd write;
};

// Ends a loop after everything that is due by `after` from now has run.
void stop_after(Loop& loop, Timer& timer, Microseconds after) {
  timer.arm(now() + after, [&loop] { loop.stop(); });
}

TEST(Loop, RunsPostedTasksInTheirOrder) {
  Loop loop;
  std::string order;
  loop.post([&] { order += 'a'; });
  loop.post([&] { order += 'b'; });
  loop.post([&] {
    order += 'c';
    loop.stop();
  });
  loop.run();
  EXPECT_EQ(order, "abc");
}

TEST(Loop, PostNeverRunsTheTaskItself) {
  Loop loop;
  std::string order;
  loop.post([&] {
    loop.post([&] {
      order += "later";
      loop.stop();
    });
    order += "first ";
  });
  loop.run();
  EXPECT_EQ(order, "first later");
}

TEST(Loop, StopReturnsAfterTheCurrentTaskAndRunsNoFurtherOne) {
  Loop loop;
  std::string order;
  loop.post([&] {
    loop.stop();
    order += "current";
  });
  loop.post([&] { order += " next"; });
  loop.run();
  EXPECT_EQ(order, "current");
}

TEST(Loop, StopAndPostWorkFromOtherThreads) {
  Loop loop;
  int ran = 0;
  std::thread other([&] {
    for (int i = 0; i < 1000; ++i) loop.post([&ran] { ++ran; });
    loop.post([&] { loop.stop(); });
  });
  loop.run();
  other.join();
  EXPECT_EQ(ran, 1000);
}

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

TEST(ReadWatch, CallsAgainUntilEverythingIsRead) {
  Loop loop;
  Pipe pipe;
  std::string read;
  ReadWatch watch(loop, pipe.read.get(), [&] {
    read += pipe.take();
    if (read.size() == 3) loop.stop();
  });
  loop.post([&] {
    for (const char c : {'a', 'b', 'c'}) pipe.put(c);
  });
  loop.run();
  EXPECT_EQ(read, "abc");
}

TEST(ReadWatch, StaysSilentWhileThereIsNothingToRead) {
  Loop loop;
  Pipe pipe;
  Timer end(loop);
  int calls = 0;
  ReadWatch watch(loop, pipe.read.get(), [&] { ++calls; });
  stop_after(loop, end, 2 * kSoon);
  loop.run();
  EXPECT_EQ(calls, 0);
}

TEST(ReadWatch, LeavesTheDescriptorOpenWhenDestroyed) {
  Loop loop;
  Pipe pipe;
  {
    const ReadWatch watch(loop, pipe.read.get(), [] {});
  }
  pipe.put('x');
  EXPECT_EQ(pipe.take(), 'x');
}

TEST(ReadWatch, MayBeDestroyedInsideItsTask) {
  Loop loop;
  Pipe pipe;
  Timer end(loop);
  int calls = 0;
  std::optional<ReadWatch> watch;
  const std::string captured = "captured text longer than the small-string buffer of the library";
  std::string said;
  watch.emplace(loop, pipe.read.get(), [&watch, &calls, &said, captured] {
    watch.reset();
    ++calls;
    said = captured;
  });
  pipe.put('x');
  pipe.put('y');
  stop_after(loop, end, 3 * kSoon);
  loop.run();
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(said, captured);
}

TEST(ReadWatch, DestroyedByATaskOfTheSameTurnItStaysSilent) {
  Loop loop;
  Pipe one;
  Pipe two;
  Timer end(loop);
  int calls = 0;
  std::optional<ReadWatch> first;
  std::optional<ReadWatch> second;
  first.emplace(loop, one.read.get(), [&] {
    ++calls;
    second.reset();
    one.take();
  });
  second.emplace(loop, two.read.get(), [&] {
    ++calls;
    first.reset();
    two.take();
  });
  one.put('x');
  two.put('x');
  stop_after(loop, end, 3 * kSoon);
  loop.run();
  EXPECT_EQ(calls, 1);
}

TEST(ReadWatch, ADescriptorCanBeWatchedAgainAfterItsWatchIsGone) {
  Loop loop;
  Pipe pipe;
  {
    const ReadWatch watch(loop, pipe.read.get(), [] {});
  }
  char read = 0;
  const ReadWatch watch(loop, pipe.read.get(), [&] {
    read = pipe.take();
    loop.stop();
  });
  pipe.put('z');
  loop.run();
  EXPECT_EQ(read, 'z');
}

TEST(UniqueFd, ClosesWhatItOwnsOnceAndLeavesWhatItGaveAway) {
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe(ends.data()), 0);
  UniqueFd first(ends[0]);
  UniqueFd second = std::move(first);
  const UniqueFd other(ends[1]);
  EXPECT_FALSE(first.valid());
  EXPECT_EQ(second.get(), ends[0]);
  EXPECT_NE(fcntl(ends[0], F_GETFD), -1);
  second.reset();
  EXPECT_FALSE(second.valid());
  EXPECT_EQ(fcntl(ends[0], F_GETFD), -1);
}

TEST(Mailbox, KeepsTheNewestValueOfEachKeyAndDeliversOnTheConsumersLoop) {
  using Box = Mailbox<int, std::string>;
  Loop loop;
  std::vector<std::map<int, std::string>> delivered;
  Box box(loop, [&](std::map<int, std::string> values) {
    delivered.push_back(std::move(values));
    loop.stop();
  });
  box.put(2, "old");
  box.put(1, "one");
  box.put(2, "new");
  loop.run();
  const std::vector<std::map<int, std::string>> expected{{{1, "one"}, {2, "new"}}};
  EXPECT_EQ(delivered, expected);
}

TEST(Mailbox, LosesNoLastValueBetweenTwoThreads) {
  Loop loop;
  int last = 0;
  Mailbox<int, int> box(loop, [&](const std::map<int, int>& values) {
    EXPECT_GE(values.at(0), last);
    last = values.at(0);
    if (last == 10000) loop.stop();
  });
  std::thread producer([&] {
    for (int i = 1; i <= 10000; ++i) box.put(0, i);
  });
  loop.run();
  producer.join();
  EXPECT_EQ(last, 10000);
}

TEST(Clocks, MonotonicAndBootTimeOnlyRise) {
  const TimePoint first = now();
  const Microseconds booted = boot_time();
  EXPECT_GE(now(), first);
  EXPECT_GE(boot_time(), booted);
}

}  // namespace
}  // namespace fairlead::sys

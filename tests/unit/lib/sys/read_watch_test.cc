#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <optional>
#include <string>

#include "lib/sys/unique_fd.h"
#include "unit/lib/sys/short_run.h"

// As timers (timer_test.cc): a watch that is gone stays silent, though there is something to read.
namespace fairlead::sys {
namespace {

using testing::kSoon;
using testing::stop_after;

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

}  // namespace
}  // namespace fairlead::sys

#include "lib/sys/loop.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>

// Its timers: timer_test.cc; its descriptors: read_watch_test.cc.
namespace fairlead::sys {
namespace {

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

TEST(Clocks, MonotonicAndBootTimeOnlyRise) {
  const TimePoint first = now();
  const Microseconds booted = boot_time();
  EXPECT_GE(now(), first);
  EXPECT_GE(boot_time(), booted);
}

}  // namespace
}  // namespace fairlead::sys

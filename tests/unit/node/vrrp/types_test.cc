#include "node/vrrp/types.h"

#include <gtest/gtest.h>

namespace fairlead::vrrp {
namespace {

// vrrp.md 4, table of Skew and ADI; VR-052, VR-053.
TEST(Timers, MatchTheTableOfTheReference) {
  struct Row {
    int icv, priority;
    std::int64_t skew, adi;  // microseconds
  };
  const Row rows[] = {
      {1, 1, 9960, 39960},
      {1, 100, 6093, 36093},
      {1, 200, 2187, 32187},
      {1, 254, 78, 30078},
      {10, 1, 99609, 399609},
      {10, 100, 60937, 360937},
      {10, 200, 21875, 321875},
      {10, 254, 781, 300781},
      {100, 1, 996093, 3996093},
      {100, 100, 609375, 3609375},
      {100, 200, 218750, 3218750},
      {100, 254, 7812, 3007812},
      {4095, 1, 40790039, 163640039},
      {4095, 100, 24953906, 147803906},
      {4095, 200, 8957812, 131807812},
      {4095, 254, 319921, 123169921},
  };
  for (const Row& row : rows) {
    const Priority priority(static_cast<std::uint8_t>(row.priority));
    EXPECT_EQ(skew_time(Version::k3, priority, Centiseconds(row.icv)).count(), row.skew)
        << row.icv << " " << row.priority;
    EXPECT_EQ(active_down_interval(Version::k3, priority, Centiseconds(row.icv)).count(), row.adi);
  }
}

// V2-07: "Skew_Time = ((256 - Priority) / 256) seconds"; it does not depend on the interval, which the
// Master_Down_Interval has three times. vrrp.md 4: the row of 1 s.
TEST(TimersVersion2, HaveASkewOfSecondsWhateverTheInterval) {
  const std::pair<int, std::int64_t> skews[] = {
      {1, 996093}, {100, 609375}, {200, 218750}, {254, 7812}, {255, 3906}};
  for (const auto& [p, skew] : skews) {
    const Priority priority(static_cast<std::uint8_t>(p));
    for (const int seconds : {1, 2, 255}) {
      EXPECT_EQ(skew_time(Version::k2, priority, Centiseconds(100 * seconds)).count(), skew);
      EXPECT_EQ(active_down_interval(Version::k2, priority, Centiseconds(100 * seconds)).count(),
                3000000 * seconds + skew);
    }
    EXPECT_EQ(skew, std::int64_t{256 - p} * 1000000 / 256);
  }
}

// Q5: every priority and interval equals the exact rational, floored; a higher priority never fires later.
TEST(Timers, EqualTheExactRationalAndAreMonotone) {
  for (int icv = 1; icv <= 4095; ++icv) {
    Microseconds previous = Microseconds::max();
    for (int p = 1; p <= 255; ++p) {
      const Priority priority(static_cast<std::uint8_t>(p));
      const std::int64_t numerator = std::int64_t{256 - p} * icv * 10000;
      ASSERT_EQ(skew_time(Version::k3, priority, Centiseconds(icv)).count(), numerator / 256);
      ASSERT_EQ(active_down_interval(Version::k3, priority, Centiseconds(icv)).count(),
                std::int64_t{3} * icv * 10000 + numerator / 256);
      ASSERT_LE(active_down_interval(Version::k3, priority, Centiseconds(icv)), previous);
      previous = active_down_interval(Version::k3, priority, Centiseconds(icv));
    }
  }
}

// VR-050: 1..255, no default.
TEST(VirtualRouterId, TakesOneTo255) {
  EXPECT_EQ(make_virtual_router_id(1)->value(), 1);
  EXPECT_EQ(make_virtual_router_id(255)->value(), 255);
  EXPECT_EQ(make_virtual_router_id(0).error().message, "virtual router ID must be 1..255, got 0");
  EXPECT_EQ(make_virtual_router_id(256).error().message, "virtual router ID must be 1..255, got 256");
}

// VR-011, VR-012: 255 belongs to an owner, 0 to one that leaves.
TEST(Priority, TakesOneTo254) {
  EXPECT_EQ(make_priority(1)->value(), 1);
  EXPECT_EQ(make_priority(254)->value(), 254);
  EXPECT_FALSE(make_priority(0));
  EXPECT_FALSE(make_priority(255));
}

// VR-013, erratum 8301: 1..4095 centiseconds.
TEST(AdvertiseInterval, TakesTenMillisecondSteps) {
  EXPECT_EQ(make_advertise_interval(Version::k3, Milliseconds(10))->count(), 1);
  EXPECT_EQ(make_advertise_interval(Version::k3, Milliseconds(40950))->count(), 4095);
  EXPECT_FALSE(make_advertise_interval(Version::k3, Milliseconds(0)));
  EXPECT_FALSE(make_advertise_interval(Version::k3, Milliseconds(15)));
  EXPECT_FALSE(make_advertise_interval(Version::k3, Milliseconds(40960)));
}

// V2-11: 1..255 whole seconds; 0, 256 and 100 centiseconds' parts are refused.
TEST(AdvertiseInterval, OfVersion2IsOfWholeSeconds) {
  EXPECT_EQ(make_advertise_interval(Version::k2, Milliseconds(1000))->count(), 100);
  EXPECT_EQ(make_advertise_interval(Version::k2, Milliseconds(255000))->count(), 25500);
  for (const int ms : {0, 10, 999, 1001, 1500, 254999, 256000}) {
    EXPECT_FALSE(make_advertise_interval(Version::k2, Milliseconds(ms))) << ms;
  }
  EXPECT_EQ(make_advertise_interval(Version::k2, Milliseconds(250)).error().message,
            "advertisement interval of version 2 must be 1000..255000 ms in whole seconds, got 250");
}

}  // namespace
}  // namespace fairlead::vrrp

#include "lib/base/time.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace fairlead {
namespace {

WallTime at(std::int64_t seconds, std::int64_t micros) {
  return WallTime(Seconds(seconds) + Microseconds(micros));
}

constexpr std::int64_t kAug20 = 1787217242;  // date -u -d 2026-08-20T09:14:02Z +%s

// RFC 3339 5.6; metav1.Time and metav1.MicroTime.
TEST(Rfc3339, IsWrittenInWholeSecondsOrSixDecimals) {
  EXPECT_EQ(to_rfc3339(at(kAug20, 999999)), "2026-08-20T09:14:02Z");
  EXPECT_EQ(to_rfc3339_micro(at(kAug20, 123456)), "2026-08-20T09:14:02.123456Z");
  EXPECT_EQ(to_rfc3339_micro(at(kAug20, 7)), "2026-08-20T09:14:02.000007Z");
}

TEST(Rfc3339, RoundsDownBeforeTheEpochToo) {
  EXPECT_EQ(to_rfc3339(at(0, -1)), "1969-12-31T23:59:59Z");
  EXPECT_EQ(to_rfc3339_micro(at(0, -1)), "1969-12-31T23:59:59.999999Z");
}

TEST(ParseRfc3339, ReadsBothFormsAndOffsets) {
  const struct {
    const char* text;
    WallTime time;
  } accepted[] = {
      {"2026-08-20T09:14:02Z", at(kAug20, 0)},
      {"2026-08-20t09:14:02z", at(kAug20, 0)},
      {"2026-08-20T09:14:02.5Z", at(kAug20, 500000)},
      {"2026-08-20T09:14:02.123456789Z", at(kAug20, 123456)},
      {"2026-08-20T11:14:02+02:00", at(kAug20, 0)},
      {"2026-08-20T03:44:02.25-05:30", at(kAug20, 250000)},
      {"1970-01-01T00:00:00Z", at(0, 0)},
      {"2016-12-31T23:59:60Z", at(1483228800, 0)},  // a leap second is the next second
  };
  for (const auto& [text, time] : accepted) {
    WallTime out{};
    EXPECT_TRUE(parse_rfc3339(text, out)) << text;
    EXPECT_EQ(out, time) << text;
  }
}

TEST(ParseRfc3339, RefusesEverythingElse) {
  for (const auto* text : {"",
                           "2026-08-20",
                           "2026-08-20T09:14:02",
                           "2026-08-20 09:14:02Z",
                           "2026-02-30T00:00:00Z",
                           "2026-13-01T00:00:00Z",
                           "2026-08-20T24:00:00Z",
                           "2026-08-20T09:60:02Z",
                           "2026-08-20T09:14:61Z",
                           "2026-08-20T09:14:02.Z",
                           "2026-08-20T09:14:02,5Z",
                           "2026-08-20T09:14:02Zx",
                           "2026-08-20T09:14:02+02",
                           "2026-08-20T09:14:02+0200",
                           "2026-08-20T09:14:02+24:00",
                           "2026-08-20T09:14:02+02:60",
                           "2026/08/20T09:14:02Z",
                           "26-08-20T09:14:02Z",
                           "2026-08-20T09:14:0xZ",
                           "2026-08-20T09:14:02."}) {
    WallTime out = at(7, 0);
    EXPECT_FALSE(parse_rfc3339(text, out)) << text;
    EXPECT_EQ(out, at(7, 0)) << text;
  }
}

TEST(ParseRfc3339, ReadsBackWhatWasWritten) {
  const bool holds = rc::check([] {
    const auto time = at(*rc::gen::inRange<std::int64_t>(-60000000000, 250000000000),
                         *rc::gen::inRange<std::int64_t>(0, 1000000));
    WallTime out{};
    RC_ASSERT(parse_rfc3339(to_rfc3339_micro(time), out));
    RC_ASSERT(out == time);
  });
  EXPECT_TRUE(holds);
}

}  // namespace
}  // namespace fairlead

#include "lib/reconcile/retries.h"

#include <gtest/gtest.h>

// K-24.
namespace fairlead::reconcile {
namespace {

const TimePoint t0{Seconds(1000)};

TEST(RetriesK24, WhatNeverFailedMayAlwaysBeTried) {
  Retries retries;
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(retries.may_try("a", t0));
  EXPECT_EQ(retries.next(t0), std::nullopt);
}

TEST(RetriesK24, EachWaits5MillisecondsDoublingTo30Seconds) {
  Retries retries;
  TimePoint now = t0;
  for (const int wait : {5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 5120, 10240, 20480, 30000, 30000}) {
    retries.failed("a", now);
    EXPECT_EQ(retries.next(now), now + Milliseconds(wait));
    EXPECT_FALSE(retries.may_try("a", now + Milliseconds(wait) - Microseconds(1)));
    EXPECT_TRUE(retries.may_try("b", now));
    now += Milliseconds(wait);
    EXPECT_TRUE(retries.may_try("a", now));
  }
}

TEST(RetriesK24, SuccessForgetsTheFailures) {
  Retries retries;
  for (int i = 0; i < 5; ++i) retries.failed("a", t0);
  retries.succeeded("a");
  EXPECT_TRUE(retries.may_try("a", t0));
  retries.failed("a", t0);
  EXPECT_EQ(retries.next(t0), t0 + Milliseconds(5));
}

TEST(RetriesK24, AllTogetherAreTried100TimesAtOnceAndThen10TimesASecond) {
  Retries retries;
  const auto name = [](int i) { return "n" + std::to_string(i); };
  for (int i = 0; i < 120; ++i) retries.failed(name(i), t0);
  const TimePoint due = t0 + Milliseconds(5);
  int tried = 0;
  for (int i = 0; i < 120; ++i) tried += retries.may_try(name(i), due) ? 1 : 0;
  EXPECT_EQ(tried, 100);
  EXPECT_TRUE(retries.may_try("never failed", due));
  const auto next = retries.next(due);
  ASSERT_TRUE(next.has_value());
  EXPECT_EQ(*next, due + Milliseconds(100));
  for (int i = 100; i < 120; ++i) tried += retries.may_try(name(i), due + Seconds(1)) ? 1 : 0;
  EXPECT_EQ(tried, 110);
}

TEST(RetriesK24, WhatIsNotTriedAgainIsForgotten) {
  Retries retries;
  for (int i = 0; i < 5; ++i) retries.failed("a", t0);
  EXPECT_FALSE(retries.may_try("a", t0));
  EXPECT_TRUE(retries.may_try("b", t0 + Seconds(121)));
  retries.failed("a", t0 + Seconds(121));
  EXPECT_EQ(retries.next(t0 + Seconds(121)), t0 + Seconds(121) + Milliseconds(5));
}

TEST(RetriesK24, OnlyAnotherReasonIsNewsUntilItSucceeds) {
  Retries retries;
  retries.failed("a", t0);
  EXPECT_TRUE(retries.is_news("a", "a", "503"));
  retries.failed("a", t0);
  EXPECT_FALSE(retries.is_news("a", "a", "503"));
  EXPECT_TRUE(retries.is_news("a", "a", "403"));
  retries.succeeded("a");
  retries.failed("a", t0);
  EXPECT_TRUE(retries.is_news("a", "a", "403"));
}

// FC-12: all writes of an object fail for one reason, of which there is one line.
TEST(RetriesK24, WhatIsToldOfOneWriteIsNoNewsOfAnotherOfTheSameObject) {
  Retries retries;
  for (const auto* what : {"web patch", "web status", "web2 patch"}) retries.failed(what, t0);
  EXPECT_TRUE(retries.is_news("web patch", "web ", "500"));
  EXPECT_FALSE(retries.is_news("web status", "web ", "500"));
  EXPECT_TRUE(retries.is_news("web2 patch", "web2 ", "500"));
  EXPECT_TRUE(retries.is_news("web status", "web ", "403"));
  EXPECT_FALSE(retries.is_news("web patch", "web ", "500"));
  retries.succeeded("web patch");
  EXPECT_FALSE(retries.is_news("web status", "web ", "403"));
  EXPECT_TRUE(retries.is_news("web status", "web ", "500"));
}

// What was told of has an end that is told, too; a conflict is everyday life and has neither.
TEST(RetriesK24, TheLastWriteOfAnObjectThatFailedEndsWhatWasToldOfIt) {
  Retries retries;
  for (const auto* what : {"web patch", "web status", "web2 patch"}) {
    retries.failed(what, t0);
    EXPECT_TRUE(retries.is_news(what, what, "500"));
  }
  retries.failed("web claim", t0);
  EXPECT_FALSE(retries.is_over("web patch", "web "));
  EXPECT_FALSE(retries.has_failed("web patch"));
  EXPECT_TRUE(retries.is_over("web status", "web "));
  EXPECT_FALSE(retries.is_over("web status", "web "));
  EXPECT_FALSE(retries.is_over("web claim", "web "));
  EXPECT_TRUE(retries.is_over("web2 patch", "web2 "));
}

}  // namespace
}  // namespace fairlead::reconcile

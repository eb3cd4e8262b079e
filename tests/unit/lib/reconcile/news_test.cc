#include "lib/reconcile/news.h"

#include <gtest/gtest.h>

namespace fairlead::reconcile {
namespace {

constexpr TimePoint t0{Seconds(1000)};

TEST(News, IsWhatWasNotSeenForAnHour) {
  News news;
  EXPECT_TRUE(news.is_news("decode", t0));
  EXPECT_TRUE(news.is_news("too_large", t0));
  EXPECT_FALSE(news.is_news("decode", t0));
  EXPECT_FALSE(news.is_news("decode", t0 + Seconds(3599)));
  EXPECT_TRUE(news.is_news("decode", t0 + Seconds(3599 + 3600)));
}

TEST(News, WhatGoesOnAndOnIsSaidOnce) {
  News news;
  int said = 0;
  for (int minute = 0; minute < 600; ++minute) {
    said += news.is_news("decode", t0 + Seconds(60 * minute)) ? 1 : 0;
  }
  EXPECT_EQ(said, 1);
}

}  // namespace
}  // namespace fairlead::reconcile

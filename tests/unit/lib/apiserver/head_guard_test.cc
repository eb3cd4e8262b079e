#include "lib/apiserver/head_guard.h"

#include <gtest/gtest.h>

namespace fairlead::apiserver {
namespace {

constexpr std::size_t kMegabyte = 1024 * 1024;

// Bad input: endless headers.
TEST(HeadGuard, ToldOnceOfAHeadOfMoreThan16Megabytes) {
  int floods = 0;
  const HeadGuard guard([&floods] { ++floods; });
  HeadGuard::received(16 * kMegabyte);
  EXPECT_EQ(floods, 0);
  HeadGuard::received(1);
  EXPECT_EQ(floods, 1);
  HeadGuard::received(kMegabyte);
  EXPECT_EQ(floods, 1);
}

TEST(HeadGuard, WhatArrivesAsBodiesOfOthersIsNoHead) {
  int floods = 0;
  const HeadGuard guard([&floods] { ++floods; });
  for (int i = 0; i < 1000; ++i) {
    HeadGuard::received(kMegabyte + 1000);
    HeadGuard::delivered(kMegabyte);
  }
  EXPECT_EQ(floods, 0);
}

TEST(HeadGuard, WhatCameBeforeItBeganDoesNotCount) {
  HeadGuard::received(100 * kMegabyte);
  int floods = 0;
  const HeadGuard guard([&floods] { ++floods; });
  HeadGuard::received(kMegabyte);
  EXPECT_EQ(floods, 0);
}

}  // namespace
}  // namespace fairlead::apiserver

#include "lib/reconcile/resource_version.h"

#include <gtest/gtest.h>

namespace fairlead::reconcile {
namespace {

TEST(ResourceVersionK03, VersionsAreOrderedOnlyIfBothAreDecimals) {
  EXPECT_TRUE(is_newer_version("10", "9"));
  EXPECT_TRUE(
      is_newer_version("340282366920938463463374607431768211457", "340282366920938463463374607431768211456"));
  EXPECT_FALSE(is_newer_version("9", "10"));
  EXPECT_FALSE(is_newer_version("9", "9"));
  EXPECT_FALSE(is_newer_version("b", "a"));
  EXPECT_FALSE(is_newer_version("10", "a"));
  EXPECT_FALSE(is_newer_version("", "1"));
  EXPECT_FALSE(is_newer_version("010", "9"));
}

// K-22, KEP-5647.
TEST(ReadYourWritesK22, ACacheHasPassedAWriteOnceItShowsThatVersionOrALaterOne) {
  EXPECT_TRUE(has_passed("12", "10", "12"));
  EXPECT_TRUE(has_passed("13", "10", "12"));
  EXPECT_TRUE(has_passed("100", "9", "99"));
}

TEST(ReadYourWritesK22, WhatOthersWroteInBetweenIsNotOurWrite) {
  EXPECT_FALSE(has_passed("10", "10", "12"));
  EXPECT_FALSE(has_passed("11", "10", "12"));
}

TEST(ReadYourWritesK22, AnObjectThatIsGoneHasPassedAndOneNotThereYetHasNot) {
  EXPECT_TRUE(has_passed("", "10", ""));
  EXPECT_TRUE(has_passed("", "10", "12"));
  EXPECT_FALSE(has_passed("", "", "12"));
  EXPECT_FALSE(has_passed("10", "10", ""));
}

TEST(ReadYourWritesK22, VersionsWithoutAnOrderAreBelievedAsSoonAsTheyDiffer) {
  EXPECT_TRUE(has_passed("b", "a", "c"));
  EXPECT_FALSE(has_passed("a", "a", "c"));
}

}  // namespace
}  // namespace fairlead::reconcile

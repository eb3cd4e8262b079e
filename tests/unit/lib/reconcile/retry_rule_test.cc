#include "lib/reconcile/retry_rule.h"

#include <gtest/gtest.h>

namespace fairlead::reconcile {
namespace {

const Attempts kGet{true, 1, false, false};
const Attempts kPost{false, 1, false, false};

bool over(const Retry& retry) { return std::holds_alternative<Over>(retry); }
bool at_once(const Retry& retry) { return std::holds_alternative<AgainAtOnce>(retry); }
Seconds wait_of(const Retry& retry) {
  const auto* after = std::get_if<AgainAfter>(&retry);
  return after == nullptr ? Seconds(-1) : after->wait;
}

TEST(RetryK33, ABusyServersRetryAfterIsWaitedFor) {
  for (const int status : {429, 500, 503, 504}) {
    EXPECT_EQ(wait_of(retry_of(kGet, Answered{status, Seconds(7), false})), Seconds(7)) << status;
  }
}

TEST(RetryK33, NobodyMakesUsStayAwayForLongerThanAMinute) {
  EXPECT_EQ(bounded_retry_after(7), Seconds(7));
  EXPECT_EQ(bounded_retry_after(60), Seconds(60));
  EXPECT_EQ(bounded_retry_after(61), Seconds(60));
  EXPECT_EQ(bounded_retry_after(INT64_MAX), Seconds(60));
  EXPECT_EQ(bounded_retry_after(0), Seconds(0));
  EXPECT_EQ(bounded_retry_after(-5), Seconds(0));
}

TEST(RetryK33, WithoutRetryAfterTheAnswerIsTheOutcome) {
  EXPECT_TRUE(over(retry_of(kGet, Answered{429, Seconds(0), false})));
  EXPECT_TRUE(over(retry_of(kGet, Answered{503, Seconds(0), false})));
}

TEST(RetryK33, TheTenthTryIsTheLast) {
  auto attempts = kGet;
  attempts.tries = 9;
  EXPECT_EQ(wait_of(retry_of(attempts, Answered{429, Seconds(1), false})), Seconds(1));
  attempts.tries = 10;
  EXPECT_TRUE(over(retry_of(attempts, Answered{429, Seconds(1), false})));
}

TEST(RetryK33, AnyOtherAnswerIsTheOutcomeWhateverItsRetryAfter) {
  for (const int status : {200, 201, 403, 404, 409, 422}) {
    EXPECT_TRUE(over(retry_of(kGet, Answered{status, Seconds(1), true}))) << status;
  }
}

TEST(RetryK34, WhatMayNotBeDoneTwiceIsNotSentAgain) {
  EXPECT_TRUE(over(retry_of(kPost, Answered{429, Seconds(1), false})));
  EXPECT_TRUE(over(retry_of(kPost, ConnectionLost{})));
}

TEST(RetryK34, ALostConnectionIsTriedOnceMoreAndASilentOneIsNot) {
  EXPECT_TRUE(at_once(retry_of(kGet, ConnectionLost{})));
  auto attempts = kGet;
  attempts.lost_before = true;
  EXPECT_TRUE(over(retry_of(attempts, ConnectionLost{})));
  EXPECT_TRUE(over(retry_of(kGet, NoAnswer{})));
}

TEST(RetryK35, ADeniedRequestGoesOnceMoreWithANewTokenAnyMethod) {
  EXPECT_TRUE(at_once(retry_of(kGet, Answered{401, Seconds(0), true})));
  EXPECT_TRUE(at_once(retry_of(kPost, Answered{401, Seconds(0), true})));
  EXPECT_TRUE(over(retry_of(kGet, Answered{401, Seconds(0), false})));
  auto attempts = kGet;
  attempts.denied_before = true;
  EXPECT_TRUE(over(retry_of(attempts, Answered{401, Seconds(0), true})));
}

}  // namespace
}  // namespace fairlead::reconcile

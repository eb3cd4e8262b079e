#include "lib/reconcile/event_answer.h"

#include <gtest/gtest.h>

#include <string>

namespace fairlead::reconcile {
namespace {

constexpr bool kPost = true;
constexpr bool kPatch = false;

std::string status(const std::string& reason) {
  return R"({"kind":"Status","apiVersion":"v1","status":"Failure","reason":")" + reason + R"(","code":409})";
}

TEST(EventAnswer, WhatTheServerTookIsWritten) {
  for (const int code : {200, 201}) {
    EXPECT_EQ(fate_of_event(kPost, code, "{}"), EventFate::kWritten) << code;
    EXPECT_EQ(fate_of_event(kPatch, code, "{}"), EventFate::kWritten) << code;
  }
}

// The names are ours alone: it was sent before.
TEST(EventAnswer, AnEventThatExistsAlreadyIsWritten) {
  EXPECT_EQ(fate_of_event(kPost, 409, status("AlreadyExists")), EventFate::kWritten);
}

// K-25. Others wrote while the server worked on it: the count of the series is not there.
TEST(EventAnswer, ASeriesThatMetAConflictIsTriedAgain) {
  EXPECT_EQ(fate_of_event(kPatch, 409, status("Conflict")), EventFate::kTryAgain);
  EXPECT_EQ(fate_of_event(kPatch, 409, status("AlreadyExists")), EventFate::kTryAgain);
}

// The quota of a namespace says so while others use it.
TEST(EventAnswer, AnEventThatMetAConflictIsTriedAgain) {
  EXPECT_EQ(fate_of_event(kPost, 409, status("Conflict")), EventFate::kTryAgain);
  EXPECT_EQ(fate_of_event(kPost, 409, "<html>conflict</html>"), EventFate::kTryAgain);
}

TEST(EventAnswer, ASeriesWhoseEventIsGoneIsWrittenAnew) {
  EXPECT_EQ(fate_of_event(kPatch, 404, status("NotFound")), EventFate::kWriteAnew);
}

TEST(EventAnswer, WhatIsRefusedForGoodIsDropped) {
  for (const int code : {400, 403, 422}) {
    EXPECT_EQ(fate_of_event(kPost, code, status("Forbidden")), EventFate::kDrop) << code;
    EXPECT_EQ(fate_of_event(kPatch, code, status("Forbidden")), EventFate::kDrop) << code;
  }
  EXPECT_EQ(fate_of_event(kPost, 404, status("NotFound")), EventFate::kDrop);
}

TEST(EventAnswer, WhatTheServerCannotDoNowIsTriedAgain) {
  for (const int code : {401, 429, 500, 503}) {
    EXPECT_EQ(fate_of_event(kPost, code, ""), EventFate::kTryAgain) << code;
    EXPECT_EQ(fate_of_event(kPatch, code, ""), EventFate::kTryAgain) << code;
  }
}

}  // namespace
}  // namespace fairlead::reconcile

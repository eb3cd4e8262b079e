#include "lib/reconcile/write_answer.h"

#include <gtest/gtest.h>

namespace fairlead::reconcile {
namespace {

const char* const kObject = R"({"kind":"VRRPGroup","metadata":{"name":"g","resourceVersion":"7"}})";

TEST(IsWritten, AGoodStatusWithTheObjectIs) {
  EXPECT_TRUE(is_written(200, kObject));
  EXPECT_TRUE(is_written(201, kObject));
}

TEST(IsWritten, AnyOtherStatusIsNot) {
  for (const int status : {0, 100, 103, 199, 300, 302, 409, 500})
    EXPECT_FALSE(is_written(status, kObject)) << status;
}

TEST(IsWritten, WithoutTheObjectItIsNot) {
  for (const auto* body :
       {"", "{}", "ok", "<html>", R"({"kind":"VRRPGroup","metadata":{"resou)", R"({"metadata":{}})",
        R"({"metadata":{"resourceVersion":7}})", R"({"metadata":{"resourceVersion":""}})"}) {
    EXPECT_FALSE(is_written(200, body)) << body;
  }
}

}  // namespace
}  // namespace fairlead::reconcile

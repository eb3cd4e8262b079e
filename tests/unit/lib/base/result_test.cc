#include "lib/base/result.h"

#include <gtest/gtest.h>

#include <memory>

namespace fairlead {
namespace {

const Error kNo{Code::kInvalid, "no"};

Result<int> half(int value) {
  if (value % 2 != 0) return fail(Code::kInvalid, "odd");
  return value / 2;
}

TEST(Result, HoldsEitherAValueOrAnError) {
  const Result<int> yes = 3;
  const Result<int> no = kNo;
  ASSERT_TRUE(yes.has_value());
  EXPECT_EQ(*yes, 3);
  ASSERT_FALSE(no);
  EXPECT_EQ(no.error(), kNo);
}

TEST(Result, AndThenGoesOnWithTheValueAndStopsAtTheFirstError) {
  EXPECT_EQ(*Result<int>(8).and_then(half).and_then(half), 2);
  EXPECT_EQ(Result<int>(6).and_then(half).and_then(half).error().message, "odd");
  EXPECT_EQ(Result<int>(kNo).and_then(half).error(), kNo);
}

TEST(Result, TransformChangesTheValueAndKeepsAnError) {
  const auto text = [](int value) { return std::to_string(value); };
  EXPECT_EQ(*Result<int>(7).transform(text), "7");
  EXPECT_EQ(Result<int>(kNo).transform(text).error(), kNo);
}

TEST(Result, MovesAValueThatCannotBeCopied) {
  Result<std::unique_ptr<int>> owned = std::make_unique<int>(5);
  const std::unique_ptr<int> taken = *std::move(owned);
  EXPECT_EQ(*taken, 5);
}

TEST(Result, OfDoneSaysOnlyThatItWorked) {
  const Result<> done = Done{};
  EXPECT_TRUE(done.has_value());
}

}  // namespace
}  // namespace fairlead

#include "lib/base/strong.h"

#include <gtest/gtest.h>

#include <type_traits>
#include <variant>

#include "lib/base/overloaded.h"

namespace fairlead {
namespace {

using Priority = Strong<struct PriorityTag, unsigned char>;
using Weight = Strong<struct WeightTag, unsigned char>;

TEST(Strong, IsNeverMadeOrMixedSilently) {
  static_assert(!std::is_convertible_v<int, Priority>);
  static_assert(!std::is_convertible_v<Priority, int>);
  static_assert(!std::is_constructible_v<Priority, Weight>);
  EXPECT_EQ(Priority(100).value(), 100);
}

TEST(Strong, IsOrderedByItsValue) {
  EXPECT_LT(Priority(1), Priority(254));
  EXPECT_EQ(Priority(7), Priority(7));
  EXPECT_NE(Priority(7), Priority(8));
}

TEST(Overloaded, PicksTheLambdaOfTheAlternative) {
  const auto name = Overloaded{[](int) { return "int"; }, [](double) { return "double"; }};
  EXPECT_STREQ(std::visit(name, std::variant<int, double>(1)), "int");
  EXPECT_STREQ(std::visit(name, std::variant<int, double>(1.0)), "double");
}

}  // namespace
}  // namespace fairlead

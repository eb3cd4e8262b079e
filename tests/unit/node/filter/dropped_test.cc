#include "node/filter/dropped.h"

#include <gtest/gtest.h>

#include "node/filter/guard_text.h"

namespace fairlead::filter {
namespace {

const DropCause kDenied4{DropReason::kSourceRange, net::Family::kIPv4};
const DropCause kDenied6{DropReason::kSourceRange, net::Family::kIPv6};
const DropCause kClosed4{DropReason::kClosedPort, net::Family::kIPv4};
const DropCause kClosed6{DropReason::kClosedPort, net::Family::kIPv6};

TEST(Dropped, IsWhatTheCountersOfTheTableSay) {
  EXPECT_EQ(dropped({{"denied4", 1}, {"denied6", 2}, {"closed4", 3}, {"closed6", 4}, {"another", 5}}),
            (Dropped{{kDenied4, 1}, {kDenied6, 2}, {kClosed4, 3}, {kClosed6, 4}}));
  EXPECT_EQ(dropped({{"closed4", 3}}), (Dropped{{kDenied4, 0}, {kDenied6, 0}, {kClosed4, 3}, {kClosed6, 0}}));
}

// A counter that no rule uses would stay at 0 for ever.
TEST(Dropped, ItsCountersAreThoseOfTheRules) {
  const std::string text = full_text({});
  for (const std::string name : {"denied4", "denied6", "closed4", "closed6"}) {
    EXPECT_NE(text.find("counter " + name + " { }"), std::string::npos) << name;
    EXPECT_NE(text.find("counter name \"" + name + "\" drop"), std::string::npos) << name;
  }
}

TEST(DroppedSince, IsTheDifference) {
  EXPECT_EQ(dropped_since({{kClosed4, 3}}, {{kClosed4, 5}, {kDenied6, 2}}),
            (Dropped{{kClosed4, 2}, {kDenied6, 2}}));
  EXPECT_EQ(dropped_since({{kClosed4, 3}}, {{kClosed4, 3}}), (Dropped{{kClosed4, 0}}));
}

// `nft flush ruleset`, and the table was put back.
TEST(DroppedSince, ATableThatWasReplacedBeginsAtZero) {
  EXPECT_EQ(dropped_since({{kClosed4, 7}}, {{kClosed4, 2}}), (Dropped{{kClosed4, 2}}));
}

}  // namespace
}  // namespace fairlead::filter

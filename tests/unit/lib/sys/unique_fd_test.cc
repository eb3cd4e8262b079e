#include "lib/sys/unique_fd.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <utility>

namespace fairlead::sys {
namespace {

TEST(UniqueFd, ClosesWhatItOwnsOnceAndLeavesWhatItGaveAway) {
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe(ends.data()), 0);
  UniqueFd first(ends[0]);
  UniqueFd second = std::move(first);
  const UniqueFd other(ends[1]);
  EXPECT_FALSE(first.valid());
  EXPECT_EQ(second.get(), ends[0]);
  EXPECT_NE(fcntl(ends[0], F_GETFD), -1);
  second.reset();
  EXPECT_FALSE(second.valid());
  EXPECT_EQ(fcntl(ends[0], F_GETFD), -1);
}

}  // namespace
}  // namespace fairlead::sys

#include "lib/sys/errno_name.h"

#include <gtest/gtest.h>

#include <cerrno>

// An Error's message says what, on what, and why ("add 192.0.2.1/32 on eth0: EPERM").
namespace fairlead::sys {
namespace {

TEST(ErrnoName, IsTheNameThatManualPagesUse) { EXPECT_EQ(errno_name(EPERM), "EPERM"); }

TEST(ErrnoName, OfANumberWithoutNameIsTheNumber) { EXPECT_EQ(errno_name(4711), "error 4711"); }

}  // namespace
}  // namespace fairlead::sys

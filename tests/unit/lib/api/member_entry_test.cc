#include "lib/api/member_entry.h"

#include <gtest/gtest.h>

namespace fairlead::api {
namespace {

TEST(MemberEntry, IsThatOfTheNode) {
  VRRPGroup group;
  for (const char* node : {"node-a", "node-b"}) {
    group.status.members.emplace_back().node = node;
  }
  EXPECT_EQ(entry_of(group, "node-b"), &group.status.members[1]);
}

TEST(MemberEntry, IsNothingOfANodeThatHasSaidNothing) {
  VRRPGroup group;
  EXPECT_EQ(entry_of(group, "node-a"), nullptr);
  group.status.members.emplace_back().node = "node-ab";
  EXPECT_EQ(entry_of(group, "node-a"), nullptr);
}

}  // namespace
}  // namespace fairlead::api

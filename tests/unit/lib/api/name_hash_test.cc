#include <gtest/gtest.h>

#include "lib/api/vrrp_group.h"

namespace fairlead::api {
namespace {

// printf abc | sha256sum
TEST(ShortHash, IsTheFirstTenHexDigitsOfSha256) {
  EXPECT_EQ(short_hash("abc"), "ba7816bf8f");
  EXPECT_EQ(short_hash(""), "e3b0c44298");
}

// kubernetes.md 1: beyond the limit the first characters, a dash and ten hex digits.
TEST(CutName, LeavesNamesUpToTheLimitAlone) {
  EXPECT_EQ(cut_name("short", 63), "short");
  EXPECT_EQ(cut_name(std::string(63, 'a'), 63), std::string(63, 'a'));
}

TEST(CutName, CutsLongerOnesToTheLimitWithAHash) {
  const std::string name(64, 'a');
  EXPECT_EQ(cut_name(name, 63), std::string(52, 'a') + "-" + short_hash(name));
  EXPECT_NE(cut_name(name, 63), cut_name(name + "b", 63));
}

// RFC 1123 2.1: no label of a DNS name begins with a dash.
TEST(CutName, LeavesNoDotBeforeTheDash) {
  const std::string name = std::string(51, 'a') + "." + std::string(20, 'b');
  EXPECT_EQ(cut_name(name, 63), std::string(51, 'a') + "-" + short_hash(name));
}

// kubernetes.md 1, node labels on VRRPGroups.
TEST(NodeLabel, HashesNodeNamesBeyond63Characters) {
  EXPECT_EQ(node_label("node-a"), "node.fairlead.dev/node-a");
  const std::string name(253, 'n');
  EXPECT_EQ(node_label(name), "node.fairlead.dev/" + std::string(52, 'n') + "-" + short_hash(name));
}

}  // namespace
}  // namespace fairlead::api

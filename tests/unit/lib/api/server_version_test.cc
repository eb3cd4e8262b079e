#include "lib/api/server_version.h"

#include <gtest/gtest.h>

// GET /version, of servers and of what stands in their place.
namespace fairlead::api {
namespace {

TEST(ServerVersion, IsMajorAndMinorWhateverVendorsAdd) {
  EXPECT_EQ(decode_server_version(R"({"major":"1","minor":"31","gitVersion":"v1.31.4"})"),
            (ServerVersion{1, 31}));
  EXPECT_EQ(decode_server_version(R"({"major":"1","minor":"29+"})"), (ServerVersion{1, 29}));
  EXPECT_EQ(to_string(ServerVersion{1, 36}), "1.36");
}

TEST(ServerVersion, AnythingElseIsNone) {
  for (const std::string text :
       {"", "<html>", "[]", "{}", R"({"major":"1"})", R"({"major":1,"minor":31})",
        R"({"major":"","minor":"31"})", R"({"major":"1","minor":"x"})", R"({"major":"1","minor":"-3"})",
        R"({"major":"1","minor":"99999999999999999999"})", R"({"kind":"Status","code":403})"}) {
    EXPECT_EQ(decode_server_version(text), std::nullopt) << text;
  }
}

TEST(ServerVersion, TheOldestThatIsSupportedIs131) {
  EXPECT_LT((ServerVersion{1, 30}), kOldestServer);
  EXPECT_LT((ServerVersion{0, 99}), kOldestServer);
  EXPECT_GE((ServerVersion{1, 31}), kOldestServer);
  EXPECT_GE((ServerVersion{2, 0}), kOldestServer);
}

}  // namespace
}  // namespace fairlead::api

#include "node/plan/passwords.h"

#include <gmock/gmock.h>

#include "unit/node/plan/builders.h"

namespace fairlead::plan {
namespace {

using ::testing::ElementsAre;
using testing::group;
using testing::groups_of;

TEST(PlainFileName, IsOneThatCannotLeaveItsFolder) {
  for (const std::string& good :
       {std::string("gateway"), std::string("vrid-51.pass"), std::string("A_1"), std::string(255, 'a')}) {
    EXPECT_TRUE(is_plain_file_name(good)) << good;
  }
  for (const std::string& bad :
       {std::string(), std::string("."), std::string(".."), std::string("..data"), std::string("/etc/shadow"),
        std::string("a/b"), std::string("../a"), std::string("a b"), std::string("a\0b", 3),
        std::string("\xc3\xa9"), std::string(256, 'a')}) {
    EXPECT_FALSE(is_plain_file_name(bad)) << bad;
  }
}

TEST(PasswordFiles, AreThoseOfTheGroupsThatListTheNode) {
  auto ours = group("ours");
  ours.spec.password_file = "a";
  auto same = group("same");
  same.spec.password_file = "a";
  auto other = group("other");
  other.spec.password_file = "b";
  other.spec.members = {testing::member("node-b", 100)};
  EXPECT_THAT(password_files("node-a", groups_of({ours, same, other, group("none")})), ElementsAre("a"));
}

}  // namespace
}  // namespace fairlead::plan

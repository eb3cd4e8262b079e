#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "unit/controller/app/cluster.h"

// FC-02, I-13: two controllers that both believe they lead, each of which decides from what it saw before the
// other wrote, put an address into one group.
namespace fairlead::controller {
namespace {

using namespace testing;

void expect_one_group(const FakeApi& api) {
  std::map<std::string, std::string> group_of;
  for (const auto& [key, object] : api.objects()) {
    if (key.first != "VRRPGroup" || !object["spec"].contains("addresses")) continue;
    for (const auto& listed : object["spec"]["addresses"]) {
      const auto [known, is_new] = group_of.insert({listed["address"], key.second.name});
      ASSERT_TRUE(is_new) << known->first << " in " << known->second << " and in " << key.second.name;
    }
  }
}

TEST(Allocation, TwoControllersThatBothBelieveTheyLeadGiveAnAddressToOneGroup) {
  std::mt19937 random(946);
  for (int i = 0; i < 40; ++i) {
    auto objects = a_cluster();
    std::shuffle(objects.begin(), objects.end(), random);
    FakeApi api;
    two_lead(objects, api, expect_one_group, random);
    if (HasFatalFailure()) return;
    EXPECT_TRUE(api.has({"VRRPGroup", {"", "192-0-2-0-24-v4-1"}}));
  }
}

}  // namespace
}  // namespace fairlead::controller

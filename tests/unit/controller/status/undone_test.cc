#include <gtest/gtest.h>

#include "controller/status/conditions.h"
#include "controller/status/summary.h"
#include "unit/controller/builders.h"

// FC-04: what is told of somebody who undoes what we write. How he is found out: app/reverts_test.cc.
namespace fairlead::controller {
namespace {

using namespace testing;

const api::ObjectKey kWeb{"shop", "web"};

// VirtualIP shop/web, served by node-a, and its RealServerSet.
Inputs served() {
  Inputs out = three_nodes();
  put_claimed(out, vip("web", "192.0.2.100"));
  auto served_by =
      group({"192-0-2-0-24-v4-1", 1, {{"192.0.2.100", "web"}}, {{"node-a", 200}, {"node-b", 150}}});
  served_by.status.members = {entry("node-a", api::MemberState::kMaster),
                              entry("node-b", api::MemberState::kBackup)};
  put(out.groups, served_by);
  out.sets = desired(out).sets;
  return out;
}

const api::Condition& degraded_of(const std::vector<api::Condition>& conditions) {
  return *find_condition(conditions, "Degraded");
}

TEST(UndoneFC04, IsToldOfTheVirtualIPWhoseObjectItIs) {
  for (const std::pair<std::string, std::string>& object :
       {std::pair<std::string, std::string>{"virtualips", "web"}, {"realserversets", "web-v4-0"}}) {
    Inputs inputs = served();
    EXPECT_EQ(degraded_of(summarize(inputs, desired(inputs), {}, {}).statuses.virtual_ips.at(kWeb).conditions)
                  .reason,
              "Healthy");
    inputs.memory.fought = {{object.first, {"shop", object.second}}};
    const auto status = summarize(inputs, desired(inputs), {}, {}).statuses.virtual_ips.at(kWeb);
    EXPECT_EQ(degraded_of(status.conditions).reason, "ForeignStatusWriter") << object.first;
    EXPECT_EQ(status.state, "Degraded");
    inputs.memory.fought = {{object.first, {"other", object.second}}};
    EXPECT_EQ(degraded_of(summarize(inputs, desired(inputs), {}, {}).statuses.virtual_ips.at(kWeb).conditions)
                  .reason,
              "Healthy");
  }
}

TEST(UndoneFC04, IsToldOfTheGroupAndOfAllThatItServes) {
  Inputs inputs = served();
  inputs.memory.fought = {{"vrrpgroups", {"", "192-0-2-0-24-v4-1"}}};
  const auto statuses = summarize(inputs, desired(inputs), {}, {}).statuses;
  const auto& of_group = statuses.groups.at({"", "192-0-2-0-24-v4-1"});
  EXPECT_EQ(degraded_of(of_group.conditions).reason, "ForeignStatusWriter");
  EXPECT_EQ(of_group.state, "Degraded");
  const auto& message = degraded_of(statuses.virtual_ips.at(kWeb).conditions).message;
  EXPECT_NE(message.find("VRRPGroup 192-0-2-0-24-v4-1"), std::string::npos) << message;
}

}  // namespace
}  // namespace fairlead::controller

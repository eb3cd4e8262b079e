#include <gtest/gtest.h>

#include "controller/plan/newest.h"
#include "controller/status/conditions.h"
#include "controller/status/summary.h"
#include "unit/controller/builders.h"

// FC-09: what is told of an object whose newest version cannot be read, though an earlier one is in force. It
// is told to the newest, once.
namespace fairlead::controller {
namespace {

using namespace testing;

const api::ObjectKey kWeb{"shop", "web"};
const std::vector<api::Problem> kProblems{{"spec.ports[0].port", "must be 1..65535, got 0"}};

template <class T>
Poisoned newer(T object) {
  object.meta.resource_version = "18";
  object.meta.generation = 2;
  return poisoned_from(object.meta, kProblems, object);
}

std::vector<Write> writes(const Inputs& inputs, WallTime now) {
  const auto wanted = desired(inputs);
  return changes(inputs, wanted, summarize(inputs, wanted, {}, now).statuses);
}

// The writes of one kind's status.
std::vector<Write> status_writes_of(const Inputs& inputs, Target target, WallTime now) {
  auto out = writes(inputs, now);
  std::erase_if(
      out, [&](const auto& write) { return write.target != target || write.verb != Verb::kApplyStatus; });
  return out;
}

TEST(UnreadableFC09, AVirtualIPIsToldByItsNewestVersionOnce) {
  Inputs inputs = three_nodes();
  put_claimed(inputs, vip("web", "192.0.2.100"));
  inputs.poisoned_virtual_ips[kWeb] = newer(inputs.virtual_ips.at(kWeb));
  const auto told = status_writes_of(inputs, Target::kVirtualIP, WallTime(Seconds(5)));
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].resource_version, "18");
  auto& newest_version = std::get<api::VirtualIP>(inputs.poisoned_virtual_ips.at(kWeb).object);
  newest_version.status = api::decode_virtual_ip(told[0].body).value.status;
  const auto* accepted = find_condition(newest_version.status.conditions, "Accepted");
  ASSERT_NE(accepted, nullptr);
  EXPECT_EQ(accepted->reason, "InvalidSpec");
  EXPECT_EQ(accepted->message, "spec.ports[0].port: must be 1..65535, got 0");
  EXPECT_EQ(accepted->observed_generation, 2);
  EXPECT_TRUE(status_writes_of(inputs, Target::kVirtualIP, WallTime(Seconds(99))).empty());
}

TEST(UnreadableFC09, AServiceIsToldAndKeepsTheAddressItShows) {
  Inputs inputs = three_nodes();
  auto object = service("web", "192.0.2.100");
  object.ingress = {{"192.0.2.100", "Proxy"}};
  inputs.poisoned_services[kWeb] = newer(object);
  for (const bool read_before : {false, true}) {
    if (read_before) put(inputs.services, object);
    const auto told = status_writes_of(inputs, Target::kService, WallTime(Seconds(5)));
    ASSERT_EQ(told.size(), 1U);
    EXPECT_EQ(told[0].resource_version, "18");
    const auto status = api::decode_service(told[0].body).value;
    EXPECT_EQ(status.ingress, object.ingress);
    EXPECT_EQ(find_condition(status.conditions, "Accepted")->reason, "InvalidSpec");
    ASSERT_EQ(told[0].notices.size(), 1U);
    EXPECT_EQ(told[0].notices[0].reason, "NotAccepted");
  }
}

TEST(UnreadableFC09, AServiceOfAnotherClassIsNotTouched) {
  Inputs inputs = three_nodes();
  auto object = service("web", "192.0.2.100");
  object.load_balancer_class = "example.com/other";
  inputs.poisoned_services[kWeb] = newer(object);
  EXPECT_TRUE(status_writes_of(inputs, Target::kService, WallTime(Seconds(5))).empty());
}

TEST(UnreadableFC09, APoolIsToldWhetherOrNotAnEarlierVersionIsInForce) {
  Inputs inputs = three_nodes();
  const api::ObjectKey key = cluster_key("public");
  inputs.poisoned_pools[key] = newer(inputs.pools.at(key));
  for (const bool in_force : {true, false}) {
    if (!in_force) inputs.pools.clear();
    const auto told = status_writes_of(inputs, Target::kAddressPool, WallTime(Seconds(5)));
    ASSERT_EQ(told.size(), 1U);
    EXPECT_EQ(told[0].resource_version, "18");
    const auto status = api::decode_address_pool(told[0].body).value.status;
    EXPECT_EQ(find_condition(status.conditions, "Accepted")->reason, "InvalidSpec");
    EXPECT_EQ(status.available_ipv4, in_force ? 32 : 0);
  }
}

TEST(UnreadableFC09, TenThousandProblemsAreToldInAMessageThatTheApiServerTakes) {
  Inputs inputs = three_nodes();
  auto poisoned = newer(vip("web", "192.0.2.100"));
  for (int i = 0; i < 10000; ++i) {
    poisoned.problems.push_back({"spec.ports[" + std::to_string(i) + "].port", "must be 1..65535, got 0"});
  }
  inputs.poisoned_virtual_ips[kWeb] = poisoned;
  const auto told = status_writes_of(inputs, Target::kVirtualIP, WallTime(Seconds(5)));
  ASSERT_EQ(told.size(), 1U);
  const auto status = api::decode_virtual_ip(told[0].body).value.status;
  EXPECT_EQ(status.state, "Rejected");
  for (const auto& each : status.conditions) EXPECT_LE(each.message.size(), 4096U);
}

}  // namespace
}  // namespace fairlead::controller

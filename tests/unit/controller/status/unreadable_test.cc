#include <gtest/gtest.h>

#include <algorithm>

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

// Nobody writes over what a later release may have written; each VirtualIP in it says so once.
TEST(UnreadableFC09, OfAGroupWhoseNewestVersionCannotBeReadNothingIsWrittenAndItsVirtualIPSaysSo) {
  Inputs inputs = three_nodes();
  put_claimed(inputs, vip("web", "192.0.2.100"));
  auto there = group({.addresses = {{"192.0.2.100", "web"}}, .members = {{"node-a", 200}}});
  put(inputs.groups, there);
  EXPECT_FALSE(status_writes_of(inputs, Target::kVRRPGroup, WallTime(Seconds(5))).empty());
  const auto key = cluster_key(there.meta.name);
  there.meta.resource_version = "18";
  inputs.poisoned_groups[key] =
      poisoned_from(there.meta, {{"spec.family", "must be one of IPv4, IPv6, got \"IPv8\""}}, there);
  const Desired wanted = desired(inputs);
  const auto summary = summarize(inputs, wanted, {}, WallTime(Seconds(5)));
  for (const auto& write : changes(inputs, wanted, summary.statuses))
    EXPECT_NE(write.target, Target::kVRRPGroup);
  const auto& status = summary.statuses.virtual_ips.at(kWeb);
  const auto* degraded = find_condition(status.conditions, "Degraded");
  EXPECT_EQ(degraded->reason, "InvalidSpec");
  EXPECT_EQ(degraded->message,
            "VRRPGroup 192-0-2-0-24-v4-1 cannot be read any more, and stays as it is until it can be: "
            "spec.family: must be one of IPv4, IPv6, got \"IPv8\"");
  EXPECT_EQ(status.address, "192.0.2.100");
}

// It waits for that group, and has nothing meanwhile: the address that it had may be the next one's.
TEST(UnreadableFC09, WhoWaitsForAGroupThatCannotBeReadDoesNotShowAnAddressOfBefore) {
  Inputs inputs = three_nodes();
  auto object = vip("web", "192.0.2.101");
  object.status.address = "192.0.2.150";
  object.status.addresses = {"192.0.2.150"};
  put(inputs.virtual_ips, object);
  auto there = group({.addresses = {{"192.0.2.100", "other"}}, .members = {{"node-a", 200}}});
  put_claimed(inputs, vip("other", "192.0.2.100"));
  put(inputs.groups, there);
  put(inputs.claims, claim_naming(there.meta.name, "192.0.2.101", "web"));
  there.meta.resource_version = "18";
  inputs.poisoned_groups[cluster_key(there.meta.name)] =
      poisoned_from(there.meta, {{"spec.family", "must be one of IPv4, IPv6, got \"IPv8\""}}, there);
  const auto wanted = desired(inputs);
  ASSERT_TRUE(wanted.decisions.at(kWeb).not_placed);
  const auto& status = summarize(inputs, wanted, {}, WallTime(Seconds(5))).statuses.virtual_ips.at(kWeb);
  EXPECT_EQ(status.address, "");
  EXPECT_EQ(status.addresses, std::vector<std::string>{});
}

// Of what its version before would be deleted by the API server says "conflict" each time.
TEST(UnreadableFC09, ASetThatNobodyWantsGoesByItsNewestVersion) {
  Inputs inputs = three_nodes();
  api::RealServerSet set;
  set.meta = meta("gone-v4-0", "shop");
  set.meta.owner_references = {{"fairlead.dev/v1alpha1", "VirtualIP", "gone", "uid-gone", true}};
  put(inputs.sets, set);
  set.meta.resource_version = "18";
  inputs.poisoned_sets[{"shop", "gone-v4-0"}] = {set.meta, kProblems};
  const auto out = writes(inputs, WallTime{});
  const auto deletion =
      std::find_if(out.begin(), out.end(), [](const auto& one) { return one.verb == Verb::kDelete; });
  ASSERT_NE(deletion, out.end());
  EXPECT_EQ(deletion->target, Target::kRealServerSet);
  EXPECT_EQ(deletion->resource_version, "18");
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

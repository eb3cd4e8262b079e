#include "controller/status/notices.h"

#include <gtest/gtest.h>

#include "controller/status/conditions.h"
#include "unit/controller/builders.h"

// kubernetes.md 6, Events.
namespace fairlead::controller {
namespace {

using namespace testing;

std::vector<std::string> reasons(const std::vector<Notice>& notices) {
  std::vector<std::string> out;
  for (const auto& notice : notices) out.push_back(notice.reason);
  return out;
}
using Reasons = std::vector<std::string>;

TEST(Notices, MasterChangedSaysFromToReasonAndMilliseconds) {
  const auto object = vip("web", "192.0.2.100");
  api::VirtualIPStatus next;
  next.last_transition = api::LastTransition{WallTime(Seconds(7)), "node-a", "node-b", "MasterDown", 812};
  const auto out = virtual_ip_notices(object, next);
  ASSERT_EQ(reasons(out), Reasons{"MasterChanged"});
  EXPECT_EQ(out[0].note, "from node-a to node-b: MasterDown, 812 ms without a master");
  EXPECT_EQ(out[0].regarding.uid, "uid-web");
  EXPECT_EQ(out[0].type, api::EventType::kNormal);
}

TEST(Notices, WhoWasPreemptedWasAMasterToTheEnd) {
  api::VirtualIPStatus next;
  next.last_transition = api::LastTransition{WallTime(Seconds(7)), "node-a", "node-b", "Preempted", 12};
  const auto out = virtual_ip_notices(vip("web", "192.0.2.100"), next);
  ASSERT_EQ(reasons(out), Reasons{"MasterChanged"});
  EXPECT_EQ(out[0].note, "from node-a to node-b: Preempted");
}

// A change is said once, whoever tells of it first.
TEST(Notices, TheMastersOwnWordAfterTheBackupsIsNoOtherChange) {
  auto object = vip("web", "192.0.2.100");
  object.status.master = "node-b";
  object.status.last_transition =
      api::LastTransition{WallTime(Seconds(6)), "node-a", "node-b", "HeardByBackup", {}};
  api::VirtualIPStatus next = object.status;
  next.last_transition = api::LastTransition{WallTime(Seconds(7)), "node-a", "node-b", "MasterDown", 812};
  EXPECT_TRUE(virtual_ip_notices(object, next).empty());
  next.last_transition->from = "node-c";
  EXPECT_EQ(reasons(virtual_ip_notices(object, next)), Reasons{"MasterChanged"});
}

TEST(Notices, TheFirstMasterIsNoChange) {
  api::VirtualIPStatus next;
  next.last_transition = api::LastTransition{WallTime(Seconds(7)), "", "node-b", "Startup", {}};
  EXPECT_TRUE(virtual_ip_notices(vip("web", "192.0.2.100"), next).empty());
}

TEST(Notices, ARefusalIsToldOnceAndAgainWhenItChanges) {
  auto object = vip("web", "192.0.2.100");
  api::VirtualIPStatus next;
  next.conditions = {condition("Accepted", false, Reason::kOutsidePool, "no pool")};
  EXPECT_EQ(reasons(virtual_ip_notices(object, next)), Reasons{"NotAccepted"});
  object.status = next;
  EXPECT_TRUE(virtual_ip_notices(object, next).empty());
  next.conditions.front().message = "another";
  EXPECT_EQ(reasons(virtual_ip_notices(object, next)), Reasons{"NotAccepted"});
}

TEST(Notices, AllocationFailedNoMasterAndSplit) {
  auto object = vip("web", "192.0.2.100");
  api::VirtualIPStatus next;
  next.conditions = {condition("Allocated", false, Reason::kAddressInUse, "taken")};
  EXPECT_EQ(reasons(virtual_ip_notices(object, next)), Reasons{"AllocationFailed"});
  next = {};
  next.state = "NoMaster";
  EXPECT_EQ(reasons(virtual_ip_notices(object, next)), Reasons{"NoMaster"});
  next = {};
  next.conditions = {condition("Degraded", true, Reason::kSplitOwnership, "two")};
  EXPECT_EQ(reasons(virtual_ip_notices(object, next)), Reasons{"SplitOwnership"});
  next.conditions = {condition("Degraded", true, Reason::kStaleStatus, "x")};
  EXPECT_TRUE(virtual_ip_notices(object, next).empty());
}

TEST(Notices, AnAllocatedAddressIsTold) {
  api::VirtualIPStatus next;
  next.addresses = {"192.0.2.100"};
  auto object = vip("web", "192.0.2.100");
  EXPECT_EQ(reasons(virtual_ip_notices(object, next)), Reasons{"IPAllocated"});
  object.status = next;
  next.addresses = {"192.0.2.100", "2001:db8::100"};
  const auto out = virtual_ip_notices(object, next);
  ASSERT_EQ(reasons(out), Reasons{"IPAllocated"}) << "of the second family, too";
  EXPECT_EQ(out[0].note, "2001:db8::100");
}

// kubernetes.md 6: on Service and VirtualIP.
TEST(Notices, TheServiceOfAVirtualIPIsToldTheSameAndOfRefusalsByItsOwnCondition) {
  auto object = vip("web", "192.0.2.100");
  object.meta.owner_references = {{"v1", "Service", "web", "uid-service", true}};
  api::VirtualIPStatus next;
  next.addresses = {"192.0.2.100"};
  next.conditions = {condition("Allocated", false, Reason::kAddressInUse, "2001:db8::1 taken")};
  next.last_transition = api::LastTransition{WallTime(Seconds(7)), "node-a", "node-b", "MasterDown", 812};
  std::vector<std::string> told;
  for (const auto& notice : virtual_ip_notices(object, next)) {
    told.push_back(notice.regarding.kind + " " + notice.reason);
    EXPECT_EQ(notice.regarding.uid, notice.regarding.kind == "Service" ? "uid-service" : "uid-web");
  }
  EXPECT_EQ(told, (Reasons{"VirtualIP AllocationFailed", "VirtualIP IPAllocated", "VirtualIP MasterChanged",
                           "Service IPAllocated", "Service MasterChanged"}));
}

TEST(Notices, WhatOthersNameServiceIsToldNothing) {
  auto object = vip("web", "192.0.2.100");
  object.meta.owner_references = {{"serving.knative.dev/v1", "Service", "web", "uid-service", true}};
  api::VirtualIPStatus next;
  next.addresses = {"192.0.2.100"};
  const auto out = virtual_ip_notices(object, next);
  ASSERT_EQ(reasons(out), Reasons{"IPAllocated"});
  EXPECT_EQ(out[0].regarding.kind, "VirtualIP");
}

TEST(Notices, AServiceWithoutAnAddressIsToldAllocationFailed) {
  for (const Reason reason :
       {Reason::kAddressInUse, Reason::kPoolExhausted, Reason::kVirtualRouterIDsExhausted}) {
    ServiceStatus next;
    next.conditions = {condition("Accepted", false, reason, "x")};
    const auto out = service_notices(service("web", ""), next);
    ASSERT_EQ(reasons(out), Reasons{"AllocationFailed"});
    EXPECT_EQ(out[0].note, std::string(to_string(reason)) + ": x");
  }
}

TEST(Notices, AServiceIsToldThatItsNameIsTaken) {
  const auto object = service("web", "192.0.2.100");
  ServiceStatus next;
  next.conditions = {condition("Accepted", false, Reason::kNameTaken, "exists")};
  const auto out = service_notices(object, next);
  ASSERT_EQ(reasons(out), Reasons{"NameTaken"});
  EXPECT_EQ(out[0].type, api::EventType::kWarning);
  EXPECT_EQ(out[0].regarding.kind, "Service");
  next.conditions = {condition("Accepted", false, Reason::kNotYetSupported, "x")};
  EXPECT_EQ(reasons(service_notices(object, next)), Reasons{"NotAccepted"});
  next.conditions = {condition("Accepted", true, Reason::kAccepted, "")};
  EXPECT_TRUE(service_notices(object, next).empty());
}

}  // namespace
}  // namespace fairlead::controller

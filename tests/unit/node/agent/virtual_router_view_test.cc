#include "node/agent/virtual_router_view.h"

#include <gtest/gtest.h>

#include "support/vrrp_thread.h"

// The interfaces as the vrrp thread takes them: what is ours where the kernel forgets our tag (before 5.18).
namespace fairlead::agent {
namespace {

// eth1 with the node's own address, and these as the kernel shows an address of ours whose tag it forgot.
address::Interfaces with_eth1(const std::vector<net::IpAddress>& untagged) {
  test::VrrpWorld world;
  world.add_interface(2, "eth1", ip("192.0.2.1"));
  for (const auto& address : untagged) {
    world.interfaces[2].addresses.push_back({{address, address.bits()}, false, false, true, false, true});
  }
  return world.interfaces;
}

VrrpOrder order_of(const plan::GroupPlan& plan) {
  VrrpOrder out;
  out.groups.emplace(plan.name, plan);
  return out;
}

using Addresses = std::set<net::IpAddress>;

TEST(InterfaceView, IsWhatTheKernelTellsWhereItKeepsTheTag) {
  InterfaceView view;
  view.know(order_of(group_plan()));
  const auto told = with_eth1({kA});
  EXPECT_EQ(&view.of(told, false), &told);
}

TEST(InterfaceView, HasMarkedWhatThePlanSaysIsOursWhereTheTagIsForgottenAndNothingElse) {
  InterfaceView view;
  view.know(order_of(group_plan()));
  EXPECT_EQ(address::ours(view.of(with_eth1({kA, ip("192.0.2.200")}), true)), Addresses{kA});
}

TEST(InterfaceView, HasMarkedWhatTheCheckpointSaysIsOurs) {
  InterfaceView view;
  VrrpOrder order;
  order.owned = {kB};
  view.know(order);
  EXPECT_EQ(address::ours(view.of(with_eth1({kA, kB}), true)), Addresses{kB});
}

// Many routers ask in one turn, and each time the marks of all addresses would be made anew.
TEST(InterfaceView, IsMarkedOnceHoweverOftenItIsAskedUntilTheKernelTellsSomethingNew) {
  InterfaceView view;
  view.know(order_of(group_plan()));
  auto told = with_eth1({kA});
  EXPECT_EQ(address::ours(view.of(told, true)), Addresses{kA});
  told = with_eth1({kA, kB});
  EXPECT_EQ(address::ours(view.of(told, true)), Addresses{kA});
  view.changed();
  EXPECT_EQ(address::ours(view.of(told, true)), (Addresses{kA, kB}));
}

TEST(InterfaceView, IsMarkedAnewForANewOrder) {
  InterfaceView view;
  view.know(order_of(test::with_addresses(group_plan(), {kA})));
  const auto told = with_eth1({kA, kB});
  EXPECT_EQ(address::ours(view.of(told, true)), Addresses{kA});
  view.know(order_of(group_plan()));
  EXPECT_EQ(address::ours(view.of(told, true)), (Addresses{kA, kB}));
}

}  // namespace
}  // namespace fairlead::agent

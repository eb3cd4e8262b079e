#include "controller/status/unselected.h"

#include <gtest/gtest.h>

#include "unit/controller/status/scene.h"

// A nodeSelector that selects no node any more moves no VIP, and is told of.
namespace fairlead::controller {
namespace {

using namespace testing;

const api::LabelSelector kEdge{{{"edge", api::LabelOperator::kExists, {}}}};
const api::LabelSelector kFast{{{"fast", api::LabelOperator::kExists, {}}}};

struct Held {
  Inputs inputs = three_nodes();
  api::VirtualIP object = vip("web", "192.0.2.100");

  Held() { put(inputs.claims, claim_for("192.0.2.100", "web")); }
  api::LabelSelector& of_pool() { return inputs.pools.at({"", "public"}).spec.node_selector; }
  std::string why() { return Unselected(inputs).why(object, ip("192.0.2.100")); }
};

TEST(Unselected, ThePoolThatSelectsNoNodeIsNamed) {
  Held held;
  EXPECT_EQ(held.why(), "");
  held.of_pool() = kEdge;
  EXPECT_EQ(held.why(),
            "no node is selected any more by nodeSelector of AddressPool public: 192.0.2.100 stays with the "
            "members that its group has");
  held.inputs.nodes.at({"", "node-b"}).meta.labels["edge"] = "";
  EXPECT_EQ(held.why(), "");
}

TEST(Unselected, SoAreThePlacementAndBothThatSelectNoneTogether) {
  Held held;
  held.object.spec.placement.node_selector = kFast;
  EXPECT_NE(held.why().find("by placement.nodeSelector of the VirtualIP: "), std::string::npos);
  held.of_pool() = kEdge;
  held.inputs.nodes.at({"", "node-a"}).meta.labels["edge"] = "";
  held.inputs.nodes.at({"", "node-b"}).meta.labels["fast"] = "";
  EXPECT_NE(held.why().find("of AddressPool public and placement.nodeSelector of the VirtualIP together: "),
            std::string::npos);
  held.inputs.nodes.at({"", "node-b"}).meta.labels["edge"] = "";
  EXPECT_EQ(held.why(), "");
}

TEST(Unselected, NothingIsSaidWithoutAPoolThatIsKnownOrWithoutNodes) {
  Held held;
  held.of_pool() = kEdge;
  held.inputs.nodes.clear();
  EXPECT_EQ(held.why(), "");
  held = {};
  held.inputs.pools.clear();
  EXPECT_EQ(held.why(), "");
}

TEST(Unselected, DegradesTheVirtualIPThatHoldsIt) {
  Scene scene;
  const GroupSummary summed = scene.summary();
  Report report{&scene.object, &scene.decision, {{ip("192.0.2.100"), &scene.group, &summed}}, {}};
  report.unselected = "no node is selected any more";
  const auto out = virtual_ip_status(report, kNow);
  EXPECT_EQ(reason(out, "Degraded"), "NoEligibleNode");
  EXPECT_EQ(find_condition(out.conditions, "Degraded")->message, "no node is selected any more");
  EXPECT_TRUE(is(out, "Ready", true));
  EXPECT_EQ(out.state, "Degraded");
  EXPECT_EQ(out.address, "192.0.2.100");
}

}  // namespace
}  // namespace fairlead::controller

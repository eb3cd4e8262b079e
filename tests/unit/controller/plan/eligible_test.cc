#include "controller/plan/eligible.h"

#include <gtest/gtest.h>

#include "unit/controller/builders.h"

// api.md, "Who is a member"; kubernetes.md 6, "Node labels, taints, conditions honoured".
namespace fairlead::controller {
namespace {

using namespace testing;

const Demand kDemand{ip("192.0.2.100"), "", {}, true};

Ineligible why(const Inputs& inputs, const Demand& demand) {
  return candidates(inputs, demand).others.at("node-b");
}
api::Node& node_b(Inputs& inputs) { return inputs.nodes.at({"", "node-b"}); }
api::NodeReport& report_b(Inputs& inputs) { return inputs.node_reports.at({"", "node-b"}); }

TEST(Eligible, ReadyNodesWithAnInterfaceThatCoversTheAddress) {
  const auto found = candidates(three_nodes(), kDemand);
  EXPECT_TRUE(found.others.empty());
  EXPECT_EQ(found.eligible.at("node-a"), (Site{"eth0", *net::parse_prefix("192.0.2.0/24")}));
  EXPECT_EQ(found.eligible.size(), 3U);
}

TEST(Eligible, NotANodeThatIsNotReady) {
  Inputs inputs = three_nodes();
  node_b(inputs).ready = false;
  EXPECT_EQ(why(inputs, kDemand), Ineligible::kNotReady);
}

TEST(Eligible, NotANodeWhoseNetworkIsUnavailable) {
  Inputs inputs = three_nodes();
  node_b(inputs).network_unavailable = true;
  EXPECT_EQ(why(inputs, kDemand), Ineligible::kNetworkUnavailable);
}

TEST(Eligible, NotANodeExcludedByLabel) {
  Inputs inputs = three_nodes();
  node_b(inputs).meta.labels["node.kubernetes.io/exclude-from-external-load-balancers"] = "";
  EXPECT_EQ(why(inputs, kDemand), Ineligible::kExcluded);
}

TEST(Eligible, NotANodeTaintedOutOfService) {
  for (const std::string key : {"node.kubernetes.io/out-of-service", "ToBeDeletedByClusterAutoscaler"}) {
    Inputs inputs = three_nodes();
    node_b(inputs).taints.push_back({key, "NoExecute"});
    EXPECT_EQ(why(inputs, kDemand), Ineligible::kOutOfService);
  }
}

TEST(Eligible, OtherTaintsDoNotMatter) {
  Inputs inputs = three_nodes();
  node_b(inputs).taints.push_back({"node-role.kubernetes.io/control-plane", "NoSchedule"});
  EXPECT_TRUE(candidates(inputs, kDemand).others.empty());
}

TEST(Eligible, NotACordonedNode) {
  Inputs inputs = three_nodes();
  node_b(inputs).unschedulable = true;
  EXPECT_EQ(why(inputs, kDemand), Ineligible::kCordoned);
}

// `--on-cordon ignore`, `--ignore-exclude-lb`.
TEST(Eligible, WhatTheSettingsTurnOffIsNoReason) {
  Inputs inputs = three_nodes();
  node_b(inputs).unschedulable = true;
  node_b(inputs).meta.labels["node.kubernetes.io/exclude-from-external-load-balancers"] = "";
  inputs.settings.ignore_cordon = true;
  inputs.settings.ignore_exclude_label = true;
  EXPECT_TRUE(candidates(inputs, kDemand).others.empty());
}

TEST(Eligible, NotANodeThatThePoolDoesNotSelect) {
  Inputs inputs = three_nodes();
  inputs.nodes.at({"", "node-a"}).meta.labels["edge"] = "true";
  Demand demand = kDemand;
  demand.node_selector.requirements.push_back({"edge", api::LabelOperator::kIn, {"true"}});
  EXPECT_EQ(why(inputs, demand), Ineligible::kNotSelected);
  EXPECT_EQ(candidates(inputs, demand).eligible.size(), 1U);
}

// externalTrafficPolicy: Local.
TEST(Eligible, NotANodeWithoutAnEndpointOfAServiceWithLocal) {
  Demand demand = kDemand;
  demand.local_nodes = {"node-a", "node-c"};
  EXPECT_EQ(why(three_nodes(), demand), Ineligible::kNoLocalEndpoint);
  EXPECT_EQ(candidates(three_nodes(), demand).eligible.size(), 2U);
  EXPECT_FALSE(selects(three_nodes(), demand, node("node-b")));
  auto not_ready = node("node-b");
  not_ready.ready = false;
  EXPECT_TRUE(selects(three_nodes(), demand, not_ready));
  demand.local_nodes = std::set<std::string>{};  // there is none anywhere
  EXPECT_TRUE(candidates(three_nodes(), demand).others.empty());
}

TEST(Eligible, NotANodeWithoutReport) {
  Inputs inputs = three_nodes();
  inputs.node_reports.erase({"", "node-b"});
  EXPECT_EQ(why(inputs, kDemand), Ineligible::kNoReport);
}

TEST(Eligible, NotANodeWithoutAPrefixThatCoversTheAddress) {
  Inputs inputs = three_nodes();
  put(inputs.node_reports, report("node-b", "eth0", "198.51.100.1/24"));
  EXPECT_EQ(why(inputs, kDemand), Ineligible::kNoInterface);
}

TEST(Eligible, NotANodeWithoutThePoolsInterface) {
  Inputs inputs = three_nodes();
  put(inputs.node_reports, report("node-b", "eth1", "192.0.2.2/24"));
  Demand demand = kDemand;
  demand.interface = "eth0";
  EXPECT_EQ(why(inputs, demand), Ineligible::kNoInterface);
  EXPECT_TRUE(candidates(inputs, kDemand).others.empty());
}

TEST(Eligible, NotANodeWhoseInterfaceIsDown) {
  Inputs inputs = three_nodes();
  report_b(inputs).spec.interfaces.front().up = false;
  EXPECT_EQ(why(inputs, kDemand), Ineligible::kInterfaceDown);
}

TEST(Eligible, ForwardingNeedsIpvsAndDelegateDoesNot) {
  Inputs inputs = three_nodes();
  report_b(inputs).spec.capabilities.ipvs = false;
  EXPECT_EQ(why(inputs, kDemand), Ineligible::kNoIpvs);
  Demand delegate = kDemand;
  delegate.forwards = false;
  EXPECT_TRUE(candidates(inputs, delegate).others.empty());
}

TEST(Eligible, OfSeveralPrefixesTheLongestCounts) {
  auto both = report("node-b", "eth0", "192.0.0.2/16");
  both.spec.interfaces.push_back({"eth1", 1500, true, {*net::parse_prefix("192.0.2.2/24")}, {}});
  EXPECT_EQ(site_of(both, ip("192.0.2.100"), "")->interface, "eth1");
}

TEST(Eligible, TheExplanationNamesEachNodeAndWhy) {
  Inputs inputs = three_nodes();
  inputs.nodes.erase({"", "node-a"});
  node_b(inputs).ready = false;
  inputs.node_reports.erase({"", "node-c"});
  EXPECT_EQ(explain(candidates(inputs, kDemand), kDemand),
            "node-b: the node is not Ready; node-c: no NodeReport, is fairlead-node running there?");
}

TEST(Eligible, TheExplanationNamesThePoolsInterfaceOncePerReason) {
  Demand demand = kDemand;
  demand.interface = "eth9";
  EXPECT_EQ(explain(candidates(three_nodes(), demand), demand),
            "node-a, node-b, node-c: no interface eth9 (the pool's) with a prefix that covers the address");
}

// A condition's message may have 32768 characters (the CRDs).
TEST(Eligible, TheExplanationOfALargeClusterStaysShort) {
  Inputs inputs = three_nodes();
  inputs.node_reports.clear();
  for (int i = 0; i < 997; ++i) put(inputs.nodes, node("worker-" + std::to_string(i)));
  EXPECT_EQ(explain(candidates(inputs, kDemand), kDemand),
            "node-a, node-b, node-c, worker-0, worker-1 and 995 more: no NodeReport, is fairlead-node "
            "running there?");
}

}  // namespace
}  // namespace fairlead::controller

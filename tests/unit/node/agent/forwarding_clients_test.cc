#include <algorithm>
#include <string>
#include <vector>

#include "unit/node/agent/forwarding_fixture.h"

// Source ranges on the forwarding thread (api.md, `sourceRanges`; datapath.md 5), and what the guard drops.
namespace fairlead::agent {
namespace {

using testing::Journal;
using testing::kKey;
using testing::kReal;
using testing::kVip;

class ForwardingClients : public testing::Forwarding {
 protected:
  // One virtual server for clients of that range; with none for all.
  ForwardingOrder order_for(const std::vector<std::string>& ranges) {
    ForwardingOrder order = serving(++sequence);
    plan::VirtualServerPlan& server = order.virtual_servers.at(kKey);
    for (const auto& range : ranges) server.traffic.source_ranges.push_back(*net::parse_prefix(range));
    nft_fake->elements = filter::element_count(filter::guard({{kKey, passage_of(kKey, server)}}));
    return order;
  }
  bool last_text_has(const std::string& part) const {
    return nft_fake->texts.back().find(part) != std::string::npos;
  }
  bool shows(const std::string& metric) const {
    return ("\n" + metrics.render()).find("\n" + metric + "\n") != std::string::npos;
  }

  std::uint64_t sequence = 0;
};

// kubernetes#88698: filters first.
TEST_F(ForwardingClients, TheRangesAreInTheGuardBeforeTheServiceExists) {
  agent->order(order_for({"10.0.0.0/8", "10.9.0.0/16", "2001:db8::/32"}));
  ASSERT_EQ(nft_fake->texts.size(), 1U);
  EXPECT_TRUE(last_text_has("allow4 { 192.0.2.100 . tcp . 80 . 10.0.0.0/8 }"));
  EXPECT_TRUE(last_text_has("limited4 { 192.0.2.100 . tcp . 80 }"));
  EXPECT_LT(at("guard changed"), at("add service TCP 192.0.2.100:80"));
  EXPECT_TRUE(report.ready.contains(kVip));
}

TEST_F(ForwardingClients, OtherRangesChangeTheGuardAloneAndInOneTransaction) {
  agent->order(order_for({"10.0.0.0/8"}));
  const auto before = journal.size();
  agent->order(order_for({"10.0.0.0/9"}));
  EXPECT_EQ(Journal(journal.begin() + static_cast<std::ptrdiff_t>(before), journal.end()),
            (Journal{"guard changed", "report: ready"}));
  EXPECT_EQ(nft_fake->texts.back(),
            "delete element inet fairlead allow4 { 192.0.2.100 . tcp . 80 . 10.0.0.0/8 }\n"
            "add element inet fairlead allow4 { 192.0.2.100 . tcp . 80 . 10.0.0.0/9 }\n");
  agent->order(order_for({}));
  EXPECT_EQ(nft_fake->texts.back(),
            "delete element inet fairlead allow4 { 192.0.2.100 . tcp . 80 . 10.0.0.0/9 }\n"
            "delete element inet fairlead limited4 { 192.0.2.100 . tcp . 80 }\n");
}

// Rather nobody than anybody.
TEST_F(ForwardingClients, WhileTheGuardCannotTakeNewRangesTheVipIsNotReady) {
  agent->order(order_for({}));
  nft_fake->refuses = true;
  agent->order(order_for({"10.0.0.0/8"}));
  EXPECT_FALSE(report.ready.contains(kVip));
}

TEST_F(ForwardingClients, AServiceWhoseRangesTheGuardDoesNotHaveIsNotAdded) {
  nft_fake->refuses = true;
  agent->order(order_for({"10.0.0.0/8"}));
  EXPECT_TRUE(ipvs_fake->table.empty());
}

// While its VIP is held it is open to those it was open to.
TEST_F(ForwardingClients, AVirtualServerThatLeavesKeepsItsRangesUntilItIsGone) {
  agent->order(order_for({"10.0.0.0/8"}));
  const auto texts = nft_fake->texts.size();
  agent->order(empty(++sequence));
  EXPECT_TRUE(ipvs_fake->table.contains(kKey));
  EXPECT_EQ(nft_fake->texts.size(), texts);
  agent->held(vrrp(sequence, {}));
  EXPECT_TRUE(ipvs_fake->table.empty());
  EXPECT_EQ(nft_fake->texts.back(), filter::remove_text());
}

TEST_F(ForwardingClients, WhatTheGuardDropsIsCountedByReasonAndFamily) {
  agent->order(order_for({"10.0.0.0/8"}));
  nft_fake->counted = {{"denied4", 5}, {"closed6", 2}};
  const std::string name = "fairlead_node_guard_dropped_packets_total";
  run_until([&] { return shows(name + R"({family="IPv4",reason="source_range"} 5)"); });
  EXPECT_TRUE(shows(name + R"({family="IPv4",reason="source_range"} 5)")) << metrics.render();
  EXPECT_TRUE(shows(name + R"({family="IPv6",reason="closed_port"} 2)")) << metrics.render();
  EXPECT_TRUE(shows(name + R"({family="IPv6",reason="source_range"} 0)")) << metrics.render();
}

// FN-09.
TEST_F(ForwardingClients, AConnectionTableThatIsNearlyFullIsAConditionAndAMetric) {
  agent->order(order_for({}));
  host_fake->conntrack = ConntrackUse{90, 100};
  run_until([&] { return !report.problems.empty(); });
  ASSERT_EQ(report.problems.size(), 1U);
  EXPECT_EQ(report.problems[0].reason, "ConntrackNearlyFull");
  EXPECT_TRUE(report.ready.contains(kVip));
  EXPECT_TRUE(shows("fairlead_node_conntrack_entries 90"));
  EXPECT_TRUE(shows("fairlead_node_conntrack_limit 100"));
  EXPECT_TRUE(shows(R"(fairlead_node_forwarding_problems{reason="ConntrackNearlyFull"} 1)"));
}

}  // namespace
}  // namespace fairlead::agent

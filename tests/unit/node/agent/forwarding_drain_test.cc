#include <string>

#include "node/agent/forwarding.h"
#include "support/captured_log.h"
#include "unit/node/agent/forwarding_fixture.h"

// What the forwarding thread does with real servers that leave: what it reports, counts and forgets.
namespace fairlead::agent {
namespace {

using testing::guard_of;
using testing::kKey;
using testing::kReal;
using testing::kVip;

const plan::VirtualServerKey kDns{kVip, net::Protocol::kUdp, net::Port(53)};

class ForwardingDrain : public testing::Forwarding {
 protected:
  // One virtual server with its only real server, or without.
  ForwardingOrder order_of(const plan::VirtualServerKey& key, bool with_server) {
    nft_fake->elements = filter::element_count(guard_of({key}));
    ForwardingOrder order;
    order.sequence = ++sequence;
    order.vips = {kVip};
    order.virtual_servers[key] = serving(1).virtual_servers.at(kKey);
    if (!with_server) order.virtual_servers[key].reals.clear();
    return order;
  }
  bool shows(const std::string& metric) const {
    return ("\n" + metrics.render()).find("\n" + metric + "\n") != std::string::npos;
  }

  std::uint64_t sequence = 0;
};

// onNoEndpoints Reject: the VIP stays, and new connections are refused at once.
TEST_F(ForwardingDrain, TheLastServerIsNotUsableAndTheVipIsReady) {
  agent->order(order_of(kKey, true));
  ipvs_fake->connections[{kKey, kReal}] = {1, 0, 0};
  EXPECT_TRUE(shows("fairlead_node_ipvs_draining_destinations 0"));
  agent->order(order_of(kKey, false));
  EXPECT_EQ(ipvs_fake->table.at(kKey).destinations.at(kReal).weight, ipvs::Weight(0));
  EXPECT_EQ(report.usable_reals.at(kKey), 0);
  EXPECT_TRUE(report.ready.contains(kVip));
  EXPECT_TRUE(report.problems.empty());
  EXPECT_TRUE(shows("fairlead_node_ipvs_destinations 1"));
  EXPECT_TRUE(shows("fairlead_node_ipvs_draining_destinations 1"));
}

// FN-07: what is counted is what others did.
TEST_F(ForwardingDrain, TheAuditEndsADrainAndThatIsNoRepair) {
  test::CapturedLog log(sys::LogLevel::kInfo, sys::LogFormat::kText);
  agent->order(order_of(kKey, true));
  agent->order(order_of(kKey, false));
  run_until([&] { return ipvs_fake->table.at(kKey).destinations.empty(); });
  EXPECT_TRUE(ipvs_fake->table.at(kKey).destinations.empty());
  EXPECT_TRUE(shows("fairlead_node_ipvs_draining_destinations 0"));
  EXPECT_EQ(metrics.render().find("fairlead_node_ipvs_repairs_total"), std::string::npos);
  EXPECT_EQ(log.count("forwarding.repaired"), 0);
}

// datapath.md 5; kubernetes#105192.
TEST_F(ForwardingDrain, ConnectionTrackingForgetsAUdpServerOnceIpvsHasItNoMore) {
  agent->order(order_of(kDns, true));
  agent->order(order_of(kDns, false));
  EXPECT_EQ(host_fake->asked_to_forget, 0);
  run_until([&] { return host_fake->asked_to_forget > 0; });
  EXPECT_EQ(host_fake->forgotten, (std::set<ipvs::Server>{{kDns, kReal}}));
  EXPECT_EQ(host_fake->asked_to_forget, 1);
  agent->order(order_of(kDns, false));
  EXPECT_EQ(host_fake->asked_to_forget, 1);
}

TEST_F(ForwardingDrain, OfTcpNothingIsForgotten) {
  agent->order(order_of(kKey, true));
  agent->order(order_of(kKey, false));
  run_until([&] { return ipvs_fake->table.at(kKey).destinations.empty(); });
  EXPECT_TRUE(ipvs_fake->table.at(kKey).destinations.empty());
  EXPECT_EQ(host_fake->asked_to_forget, 0);
}

// Or a client that goes on sending would never reach another server.
TEST_F(ForwardingDrain, WhatCouldNotBeForgottenIsTriedAgainAndToldOnce) {
  test::CapturedLog log(sys::LogLevel::kInfo, sys::LogFormat::kText);
  host_fake->keeps_connections = true;
  agent->order(order_of(kDns, true));
  agent->order(order_of(kDns, false));
  run_until([&] { return host_fake->asked_to_forget > 0; });
  for (int i = 0; i < 2; ++i) agent->order(order_of(kDns, false));
  EXPECT_EQ(host_fake->asked_to_forget, 3);
  host_fake->keeps_connections = false;
  agent->order(order_of(kDns, false));
  EXPECT_EQ(host_fake->forgotten, (std::set<ipvs::Server>{{kDns, kReal}}));
  agent->order(order_of(kDns, false));
  EXPECT_EQ(host_fake->asked_to_forget, 4);
  EXPECT_EQ(log.count("forwarding.servers_kept"), 1);
}

TEST_F(ForwardingDrain, WhatIsBackIsNotForgotten) {
  host_fake->keeps_connections = true;
  agent->order(order_of(kDns, true));
  agent->order(order_of(kDns, false));
  run_until([&] { return host_fake->asked_to_forget > 0; });
  EXPECT_EQ(host_fake->asked_to_forget, 1);
  host_fake->keeps_connections = false;
  agent->order(order_of(kDns, true));
  EXPECT_EQ(host_fake->asked_to_forget, 1);
}

// api.md: drainSeconds does not apply when the VirtualIP itself is deleted.
TEST_F(ForwardingDrain, AVipThatGoesIsNotWaitedFor) {
  agent->order(order_of(kKey, true));
  ipvs_fake->connections[{kKey, kReal}] = {1, 0, 0};
  agent->order(order_of(kKey, false));
  agent->order(empty(++sequence));
  agent->held(vrrp(sequence, {}));
  EXPECT_TRUE(ipvs_fake->table.empty());
}

}  // namespace
}  // namespace fairlead::agent

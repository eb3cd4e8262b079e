#include "node/ipvs/desired.h"

#include <gtest/gtest.h>

namespace fairlead::ipvs {
namespace {

Key web() { return {*net::parse_address("192.0.2.100"), net::Protocol::kTcp, net::Port{80}}; }
net::Endpoint real(const std::string& text) { return *net::parse_endpoint(text); }

std::map<Key, plan::VirtualServerPlan> one_server(api::Scheduler scheduler) {
  plan::VirtualServerPlan server;
  server.scheduler = scheduler;
  server.reals = {{real("10.0.0.1:8080"), {api::Weight{3}}}, {real("10.0.0.2:8080"), {api::Weight{0}}}};
  return {{web(), server}};
}

TEST(Desired, CarriesSchedulerServersAndWeights) {
  Entry entry;
  entry.service = {"rr", kNoFlags, Seconds{0}, kIPv4Host, ""};
  entry.destinations = {{real("10.0.0.1:8080"), {Method::kMasquerade, Weight{3}, 0, 0}},
                        {real("10.0.0.2:8080"), {Method::kMasquerade, Weight{0}, 0, 0}}};
  EXPECT_EQ(desired(one_server(api::Scheduler::kRr), {}), (Table{{web(), entry}}));
}

// datapath.md 3, W3.
TEST(Desired, DirectRoutingIsTheMethodOfItsServers) {
  auto servers = one_server(api::Scheduler::kRr);
  servers.at(web()).forwarding = api::Forwarding::kDirectRouting;
  const Entry entry = desired(servers, {}).at(web());
  EXPECT_EQ(entry.destinations.size(), 2U);
  for (const auto& [endpoint, destination] : entry.destinations) {
    EXPECT_EQ(destination.method, Method::kDirectRouting);
  }
}

// datapath.md 4: without it a quiesced server's share of new connections is refused (T55).
TEST(Desired, HashingSchedulersAlwaysGetTheFallbackFlag) {
  for (const auto scheduler : {api::Scheduler::kSh, api::Scheduler::kMh}) {
    EXPECT_EQ(desired(one_server(scheduler), {}).at(web()).service.flags, kHashFallback);
  }
}

TEST(Desired, OtherSchedulersGetNoFlag) {
  for (const auto scheduler : {api::Scheduler::kRr, api::Scheduler::kWrr, api::Scheduler::kLc,
                               api::Scheduler::kWlc, api::Scheduler::kSed, api::Scheduler::kNq,
                               api::Scheduler::kDh, api::Scheduler::kFo, api::Scheduler::kOvf}) {
    EXPECT_EQ(desired(one_server(scheduler), {}).at(web()).service.flags, kNoFlags);
  }
}

// api.md, scheduler: missing in the node's kernel: wlc is used.
TEST(Desired, AMissingSchedulerBecomesWlcWithoutItsFlags) {
  const Service service = desired(one_server(api::Scheduler::kMh), {api::Scheduler::kMh}).at(web()).service;
  EXPECT_EQ(service, (Service{"wlc", kNoFlags, Seconds{0}, kIPv4Host, ""}));
}

TEST(Desired, AMissingSchedulerDoesNotDisturbOthers) {
  EXPECT_EQ(desired(one_server(api::Scheduler::kRr), {api::Scheduler::kMh}).at(web()).service.scheduler,
            "rr");
}

// datapath.md 4: without persistence the netmask is all-ones, or 128.
TEST(Desired, TheNetmaskIsOneHost) {
  const Key six{*net::parse_address("2001:db8::1"), net::Protocol::kTcp, net::Port{80}};
  EXPECT_EQ(desired_service(web(), api::Scheduler::kRr).netmask, kIPv4Host);
  EXPECT_EQ(desired_service(six, api::Scheduler::kRr).netmask, kIPv6Host);
}

TEST(Desired, AVirtualServerWithoutServersIsAnEmptyService) {
  auto servers = one_server(api::Scheduler::kRr);
  servers.at(web()).reals.clear();
  EXPECT_TRUE(desired(servers, {}).at(web()).destinations.empty());
}

}  // namespace
}  // namespace fairlead::ipvs

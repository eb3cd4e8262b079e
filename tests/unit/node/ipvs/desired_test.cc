#include "node/ipvs/desired.h"

#include <gtest/gtest.h>

namespace fairlead::ipvs {
namespace {

Key web() { return {*net::parse_address("192.0.2.100"), net::Protocol::kTcp, net::Port{80}}; }
Key web6() { return {*net::parse_address("2001:db8::1"), net::Protocol::kTcp, net::Port{80}}; }
net::Endpoint real(const std::string& text) { return *net::parse_endpoint(text); }

Table desired(const std::map<Key, plan::VirtualServerPlan>& servers,
              const std::set<api::Scheduler>& missing) {
  Table table;
  for (const auto& [key, server] : servers) table.emplace(key, desired_entry(key, server, missing));
  return table;
}

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

TEST(Desired, WhatIsNotOfTheMissingSchedulerStays) {
  auto servers = one_server(api::Scheduler::kMh);
  api::Traffic& traffic = servers.at(web()).traffic;
  traffic.scheduler_flags.mh_port = true;
  traffic.persistence = api::Persistence{Seconds{60}, 24};
  EXPECT_EQ(desired(servers, {api::Scheduler::kMh}).at(web()).service,
            (Service{"wlc", kPersistent, Seconds{60}, Netmask{0xffffff00U}, ""}));
}

TEST(Desired, AMissingSchedulerDoesNotDisturbOthers) {
  EXPECT_EQ(desired(one_server(api::Scheduler::kRr), {api::Scheduler::kMh}).at(web()).service.scheduler,
            "rr");
}

// datapath.md 4: without persistence the netmask is all-ones, or 128.
TEST(Desired, TheNetmaskIsOneHost) {
  EXPECT_EQ(desired_service(web(), api::Scheduler::kRr, {}).netmask, kIPv4Host);
  EXPECT_EQ(desired_service(web6(), api::Scheduler::kRr, {}).netmask, kIPv6Host);
}

// datapath.md 4: flag 1, TIMEOUT and NETMASK.
TEST(Desired, PersistenceIsItsFlagItsTimeoutAndTheNetmaskOfItsPrefix) {
  api::Traffic traffic;
  traffic.persistence = api::Persistence{Seconds{10800}, std::nullopt};
  EXPECT_EQ(desired_service(web(), api::Scheduler::kRr, traffic),
            (Service{"rr", kPersistent, Seconds{10800}, kIPv4Host, ""}));
  EXPECT_EQ(desired_service(web6(), api::Scheduler::kRr, traffic).netmask, kIPv6Host);
  const std::pair<int, std::uint32_t> masks[] = {
      {1, 0x80000000U}, {24, 0xffffff00U}, {31, 0xfffffffeU}, {32, 0xffffffffU}};
  for (const auto& [length, mask] : masks) {
    traffic.persistence->prefix_length = length;
    EXPECT_EQ(desired_service(web(), api::Scheduler::kRr, traffic).netmask, Netmask{mask}) << length;
  }
  traffic.persistence->prefix_length = 64;
  EXPECT_EQ(desired_service(web6(), api::Scheduler::kRr, traffic).netmask, Netmask{64});
}

TEST(Desired, AHashingSchedulerHasItsOwnPortFlagAndNoOthers) {
  api::Traffic sh;
  sh.scheduler_flags.sh_port = true;
  api::Traffic mh;
  mh.scheduler_flags.mh_port = true;
  EXPECT_EQ(desired_service(web(), api::Scheduler::kSh, sh).flags, kHashFallback | kHashPort);
  EXPECT_EQ(desired_service(web(), api::Scheduler::kMh, mh).flags, kHashFallback | kHashPort);
  EXPECT_EQ(desired_service(web(), api::Scheduler::kMh, sh).flags, kHashFallback);
  EXPECT_EQ(desired_service(web(), api::Scheduler::kSh, mh).flags, kHashFallback);
  EXPECT_EQ(desired_service(web(), api::Scheduler::kRr, sh).flags, kNoFlags);
}

TEST(Desired, OnePacketIsAFlagBesideTheOthers) {
  api::Traffic traffic;
  traffic.one_packet = true;
  EXPECT_EQ(desired_service(web(), api::Scheduler::kRr, traffic).flags, kOnePacket);
  traffic.persistence = api::Persistence{Seconds{60}, std::nullopt};
  EXPECT_EQ(desired_service(web(), api::Scheduler::kMh, traffic).flags,
            kOnePacket | kPersistent | kHashFallback);
}

// Those that drain, too: the limit is the server's.
TEST(Desired, ConnectionLimitsAreTheThresholdsOfEveryServer) {
  auto servers = one_server(api::Scheduler::kRr);
  servers.at(web()).traffic.connection_limits = {100, 50};
  const Destinations wanted{{real("10.0.0.1:8080"), {Method::kMasquerade, Weight{3}, 100, 50}},
                            {real("10.0.0.2:8080"), {Method::kMasquerade, Weight{0}, 100, 50}}};
  EXPECT_EQ(desired(servers, {}).at(web()).destinations, wanted);
}

TEST(Desired, AVirtualServerWithoutServersIsAnEmptyService) {
  auto servers = one_server(api::Scheduler::kRr);
  servers.at(web()).reals.clear();
  EXPECT_TRUE(desired(servers, {}).at(web()).destinations.empty());
}

}  // namespace
}  // namespace fairlead::ipvs

#include "node/agent/health_monitor.h"

#include <gmock/gmock.h>

#include "support/captured_log.h"
#include "support/fake_prober.h"

// The wiring of checks: who is asked, what is told and counted.
namespace fairlead::agent {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

net::Endpoint at(const std::string& text) { return *net::parse_endpoint(text); }

const plan::VirtualServerKey kWeb{at("192.0.2.100:80").address, net::Protocol::kTcp, net::Port(80)};
const plan::VirtualServerKey kOther{at("192.0.2.101:80").address, net::Protocol::kTcp, net::Port(80)};
const health::Failed kRefused{health::FailureReason::kRefused, "connection refused"};

health::CheckKey check(const std::string& target) {
  health::CheckKey out;
  out.target = at(target);
  return out;
}

plan::VirtualServerPlan server(const std::vector<std::string>& reals) {
  plan::VirtualServerPlan out;
  for (const auto& real : reals) out.reals.insert({at(real), {api::Weight(1)}});
  out.checks = {api::HealthCheck{}};
  return out;
}

class Monitor : public testing::Test {
 protected:
  void order(const HealthMonitor::Servers& servers) {
    monitor.order(servers, [this](const HealthMonitor::Keys& keys) {
      asked = keys;
      return in_service;
    });
  }
  health::Verdict verdict(const std::string& target) { return monitor.checks().at(check(target)).verdict; }
  bool shows(const std::string& line) const {
    return ("\n" + metrics.render()).find("\n" + line + "\n") != std::string::npos;
  }

  sys::Loop loop;
  sys::Metrics metrics;
  test::FakeProber prober;
  HealthMonitor::Keys told;
  HealthMonitor::Keys asked;
  std::map<plan::VirtualServerKey, std::set<net::Endpoint>> in_service;
  HealthMonitor monitor{loop, prober, metrics, [this](const HealthMonitor::Keys& keys) {
                          told = keys;
                          loop.stop();
                        }};
};

// datapath.md 9: one check per (address, port, spec) shared by all services.
TEST_F(Monitor, AsksEachServerOnceHoweverManyVirtualServersAskForIt) {
  order({{kWeb, server({"10.0.0.1:80", "10.0.0.2:80"})}, {kOther, server({"10.0.0.1:80"})}});
  EXPECT_THAT(prober.started, ElementsAre(check("10.0.0.1:80"), check("10.0.0.2:80")));
}

TEST_F(Monitor, TellsAllVirtualServersThatAskedOfAChange) {
  order({{kWeb, server({"10.0.0.1:80", "10.0.0.2:80"})}, {kOther, server({"10.0.0.1:80"})}});
  prober.answer(check("10.0.0.1:80"), health::Passed{});
  EXPECT_EQ(verdict("10.0.0.1:80"), health::Verdict::kUp);
  EXPECT_EQ(verdict("10.0.0.2:80"), health::Verdict::kUnknown);
  loop.run();
  EXPECT_THAT(told, ElementsAre(kWeb, kOther));
}

TEST_F(Monitor, AnOrderAgainDisturbsNoAttempt) {
  order({{kWeb, server({"10.0.0.1:80"})}});
  order({{kWeb, server({"10.0.0.1:80", "10.0.0.2:80"})}});
  EXPECT_THAT(prober.started, ElementsAre(check("10.0.0.1:80"), check("10.0.0.2:80")));
  EXPECT_THAT(prober.running, SizeIs(2));
}

TEST_F(Monitor, AnAttemptThatNobodyAsksForAnyMoreIsGivenUp) {
  order({{kWeb, server({"10.0.0.1:80"})}});
  order({});
  EXPECT_THAT(prober.running, IsEmpty());
  EXPECT_THAT(monitor.checks(), IsEmpty());
}

// After a restart the kernel's table says who served.
TEST_F(Monitor, AServerThatServesIsUpUntilItsCheckSaysOtherwise) {
  in_service = {{kWeb, {at("10.0.0.1:80")}}};
  order({{kWeb, server({"10.0.0.1:80", "10.0.0.2:80"})}});
  EXPECT_THAT(asked, ElementsAre(kWeb));
  EXPECT_EQ(verdict("10.0.0.1:80"), health::Verdict::kUp);
  EXPECT_EQ(verdict("10.0.0.2:80"), health::Verdict::kUnknown);
  EXPECT_THAT(prober.started, ElementsAre(check("10.0.0.2:80")));
}

TEST_F(Monitor, NobodyIsAskedWhoServesWhileNothingIsNew) {
  order({{kWeb, server({"10.0.0.1:80"})}});
  asked.clear();
  order({{kWeb, server({"10.0.0.1:80"})}, {kOther, server({"10.0.0.1:80"})}});
  EXPECT_THAT(asked, IsEmpty());
}

TEST_F(Monitor, LogsAndCountsEachChangeOnce) {
  test::CapturedLog log(sys::LogLevel::kInfo, sys::LogFormat::kText);
  order({{kWeb, server({"10.0.0.1:80", "10.0.0.2:80"})}});
  prober.answer(check("10.0.0.1:80"), health::Passed{});
  prober.answer(check("10.0.0.2:80"), kRefused);
  EXPECT_TRUE(shows(R"(fairlead_node_health_checks{verdict="up"} 1)"));
  EXPECT_TRUE(shows(R"(fairlead_node_health_checks{verdict="down"} 1)"));
  EXPECT_TRUE(shows(R"(fairlead_node_health_checks{verdict="unknown"} 0)"));
  EXPECT_TRUE(shows(R"(fairlead_node_health_attempts_total{result="passed"} 1)"));
  EXPECT_TRUE(shows(R"(fairlead_node_health_attempts_total{result="refused"} 1)"));
  EXPECT_TRUE(shows(R"(fairlead_node_health_changes_total{to="up"} 1)"));
  EXPECT_TRUE(shows(R"(fairlead_node_health_changes_total{to="down"} 1)"));
  const auto lines = log.lines();
  EXPECT_EQ(test::count(lines, "health.up check=\"tcp 10.0.0.1:80\""), 1);
  EXPECT_EQ(test::count(lines, "health.down check=\"tcp 10.0.0.2:80\" error=\"connection refused\""), 1);
}

// EMFILE is not "server down".
TEST_F(Monitor, WhatThisHostCannotTryIsToldOnceAndChangesNoVerdict) {
  test::CapturedLog log(sys::LogLevel::kInfo, sys::LogFormat::kText);
  order({{kWeb, server({"10.0.0.1:80", "10.0.0.2:80"})}});
  prober.answer(check("10.0.0.1:80"), health::NotTried{"EMFILE"});
  prober.answer(check("10.0.0.2:80"), health::NotTried{"EMFILE"});
  EXPECT_EQ(verdict("10.0.0.1:80"), health::Verdict::kUnknown);
  EXPECT_THAT(monitor.not_tried(), SizeIs(2));
  order({{kWeb, server({"10.0.0.1:80"})}});
  EXPECT_THAT(monitor.not_tried(), SizeIs(1));
  const auto lines = log.lines();
  EXPECT_EQ(test::count(lines, "health.not_tried"), 1);
  EXPECT_EQ(test::count(lines, "health.down"), 0);
}

}  // namespace
}  // namespace fairlead::agent

#include "node/agent/forwarding_problems.h"

#include <gtest/gtest.h>

#include <string>

// Issue F, bad input: a condition and a metric that name it.
namespace fairlead::agent {
namespace {

const plan::VirtualServerKey kWeb{*net::parse_address("192.0.2.100"), net::Protocol::kTcp, net::Port(80)};
const plan::VirtualServerKey kTls{*net::parse_address("192.0.2.100"), net::Protocol::kTcp, net::Port(443)};
const net::Endpoint kReal{*net::parse_address("10.0.0.1"), net::Port(80)};

std::vector<ForwardingFaults> one_of_each() {
  std::vector<ForwardingFaults> all(12);
  all[0].table = fail(Code::kNotFound, "this kernel has no IPVS");
  all[1].guard = fail(Code::kInvalid, "nft ended with 1: No such file or directory");
  all[2].guard = fail(Code::kUnavailable, "nft: no end");
  all[3].foreign = {kWeb};
  all[4].fought_over = {kWeb};
  all[5].looping = {{kWeb, kReal}};
  all[6].failed = {{kWeb, "EINVAL"}};
  all[7].refused = {{kWeb, {{kReal, "EINVAL"}}}};
  all[8].not_tried[health::CheckKey{}] = "EPERM";
  all[9].mismatches = {{"net.ipv4.ip_forward", "1", "0"}};
  all[10].missing_schedulers = {api::Scheduler::kMh};
  all[11].full_conntrack = ConntrackUse{80, 100};
  return all;
}

TEST(ProblemCounts, HaveTheReasonsOfTheConditions) {
  for (const auto& faults : one_of_each()) {
    const auto conditions = conditions_of(faults);
    ASSERT_EQ(conditions.size(), 1U);
    EXPECT_EQ(problem_counts(faults), (std::map<std::string, std::size_t>{{conditions[0].reason, 1}}));
  }
}

// Issue F 3: a value turned back by others is told as such.
TEST(Conditions, SayThatASettingWasRightBefore) {
  ForwardingFaults faults;
  faults.mismatches = {{"net.ipv4.ip_forward", "1", "0"}, {"net.ipv4.vs.conntrack", "1", ""}};
  faults.turned_back = {{"net.ipv4.ip_forward", 3}, {"net.ipv4.vs.expire_nodest_conn", 1}};
  ASSERT_EQ(conditions_of(faults).size(), 1U);
  EXPECT_EQ(conditions_of(faults)[0].message,
            "net.ipv4.ip_forward is 0, must be 1 (it was right before: something sets it, 3 times by now), "
            "net.ipv4.vs.conntrack is missing, must be 1; run `fairlead-node prepare-host`");
}

// It would be written anew each second.
TEST(Conditions, OfAFullTableDoNotSayHowManyThereAreJustNow) {
  ForwardingFaults faults;
  faults.full_conntrack = ConntrackUse{80, 100};
  const auto before = conditions_of(faults);
  faults.full_conntrack = ConntrackUse{90, 100};
  EXPECT_EQ(conditions_of(faults), before);
}

TEST(ProblemCounts, SayHowManyThereAre) {
  ForwardingFaults faults;
  EXPECT_TRUE(problem_counts(faults).empty());
  faults.foreign = {kWeb, kTls};
  faults.refused = {{kWeb, {{kReal, "EINVAL"}}}, {kTls, {{kReal, "EINVAL"}}}};
  EXPECT_EQ(problem_counts(faults),
            (std::map<std::string, std::size_t>{{"ForeignService", 2}, {"ServerRefused", 2}}));
}

}  // namespace
}  // namespace fairlead::agent

#include "node/health/real_servers.h"

#include <gtest/gtest.h>

// datapath.md 9: what checks make of real servers.
namespace fairlead::health {
namespace {

net::Endpoint at(const std::string& text) { return *net::parse_endpoint(text); }

const net::Endpoint kOne = at("10.0.0.1:80");
const net::Endpoint kTwo = at("10.0.0.2:80");

plan::VirtualServerPlan server() {
  plan::VirtualServerPlan out;
  out.reals = {{kOne, {api::Weight(3)}}, {kTwo, {api::Weight(5)}}};
  out.checks = {api::HealthCheck{}};
  return out;
}
CheckKey check_of(const net::Endpoint& target) {
  CheckKey out;
  out.target = target;
  return out;
}
Check saying(Verdict verdict, const std::string& error) { return {verdict, 0, std::nullopt, error}; }

TEST(ChecksOf, GoToTheRealServersPortUnlessTheyNameAnother) {
  plan::VirtualServerPlan value = server();
  api::HealthCheck own;
  own.port = net::Port(8080);
  own.source_address = *net::parse_address("10.0.0.9");
  own.interval = Seconds(6);
  own.timeout = Seconds(2);
  own.retries = 4;
  own.retry_delay = Seconds(0);
  value.checks.push_back(own);
  const CheckKey other{at("10.0.0.1:8080"), *net::parse_address("10.0.0.9"), Seconds(6), Seconds(2), 4,
                       Seconds(0)};
  EXPECT_EQ(checks_of(value, kOne), (std::set<CheckKey>{check_of(kOne), other}));
}

TEST(ChecksOf, AreNoneWhereNoneAreAskedFor) {
  plan::VirtualServerPlan value = server();
  value.checks.clear();
  EXPECT_TRUE(checks_of(value, kOne).empty());
  EXPECT_TRUE(healths_of(value, {}).empty());
}

TEST(HealthsOf, AreThatOfTheOnlyCheck) {
  const std::map<CheckKey, Check> checks{{check_of(kOne), saying(Verdict::kUp, "")},
                                         {check_of(kTwo), saying(Verdict::kDown, "connection refused")}};
  EXPECT_EQ(healths_of(server(), checks),
            (Healths{{kOne, {Verdict::kUp, ""}}, {kTwo, {Verdict::kDown, "connection refused"}}}));
}

TEST(HealthsOf, ACheckThatIsNotThereIsUnknown) {
  EXPECT_EQ(healths_of(server(), {}),
            (Healths{{kOne, {Verdict::kUnknown, ""}}, {kTwo, {Verdict::kUnknown, ""}}}));
}

// "All checkers of a server must pass."
TEST(HealthsOf, AllChecksMustPass) {
  plan::VirtualServerPlan value = server();
  value.reals.erase(kTwo);
  api::HealthCheck second;
  second.port = net::Port(81);
  value.checks.push_back(second);
  const CheckKey other = check_of(at("10.0.0.1:81"));
  const struct {
    Verdict first, second, both;
  } table[] = {
      {Verdict::kUp, Verdict::kUp, Verdict::kUp},
      {Verdict::kUp, Verdict::kDown, Verdict::kDown},
      {Verdict::kUp, Verdict::kUnknown, Verdict::kUnknown},
      {Verdict::kUnknown, Verdict::kDown, Verdict::kDown},
      {Verdict::kDown, Verdict::kDown, Verdict::kDown},
  };
  for (const auto& row : table) {
    for (const bool turned : {false, true}) {
      const Verdict one = turned ? row.second : row.first;
      const Verdict two = turned ? row.first : row.second;
      const std::map<CheckKey, Check> checks{
          {check_of(kOne), saying(one, one == Verdict::kUp ? "" : "first")},
          {other, saying(two, two == Verdict::kUp ? "" : "second")}};
      const RealHealth health = healths_of(value, checks).at(kOne);
      EXPECT_EQ(health.verdict, row.both);
      EXPECT_EQ(health.error.empty(), row.both == Verdict::kUp);
    }
  }
}

// A failure that a retry may still mend is shown.
TEST(HealthsOf, AnUpServerMayHaveAnError) {
  const std::map<CheckKey, Check> checks{
      {check_of(kOne), {Verdict::kUp, 1, std::nullopt, "connection refused"}}};
  EXPECT_EQ(healths_of(server(), checks).at(kOne), (RealHealth{Verdict::kUp, "connection refused"}));
}

TEST(Served, WithoutHealthsIsAsPlanned) { EXPECT_EQ(served(server(), {}), server()); }

TEST(Served, DrainSetsTheWeightOfWhatIsNotUpToZero) {
  for (const auto verdict : {Verdict::kDown, Verdict::kUnknown}) {
    plan::VirtualServerPlan expected = server();
    expected.reals.at(kTwo).weight = api::Weight(0);
    EXPECT_EQ(served(server(), {{kOne, {Verdict::kUp, ""}}, {kTwo, {verdict, ""}}}), expected);
  }
}

TEST(Served, RemoveTakesItOut) {
  for (const auto verdict : {Verdict::kDown, Verdict::kUnknown}) {
    plan::VirtualServerPlan value = server();
    value.on_unhealthy = api::OnUnhealthy::kRemove;
    plan::VirtualServerPlan expected = value;
    expected.reals.erase(kTwo);
    EXPECT_EQ(served(value, {{kOne, {Verdict::kUp, ""}}, {kTwo, {verdict, ""}}}), expected);
  }
}

TEST(Served, AServerThatIsUpAgainHasItsWeightAgain) {
  EXPECT_EQ(served(server(), {{kOne, {Verdict::kUp, ""}}, {kTwo, {Verdict::kUp, ""}}}), server());
}

}  // namespace
}  // namespace fairlead::health

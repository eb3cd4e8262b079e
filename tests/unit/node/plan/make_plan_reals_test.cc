#include "node/plan/make_plan.h"

#include <gmock/gmock.h>

#include <cstddef>
#include <vector>

#include "unit/node/plan/planning.h"

// Of the real servers of a set, those that a node has, and how they leave.
namespace fairlead::plan {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::kNodeA;
using testing::nat_group;
using ::testing::Pair;
using testing::plan_of;
using testing::real;
using testing::set;
using testing::tcp;

// An endpoint of Kubernetes has a node, and is Draining for as long as its Pod is there. kubernetes#105192.
TEST(SetPlanning, APodThatWasDrainingAndAPodOfUdpAreGoneOnceTheyAreRemoved) {
  auto servers = set("web-v4-0", "g");
  auto& server = servers.spec.virtual_servers[0];
  server.reals = {real("10.0.0.1:8080", 1), real("10.0.0.2:8080", 1), real("10.0.0.3:8080", 1),
                  real("10.0.0.4:8080", 1)};
  for (const std::size_t i : {0U, 1U}) server.reals[i].node = "node-b";
  for (const std::size_t i : {0U, 2U}) server.reals[i].state = api::RealState::kDraining;
  const auto gone = [&](net::Protocol protocol) {
    server.protocol = protocol;
    const auto made = plan_of({nat_group("g")}, {servers});
    std::vector<bool> out;
    for (const auto& [endpoint, one] : made.plan.virtual_servers.begin()->second.reals) {
      out.push_back(one.gone_once_removed);
    }
    return out;
  };
  EXPECT_THAT(gone(net::Protocol::kTcp), ElementsAre(true, false, false, false));
  EXPECT_THAT(gone(net::Protocol::kSctp), ElementsAre(true, false, false, false));
  EXPECT_THAT(gone(net::Protocol::kUdp), ElementsAre(true, true, false, false));
}

// KEP-1669: where no Pod is ready those that terminate get new connections, and are gone like others.
TEST(SetPlanning, APodThatIsDrainingHasTheWeightThatTheSetSays) {
  auto servers = set("web-v4-0", "g");
  auto& server = servers.spec.virtual_servers[0];
  server.reals = {real("10.0.0.1:8080", 1), real("10.0.0.2:8080", 0)};
  for (auto& one : server.reals) {
    one.node = "node-b";
    one.state = api::RealState::kDraining;
  }
  EXPECT_THAT(plan_of({nat_group("g")}, {servers}).plan.virtual_servers.at(tcp("192.0.2.10:80")).reals,
              ElementsAre(Pair(*net::parse_endpoint("10.0.0.1:8080"), RealServerPlan{api::Weight(1), true}),
                          Pair(*net::parse_endpoint("10.0.0.2:8080"), RealServerPlan{api::Weight(0), true})));
}

// api.md, RealServerSet: externalTrafficPolicy. The others are as if they were not there: not checked, not
// counted.
TEST(SetPlanning, WithExternalTrafficPolicyLocalThereAreTheRealServersOfThisNodeAlone) {
  auto servers = set("web-v4-0", "g");
  auto& server = servers.spec.virtual_servers[0];
  server.reals = {real("10.0.0.1:8080", 1), real("10.0.0.2:8080", 1), real("10.0.0.3:8080", 1)};
  server.reals[0].node = "node-b";
  server.reals[1].node = kNodeA.name;
  EXPECT_EQ(plan_of({nat_group("g")}, {servers}).plan.virtual_servers.at(tcp("192.0.2.10:80")).reals.size(),
            3U);
  server.external_traffic_policy = api::ExternalTrafficPolicy::kLocal;
  const auto made = plan_of({nat_group("g")}, {servers});
  EXPECT_THAT(made.plan.virtual_servers.at(tcp("192.0.2.10:80")).reals,
              ElementsAre(Pair(*net::parse_endpoint("10.0.0.2:8080"), RealServerPlan{api::Weight(1)})));
  server.reals.erase(server.reals.begin() + 1);  // none runs here: the virtual server refuses, and is there
  EXPECT_THAT(plan_of({nat_group("g")}, {servers}).plan.virtual_servers.at(tcp("192.0.2.10:80")).reals,
              IsEmpty());
}

}  // namespace
}  // namespace fairlead::plan

#include "controller/plan/own_speakers.h"

#include <gtest/gtest.h>

#include "controller/plan/desired.h"
#include "controller/plan/remember.h"
#include "unit/controller/builders.h"

namespace fairlead::controller {
namespace {

using namespace testing;
using std::chrono::minutes;

// node-c hears node-a, whose address is 192.0.2.1, with this ID.
api::HeardVirtualRouter heard(int id, const std::string& source = "192.0.2.1") {
  return {"eth0", net::Family::kIPv4, id, ip(source)};
}

Inputs with_group(int id) {
  Inputs inputs = three_nodes();
  auto one = group({"g", id, {{"192.0.2.100", "web"}}, {{"node-a", 200}, {"node-b", 150}}});
  put(inputs.groups, one);
  inputs.now = TimePoint(minutes(100));
  return inputs;
}

TEST(OwnSpeakers, AreTheMembersOfOurGroupsUnderTheirIds) {
  const OwnSpeakers own(with_group(7));
  EXPECT_TRUE(own.contains(heard(7)));
  EXPECT_FALSE(own.contains(heard(8)));
  EXPECT_FALSE(own.contains(heard(7, "192.0.2.3")));   // node-c is no member
  EXPECT_FALSE(own.contains(heard(7, "192.0.2.77")));  // nobody of ours
  auto six = heard(7);
  six.family = net::Family::kIPv6;
  EXPECT_FALSE(own.contains(six));
}

// Nodes tell of what they have heard for ten minutes.
TEST(OwnSpeakers, WhoLeftAGroupOrWhoseGroupIsGoneIsOneForElevenMinutes) {
  Inputs inputs = with_group(7);
  inputs.memory = remember(inputs, desired(inputs));
  inputs.groups.clear();
  inputs.now += minutes(10);
  EXPECT_TRUE(OwnSpeakers(inputs).contains(heard(7)));
  inputs.memory = remember(inputs, desired(inputs));  // which does not make it younger
  inputs.now += minutes(1);
  EXPECT_FALSE(OwnSpeakers(inputs).contains(heard(7)));
}

// The only ID that the pool has was that of a group of ours, and node-b has heard its member node-a.
TEST(OwnSpeakers, AnIdThatOurOwnGroupHadIsFreeAgain) {
  Inputs inputs = three_nodes();
  auto only = pool("public", "192.0.2.0/24");
  only.spec.vrrp.virtual_router_ids = {{7, 7}};
  put(inputs.pools, only);
  put(inputs.virtual_ips, vip("web", "192.0.2.100"));
  put(inputs.claims, claim_naming("192-0-2-0-24-v4-7", "192.0.2.100", "web"));
  inputs.now = TimePoint(minutes(100));
  inputs.node_reports.at({"", "node-b"}).spec.heard_virtual_routers.push_back(heard(7));
  EXPECT_TRUE(desired(inputs).groups.empty());
  inputs.memory.spoken = {{{"node-a", net::Family::kIPv4, 7}, inputs.now - minutes(5)}};
  EXPECT_EQ(desired(inputs).groups.size(), 1U);
}

}  // namespace
}  // namespace fairlead::controller

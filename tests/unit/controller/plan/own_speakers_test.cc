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

}  // namespace
}  // namespace fairlead::controller

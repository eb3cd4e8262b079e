#include "controller/plan/seats.h"

#include <gtest/gtest.h>

#include "unit/controller/builders.h"

// api.md, "Who is a member, with which priority".
namespace fairlead::controller {
namespace {

using namespace testing;

const Demand kDemand{ip("192.0.2.100"), "", {}, true};

Table table(const Inputs& inputs, std::vector<api::GroupMember> incumbents) {
  return {"g", std::move(incumbents), candidates(inputs, kDemand), kDemand, Milliseconds(250), "eth0", {}};
}
std::map<std::string, int> by_node(const std::vector<api::GroupMember>& members) {
  std::map<std::string, int> out;
  for (const auto& member : members) out[member.node] = member.priority;
  return out;
}
Inputs many_nodes(int count) {
  Inputs inputs = three_nodes();
  for (int i = 4; i <= count; ++i) {
    const std::string name = "node-" + std::to_string(i);
    put(inputs.nodes, node(name));
    put(inputs.node_reports, report(name, "eth0", "192.0.2." + std::to_string(i) + "/24"));
  }
  return inputs;
}
using Priorities = std::map<std::string, int>;

TEST(Seats, EveryEligibleNodeOfAFewIsAMember) {
  const Inputs inputs = three_nodes();
  const auto members = seats(inputs, table(inputs, {}));
  ASSERT_EQ(members.size(), 3U);
  EXPECT_EQ(members.front().node_uid, "uid-node-a");
  EXPECT_EQ(members.front().interface, "");
}

TEST(Seats, AtMostEightOfManyChosenByTheHashOfGroupAndUid) {
  const Inputs inputs = many_nodes(20);
  const auto chosen = by_node(seats(inputs, table(inputs, {})));
  EXPECT_EQ(chosen.size(), 8U);
  Table other = table(inputs, {});
  other.group = "h";
  EXPECT_NE(by_node(seats(inputs, other)), chosen);
  EXPECT_EQ(by_node(seats(inputs, table(inputs, {}))), chosen);
}

TEST(Seats, IncumbentsStayWhoeverElseIsEligible) {
  const Inputs inputs = many_nodes(20);
  auto first = seats(inputs, table(inputs, {}));
  const Inputs more = many_nodes(40);
  EXPECT_EQ(seats(more, table(more, first)), first);
}

TEST(Seats, AnIncumbentWhoseLinkIsDownOrNodeNotReadyKeepsItsSeatAndPriority) {
  Inputs inputs = three_nodes();
  const auto before = seats(inputs, table(inputs, {}));
  inputs.node_reports.at({"", "node-a"}).spec.interfaces.front().up = false;
  inputs.nodes.at({"", "node-b"}).ready = false;
  EXPECT_EQ(seats(inputs, table(inputs, before)), before);
}

TEST(Seats, AnIncumbentWhoseInterfaceIsMissingStaysForTenMinutesAndThenIsReplaced) {
  Inputs inputs = many_nodes(9);
  auto before = seats(inputs, table(inputs, {}));
  const std::string gone = before.front().node;
  inputs.node_reports.at({"", gone}).spec.interfaces.clear();
  inputs.memory.interface_missing_since[{"g", gone}] = inputs.now;
  inputs.now += Seconds(599);
  EXPECT_TRUE(by_node(seats(inputs, table(inputs, before))).contains(gone));
  inputs.now += Seconds(1);
  const auto after = by_node(seats(inputs, table(inputs, before)));
  EXPECT_FALSE(after.contains(gone));
  EXPECT_EQ(after.size(), 8U);
}

TEST(Seats, ItIsNotReplacedWhileNobodyStandsOutside) {
  Inputs inputs = three_nodes();
  const auto before = seats(inputs, table(inputs, {}));
  inputs.node_reports.at({"", "node-a"}).spec.interfaces.clear();
  inputs.memory.interface_missing_since[{"g", "node-a"}] = inputs.now;
  inputs.now += Seconds(3600);
  EXPECT_EQ(by_node(seats(inputs, table(inputs, before))), by_node(before));
}

TEST(Seats, AMissingCarrierAloneNeverCostsTheSeat) {
  Inputs inputs = many_nodes(9);
  const auto before = seats(inputs, table(inputs, {}));
  inputs.node_reports.at({"", before.front().node}).spec.interfaces.front().up = false;
  EXPECT_FALSE(interface_missing(inputs, before.front(), kDemand));
}

TEST(Seats, AMemberWhoseNodeObjectIsGoneLeaves) {
  Inputs inputs = three_nodes();
  const auto before = seats(inputs, table(inputs, {}));
  inputs.nodes.erase({"", "node-b"});
  EXPECT_FALSE(by_node(seats(inputs, table(inputs, before))).contains("node-b"));
}

TEST(Seats, TheLastMemberStaysThoughItsNodeIsGone) {
  Inputs inputs = three_nodes();
  inputs.nodes.clear();
  const auto members = seats(inputs, table(inputs, {{"node-b", "uid-node-b", 200, ""}}));
  EXPECT_EQ(by_node(members), (Priorities{{"node-b", 200}}));
}

TEST(Seats, ANodeMadeAgainKeepsItsPriorityUnderTheNewUid) {
  Inputs inputs = three_nodes();
  inputs.nodes.at({"", "node-b"}).meta.uid = "uid-new";
  const auto members =
      seats(inputs, table(inputs, {{"node-a", "uid-node-a", 200, ""}, {"node-b", "uid-node-b", 150, ""}}));
  EXPECT_EQ(members[1].node_uid, "uid-new");
  EXPECT_EQ(members[1].priority, 150);
}

TEST(Seats, TheRotationOrdersTheRanksOfANewGroup) {
  const Inputs inputs = three_nodes();
  Table rotated = table(inputs, {});
  rotated.rotation = {"node-b", "node-c", "node-a"};
  EXPECT_EQ(by_node(seats(inputs, rotated)), (Priorities{{"node-a", 100}, {"node-b", 200}, {"node-c", 150}}));
}

TEST(Seats, AMemberOnAnotherInterfaceCarriesItsOwn) {
  Inputs inputs = three_nodes();
  put(inputs.node_reports, report("node-c", "bond0", "192.0.2.3/24"));
  const auto members = seats(inputs, table(inputs, {}));
  EXPECT_EQ(members[0].interface, "");
  EXPECT_EQ(members[2].interface, "bond0");
}

}  // namespace
}  // namespace fairlead::controller

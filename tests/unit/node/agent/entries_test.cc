#include "node/agent/entries.h"

#include <gmock/gmock.h>

#include "unit/node/plan/builders.h"

namespace fairlead::agent {
namespace {

using ::testing::ElementsAre;
using testing::ip;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using testing::tcp;

const Speaker kSpeaker{{"node-a", "uid-a"}, "i-1", "0.1.0"};

api::Condition condition(const std::string& type, const std::string& message) {
  api::Condition out;
  out.type = type;
  out.reason = type;
  out.status = api::ConditionStatus::kTrue;
  out.message = message;
  return out;
}

api::ObjectMeta meta(const std::string& name) {
  api::ObjectMeta out;
  out.name = name;
  out.uid = "uid-" + name;
  return out;
}

// Group g with 192.0.2.10, TCP :80 with two servers and :443 with one of them; the node is its Master.
struct Situation {
  PlanView view;
  Reports reports;
};

Situation serving() {
  Situation out;
  plan::GroupPlan group;
  group.name = "g";
  group.version = {"uid-g", 3, 1};
  group.interface = "eth0";
  group.priority = vrrp::Priority(200);
  group.virtual_router_id = vrrp::VirtualRouterId(51);
  group.addresses = {ip("192.0.2.10")};
  out.view.origin = PlanOrigin::kApi;
  out.view.plan.groups = {{"g", group}};
  const net::Endpoint first = *net::parse_endpoint("10.0.0.1:8080");
  const net::Endpoint second = *net::parse_endpoint("10.0.0.2:8080");
  plan::VirtualServerPlan both{"g", api::Forwarding::kNat, api::Scheduler::kRr, {{first, {}}, {second, {}}}};
  plan::VirtualServerPlan one{"g", api::Forwarding::kNat, api::Scheduler::kRr, {{first, {}}}};
  out.view.plan.virtual_servers = {{tcp("192.0.2.10:80"), both}, {tcp("192.0.2.10:443"), one}};
  out.view.plan.sets = {{{"shop", "web-v4-0"},
                         {{"u", 7, 1}, "g", {{tcp("192.0.2.10:80"), 0, 2}, {tcp("192.0.2.10:443"), 0, 1}}}}};
  GroupReport report;
  report.uid = "uid-g";
  report.state = api::MemberState::kMaster;
  report.since = WallTime(Seconds(5));
  report.observed_generation = 3;
  report.programmed = true;
  report.priority = 200;
  report.last_transition = api::MemberTransition{WallTime(Seconds(5)), "MasterDown", 850};
  report.held = {ip("192.0.2.10")};
  out.reports.vrrp.groups = {{"g", report}};
  out.reports.vrrp.held = {ip("192.0.2.10")};
  out.reports.forwarding.programmed = {tcp("192.0.2.10:80"), tcp("192.0.2.10:443")};
  out.reports.forwarding.usable_reals = {{tcp("192.0.2.10:80"), 2}, {tcp("192.0.2.10:443"), 1}};
  return out;
}

// api.md, VRRPGroup: status.members[].
TEST(MemberEntry, SaysWhatTheVrrpThreadReports) {
  const auto now = serving();
  api::MemberStatus wanted;
  wanted.node = "node-a";
  wanted.group_uid = "uid-g";
  wanted.instance = "i-1";
  wanted.state = api::MemberState::kMaster;
  wanted.since = WallTime(Seconds(5));
  wanted.observed_generation = 3;
  wanted.programmed = true;
  wanted.confirmed = 4;
  wanted.last_transition = api::MemberTransition{WallTime(Seconds(5)), "MasterDown", 850};
  EXPECT_EQ(member_entry(kSpeaker, meta("g"), now.view, now.reports, 4), wanted);
}

TEST(MemberEntry, AGroupThatIsNotCarriedOutIsInInitializeWithTheReason) {
  auto now = serving();
  now.view.problems = {{"VRRPGroup",
                        {"", "h"},
                        plan::Refusal::kVirtualRouterIdInUse,
                        {"spec.virtualRouterID", "51 is that of g on eth0"}}};
  const auto entry = member_entry(kSpeaker, meta("h"), now.view, now.reports, 0);
  EXPECT_EQ(entry.state, api::MemberState::kInitialize);
  EXPECT_EQ(entry.observed_generation, 0);
  EXPECT_THAT(entry.problems,
              ElementsAre(condition("VRIDInUse", "spec.virtualRouterID: 51 is that of g on eth0")));
}

// K-15: what one object was does not stand in the status of another that was made under its name.
TEST(MemberEntry, ANewObjectOfTheNameBeginsInInitialize) {
  const auto now = serving();
  auto again = meta("g");
  again.uid = "uid-g-again";
  const auto entry = member_entry(kSpeaker, again, now.view, now.reports, 0);
  EXPECT_EQ(entry.state, api::MemberState::kInitialize);
  EXPECT_EQ(entry.observed_generation, 0);
  EXPECT_FALSE(entry.programmed);
  EXPECT_EQ(entry.group_uid, "uid-g-again");
}

// api.md, Release: a member that was replaced is asked whether it has let go, and says so.
struct Left : ::testing::Test {
  Left() {
    now.view.sequence = 5;
    now.view.plan.not_run = {{"left", {"uid-left", 8, 1}}};
    now.reports.vrrp.sequence = 5;
  }
  std::int64_t generation() const {
    return member_entry(kSpeaker, meta("left"), now.view, now.reports, 0).observed_generation;
  }
  Situation now = serving();
};

TEST_F(Left, AGroupThatWeHaveLeftIsReportedInInitializeWithItsGeneration) {
  const auto entry = member_entry(kSpeaker, meta("left"), now.view, now.reports, 0);
  EXPECT_EQ(entry.state, api::MemberState::kInitialize);
  EXPECT_EQ(entry.observed_generation, 8);
  EXPECT_FALSE(entry.programmed);
}

TEST_F(Left, NotBeforeTheOrderWithoutItIsCarriedOut) {
  now.reports.vrrp.sequence = 4;
  EXPECT_EQ(generation(), 0);
}

TEST_F(Left, NotWhileAnAddressThatThePlanDoesNotHaveIsOnAnInterface) {
  now.reports.vrrp.held.insert(ip("192.0.2.77"));
  EXPECT_EQ(generation(), 0);
}

TEST_F(Left, NotForAnotherObjectOfItsName) {
  now.view.plan.not_run = {{"left", {"uid-of-the-one-before", 8, 1}}};
  EXPECT_EQ(generation(), 0);
}

TEST(MemberEntry, ARefusedOlderGenerationIsSaid) {
  auto now = serving();
  now.view.refused = {{"VRRPGroup", {"", "g"}, plan::Ruling::kRefuseOlder, 3}};
  const auto entry = member_entry(kSpeaker, meta("g"), now.view, now.reports, 0);
  ASSERT_THAT(entry.problems, SizeIs(1));
  EXPECT_EQ(entry.problems[0].type, "GenerationWentBack");
  EXPECT_TRUE(entry.problems[0].message.ends_with("raise spec.configEpoch above 3"))
      << entry.problems[0].message;
  EXPECT_EQ(entry.state, api::MemberState::kMaster);
}

// What keeps the host from forwarding concerns groups that forward, and no others.
TEST(MemberEntry, ProblemsOfForwardingConcernOnlyGroupsWithVirtualServers) {
  auto now = serving();
  now.view.plan.groups.insert({"delegate", plan::GroupPlan{}});
  now.reports.forwarding.problems = {condition("HostNotPrepared", "net.ipv4.vs.conntrack is 0")};
  EXPECT_THAT(member_entry(kSpeaker, meta("g"), now.view, now.reports, 0).problems,
              ElementsAre(condition("HostNotPrepared", "net.ipv4.vs.conntrack is 0")));
  EXPECT_THAT(member_entry(kSpeaker, meta("delegate"), now.view, now.reports, 0).problems, IsEmpty());
}

TEST(SetEntry, CountsARealServerOnceForAllPortsOfTheVip) {
  const auto now = serving();
  const auto& set = now.view.plan.sets.at({"shop", "web-v4-0"});
  EXPECT_EQ(set_entry(kSpeaker, set, now.view.plan, now.reports.forwarding),
            (api::RealServerSetMember{"node-a", 2, 2, 7}));
}

TEST(SetEntry, WhatOneVirtualServerLacksIsNotUp) {
  auto now = serving();
  now.reports.forwarding.usable_reals[tcp("192.0.2.10:80")] = 1;
  const auto& set = now.view.plan.sets.at({"shop", "web-v4-0"});
  EXPECT_EQ(set_entry(kSpeaker, set, now.view.plan, now.reports.forwarding).up, 1);
  now.reports.forwarding.usable_reals.clear();
  EXPECT_EQ(set_entry(kSpeaker, set, now.view.plan, now.reports.forwarding).up, 0);
}

// K-31: owned by its Node, a cluster-scoped owner; without the claim of the token there is no UID.
TEST(NodeReportOf, IsOwnedByItsNodeIfItsUidIsKnown) {
  const auto now = serving();
  EXPECT_THAT(node_report(kSpeaker, now.view, now.reports).meta.owner_references,
              ElementsAre(api::OwnerReference{"v1", "Node", "node-a", "uid-a", false}));
  const Speaker nameless{{"node-a", ""}, "i-1", "0.1.0"};
  EXPECT_THAT(node_report(nameless, now.view, now.reports).meta.owner_references, IsEmpty());
}

TEST(NodeReportOf, ListsInterfacesByNameAndEveryProblem) {
  auto now = serving();
  now.reports.vrrp.interfaces = {{"eth1", 1500, true, {}, {}}, {"eth0", 1500, true, {}, {}}};
  now.reports.forwarding.capabilities = {true, {"rr", "wlc"}, true, "6.1.0"};
  now.view.checkpoint_problems = {"checkpoint: write /var/lib/fairlead/checkpoint.json: ENOSPC"};
  const auto report = node_report(kSpeaker, now.view, now.reports);
  ASSERT_THAT(report.spec.interfaces, SizeIs(2));
  EXPECT_EQ(report.spec.interfaces[0].name, "eth0");
  EXPECT_EQ(report.spec.capabilities, now.reports.forwarding.capabilities);
  EXPECT_THAT(report.spec.problems,
              ElementsAre("checkpoint: write /var/lib/fairlead/checkpoint.json: ENOSPC"));
}

// FN-18: of the whole node, though every group says it.
TEST(NodeReportOf, SaysOnceThatAnotherDaemonHasThisName) {
  auto now = serving();
  auto group = now.reports.vrrp.groups.begin()->second;
  group.problems = {{kDuplicateNode, api::ConditionStatus::kTrue, "AnotherInstance", "c7d2", 0, {}}};
  now.reports.vrrp.groups = {{"g", group}, {"h", group}};
  EXPECT_THAT(node_report(kSpeaker, now.view, now.reports).spec.problems, ElementsAre("DuplicateNode: c7d2"));
}

TEST(StateOf, JoinsThePlanWithWhatIsReported) {
  const auto now = serving();
  const auto state = node_state(kSpeaker, now.view, now.reports);
  EXPECT_EQ(state.plan_source, "API");
  ASSERT_THAT(state.groups, SizeIs(1));
  EXPECT_EQ(state.groups[0].state, api::MemberState::kMaster);
  EXPECT_THAT(state.groups[0].addresses, ElementsAre(api::StateAddress{ip("192.0.2.10"), true}));
  ASSERT_THAT(state.virtual_servers, SizeIs(2));
  EXPECT_EQ(state.virtual_servers[0].endpoint.port, net::Port(80));
  EXPECT_EQ(state.virtual_servers[0].usable, 2);
  EXPECT_TRUE(state.virtual_servers[0].programmed);
}

// kubernetes.md 1, static manifests: what a file has displaced is in Initialize, says why, and keeps nobody
// waiting.
TEST(MemberEntry, AGroupWhoseNameAFileHasIsNotRunAndSaysSoFirst) {
  auto now = serving();
  now.view.plan.groups.at("g").version.uid = plan::kManifestUid;
  now.view.plan.not_run = {{"g", {"uid-g", 3, 1}}};
  now.view.problems = {
      {"VRRPGroup", {"", "g"}, plan::Refusal::kStaticConflict, {"metadata.name", "in a file"}}};
  now.reports.vrrp.groups.at("g").uid = plan::kManifestUid;
  now.reports.vrrp.groups.at("g").problems = {condition("FenceOverlap", "of the file's group")};
  const auto entry = member_entry(kSpeaker, meta("g"), now.view, now.reports, 0);
  EXPECT_EQ(entry.state, api::MemberState::kInitialize);
  EXPECT_EQ(entry.observed_generation, 3);
  ASSERT_THAT(entry.problems, SizeIs(1));
  EXPECT_EQ(entry.problems[0].type, "StaticConflict");
}

TEST(StateOf, SaysWhichGroupsComeFromFiles) {
  auto now = serving();
  EXPECT_EQ(node_state(kSpeaker, now.view, now.reports).groups[0].source, "api");
  now.view.plan.groups.at("g").version.uid = plan::kManifestUid;
  EXPECT_EQ(node_state(kSpeaker, now.view, now.reports).groups[0].source, "static");
}

TEST(StateOf, SaysOfEachFileWhatIsInForceOfIt) {
  auto now = serving();
  plan::ManifestFile file;
  file.groups.resize(2);
  auto& settled = now.view.manifests.settled;
  settled.in_force = {{"a.yaml", file}, {"b.yaml", file}};
  settled.refusals = {{"b.yaml", 7, "VRRPGroup g", {"spec", "is wrong"}},
                      {"c.yaml", 0, "", {"", "is no file"}}};
  settled.remarks = {{"a.yaml", 3, "VRRPGroup h", {"spec", "does nothing"}}};
  EXPECT_THAT(
      node_state(kSpeaker, now.view, now.reports).files,
      ElementsAre(api::StateFile{"a.yaml", "Current", 2, 0, {"a.yaml:3: VRRPGroup h: spec: does nothing"}},
                  api::StateFile{"b.yaml", "Older", 2, 0, {"b.yaml:7: VRRPGroup g: spec: is wrong"}},
                  api::StateFile{"c.yaml", "Refused", 0, 0, {"c.yaml: is no file"}}));
}

TEST(NodeReportOf, HasTheProblemsOfFilesAndOfTheirFolder) {
  auto now = serving();
  now.view.manifests.folder_problem = "open /x: ENOENT";
  now.view.manifests.settled.refusals = {{"c.yaml", 0, "", {"", "is no file"}}};
  EXPECT_THAT(node_report(kSpeaker, now.view, now.reports).spec.problems,
              ElementsAre("static: open /x: ENOENT", "static: c.yaml: is no file"));
}

// api.md, Command lines: /state with real servers, weights, health.
TEST(StateOf, ShowsWhatTheChecksSayOfEachRealServer) {
  auto now = serving();
  const auto key = tcp("192.0.2.10:80");
  const auto first = now.view.plan.virtual_servers.at(key).reals.begin()->first;
  now.reports.forwarding.healths[key] = {{first, {health::Verdict::kDown, "connection refused"}}};
  const auto state = node_state(kSpeaker, now.view, now.reports);
  EXPECT_EQ(state.virtual_servers[0].reals[0].health, "Down");
  EXPECT_EQ(state.virtual_servers[0].reals[0].error, "connection refused");
  EXPECT_EQ(state.virtual_servers[0].reals[1].health, "");  // not checked
}

}  // namespace
}  // namespace fairlead::agent

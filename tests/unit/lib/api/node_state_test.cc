#include "lib/api/node_state.h"

#include <gmock/gmock.h>

namespace fairlead::api {
namespace {

using ::testing::IsEmpty;

net::IpAddress ip(const std::string& text) { return *net::parse_address(text); }

NodeState sample() {
  NodeState out;
  out.node = "node-a";
  out.instance = "5f2c";
  out.version = "0.1.0";
  out.plan_source = "API";
  StateGroup group;
  group.name = "192-0-2-0-24-v4-51";
  group.interface = "eth0";
  group.virtual_router_id = 51;
  group.state = MemberState::kMaster;
  group.priority = 200;
  group.since = WallTime(Microseconds(1'700'000'000'250'000));
  group.programmed = true;
  group.addresses = {{ip("192.0.2.10"), true}, {ip("192.0.2.11"), false}};
  group.last_transition = MemberTransition{WallTime(Seconds(1'700'000'000)), "MasterDown", 850};
  Condition problem;
  problem.type = "FenceOverlap";
  problem.status = ConditionStatus::kTrue;
  problem.reason = "FenceOverlap";
  problem.message = "1.3 s";
  group.problems = {problem};
  StateGroup backup;
  backup.name = "b";
  backup.source = "static";
  backup.virtual_router_id = 52;
  backup.state = MemberState::kBackup;
  backup.hears = "192.0.2.1";
  out.groups = {group, backup};
  StateVirtualServer server;
  server.endpoint = {ip("192.0.2.10"), net::Port(80)};
  server.protocol = net::Protocol::kUdp;
  server.group = group.name;
  server.scheduler = Scheduler::kRr;
  server.programmed = true;
  server.usable = 1;
  server.reals = {{{ip("10.0.0.1"), net::Port(8080)}, Weight(3), "Down", "connection refused"},
                  {{ip("10.0.0.2"), net::Port(8080)}, Weight(0)}};
  out.virtual_servers = {server};
  out.files = {{"gw.yaml", "Older", 1, 2, {"gw.yaml:3: wrong"}}};
  out.problems = {"HostNotPrepared: net.ipv4.vs.conntrack is 0, wanted 1"};
  return out;
}

// api.md, Command lines: /state.
TEST(NodeState, ComesBackAsItWasWritten) {
  const auto decoded = decode_node_state(encode_node_state(sample()));
  EXPECT_THAT(decoded.problems, IsEmpty());
  EXPECT_EQ(decoded.value, sample());
}

TEST(NodeState, RefusesWhatIsNoState) {
  EXPECT_FALSE(decode_node_state("not found").ok());
  EXPECT_FALSE(decode_node_state("{}").ok());
}

}  // namespace
}  // namespace fairlead::api

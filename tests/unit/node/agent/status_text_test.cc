#include "node/agent/status_text.h"

#include <gmock/gmock.h>

namespace fairlead::agent {
namespace {

net::IpAddress ip(const std::string& text) { return *net::parse_address(text); }

api::NodeState state() {
  api::NodeState out;
  out.node = "node-a";
  out.version = "0.1.0";
  out.plan_source = "API";
  return out;
}

// api.md, Command lines.
TEST(StatusText, ShowsGroupsWithTheirAddressesAndTheLastTransition) {
  auto shown = state();
  api::StateGroup group;
  group.name = "192-0-2-0-24-v4-51";
  group.interface = "eth0";
  group.virtual_router_id = 51;
  group.state = api::MemberState::kMaster;
  group.priority = 200;
  group.addresses = {{ip("192.0.2.10"), true}, {ip("192.0.2.11"), false}};
  group.last_transition = api::MemberTransition{WallTime(Seconds(1'700'000'000)), "MasterDown", 850};
  shown.groups = {group};
  EXPECT_EQ(status_text(shown),
            "Node node-a, fairlead-node 0.1.0, plan from: API\n"
            "\n"
            "GROUP               STATE   PRIO  INTERFACE  VRID  ADDRESS (* held)\n"
            "192-0-2-0-24-v4-51  Master  200   eth0       51    192.0.2.10*\n"
            "                                                   192.0.2.11\n"
            "192-0-2-0-24-v4-51\n"
            "  since 2023-11-14T22:13:20Z MasterDown, outage 850 ms\n");
}

TEST(StatusText, ShowsWhatABackupHearsAndWhatIsWrong) {
  auto shown = state();
  api::StateGroup group;
  group.name = "g";
  group.interface = "eth9";
  group.virtual_router_id = 1;
  group.priority = 100;
  group.state = api::MemberState::kBackup;
  group.hears = "192.0.2.1";
  api::Condition problem;
  problem.type = "FenceOverlap";
  problem.message = "1.3 s";
  group.problems = {problem};
  shown.groups = {group};
  shown.problems = {"HostNotPrepared: net.ipv4.vs.conntrack is 0, wanted 1"};
  EXPECT_EQ(status_text(shown),
            "Node node-a, fairlead-node 0.1.0, plan from: API\n"
            "! HostNotPrepared: net.ipv4.vs.conntrack is 0, wanted 1\n"
            "\n"
            "GROUP  STATE   PRIO  INTERFACE  VRID  ADDRESS (* held)\n"
            "g      Backup  100   eth9       1     none\n"
            "g\n"
            "  hears 192.0.2.1\n"
            "  ! FenceOverlap: 1.3 s\n");
}

TEST(StatusText, ShowsVirtualServersWithTheirRealServersAndWeights) {
  auto shown = state();
  api::StateVirtualServer server;
  server.endpoint = {ip("192.0.2.10"), net::Port(80)};
  server.scheduler = api::Scheduler::kRr;
  server.programmed = true;
  server.usable = 1;
  server.reals = {{{ip("10.0.0.1"), net::Port(8080)}, api::Weight(1)},
                  {{ip("10.0.0.2"), net::Port(8080)}, api::Weight(0)}};
  api::StateVirtualServer pending;
  pending.endpoint = {ip("192.0.2.10"), net::Port(443)};
  shown.virtual_servers = {server, pending};
  EXPECT_EQ(status_text(shown),
            "Node node-a, fairlead-node 0.1.0, plan from: API\n"
            "\n"
            "No groups.\n"
            "\n"
            "VIRTUAL SERVER      SCHEDULER  UP             REAL SERVER (weight)\n"
            "TCP 192.0.2.10:80   rr         1/2            10.0.0.1:8080 (1)\n"
            "                                              10.0.0.2:8080 (0)\n"
            "TCP 192.0.2.10:443  wlc        0/0 (pending)  none\n");
}

}  // namespace
}  // namespace fairlead::agent

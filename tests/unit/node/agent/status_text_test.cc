#include "node/agent/status_text.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "lib/base/text.h"
#include "node/agent/text_table.h"

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

// Issue C: where each group comes from, and what is wrong with the files.
TEST(StatusText, ShowsFilesAndWhichGroupsTheyGave) {
  auto shown = state();
  api::StateGroup group;
  group.name = "gw";
  group.source = "static";
  group.interface = "eth0";
  group.virtual_router_id = 51;
  group.priority = 100;
  api::StateGroup other = group;
  other.name = "web";
  other.source = "api";
  shown.groups = {group, other};
  shown.files = {{"gw.yaml",
                  "Older",
                  1,
                  0,
                  {"gw.yaml:7: VRRPGroup gw: spec.members[0].priority: must be 1..255, got 256"}},
                 {"web.yaml", "Current", 0, 2, {}}};
  EXPECT_EQ(status_text(shown),
            "Node node-a, fairlead-node 0.1.0, plan from: API\n"
            "\n"
            "GROUP  STATE       PRIO  INTERFACE  VRID  FROM    ADDRESS (* held)\n"
            "gw     Initialize  100   eth0       51    static  none\n"
            "web    Initialize  100   eth0       51    api     none\n"
            "\n"
            "FILE      STATE    GROUPS  SERVER SETS\n"
            "gw.yaml   Older    1       0\n"
            "web.yaml  Current  0       2\n"
            "! gw.yaml:7: VRRPGroup gw: spec.members[0].priority: must be 1..255, got 256\n");
  shown.plan_source = "Static";
  EXPECT_THAT(status_text(shown), ::testing::Not(::testing::HasSubstr("FROM")));
}

std::size_t longest_line(const std::string& text) {
  std::size_t longest = 0;
  for (const auto& line : split(text, '\n')) longest = std::max(longest, line.size());
  return longest;
}

// The master that was preempted answered until then.
TEST(StatusText, PreemptionIsNoOutage) {
  auto shown = state();
  api::StateGroup group;
  group.name = "g";
  group.last_transition = api::MemberTransition{WallTime(Seconds(1'700'000'000)), "Preempted", 193};
  shown.groups = {group};
  EXPECT_THAT(status_text(shown), ::testing::HasSubstr("\n  since 2023-11-14T22:13:20Z Preempted\n"));
}

// Who may write a file may give it any name and any content.
TEST(StatusText, NothingThatAFileSaysMovesTheTerminal) {
  const std::string evil = "\x1b[2J\r\n\u009b";
  auto shown = state();
  shown.node = evil;
  shown.plan_source = evil;
  shown.problems = {evil};
  api::StateGroup group;
  group.name = evil;
  group.interface = evil;
  group.hears = evil;
  group.problems = {api::Condition{evil, api::ConditionStatus::kTrue, evil, evil, 0, {}}};
  shown.groups = {group};
  api::StateVirtualServer server;
  server.reals = {{{ip("192.0.2.1"), net::Port(80)}, api::Weight(1)}};
  server.reals[0].health = evil;
  server.reals[0].error = evil;
  shown.virtual_servers = {server};
  for (const std::string& name : {evil, evil + std::string(90, 'x')}) {  // in a table, and in a paragraph
    shown.files = {{name, evil, 0, 0, {evil}}};
    const std::string text = status_text(shown);
    for (const auto& line : split(text, '\n')) EXPECT_EQ(line, printable(line));
    EXPECT_THAT(text, ::testing::HasSubstr("! \\x1b[2J\\x0d\\x0a\\x9b"));
  }
}

// Issue C: 80 columns, with the longest of everything.
TEST(StatusText, NoLineIsLongerThan80Columns) {
  auto shown = state();
  shown.node = std::string(253, 'n');
  api::StateGroup group;
  group.name = std::string(253, 'g');
  group.source = "static";
  group.interface = "interface-name0";
  group.virtual_router_id = 255;
  group.priority = 254;
  group.addresses = {{ip("2001:db8:1111:2222:3333:4444:5555:6666"), true},
                     {ip("2001:db8:1111:2222:3333:4444:5555:7777"), false}};
  group.hears = "fe80::1111:2222:3333:4444%interface-name0";
  group.last_transition =
      api::MemberTransition{WallTime(Seconds(1'700'000'000)), "OwnerAddressMissing", 999'999'999};
  api::Condition problem;
  problem.type = "FenceOverlap";
  problem.message = "a sentence that goes on and on " + std::string(200, 'x') + " \u00e4\u00f6\u00fc " +
                    std::string(90, 'y');
  group.problems = {problem};
  shown.groups = {group};
  api::StateVirtualServer server;
  server.endpoint = {ip("2001:db8:1111:2222:3333:4444:5555:6666"), net::Port(65535)};
  server.reals = {{{ip("2001:db8:1111:2222:3333:4444:5555:8888"), net::Port(65535)}, api::Weight(65535)}};
  shown.virtual_servers = {server};
  shown.files = {{std::string(250, 'f') + ".yaml", "Refused", 0, 0, {std::string(300, 'p')}}};
  shown.problems = {std::string(170, 'q')};
  const std::string text = status_text(shown);
  EXPECT_LE(longest_line(text), 80U) << text;
  EXPECT_THAT(text, ::testing::HasSubstr("2001:db8:1111:2222:3333:4444:5555:6666*"));
  EXPECT_THAT(text, ::testing::HasSubstr("    2001:db8:1111:2222:3333:4444:5555:7777\n"));
}

TEST(Wrapped, LinesAreBrokenBetweenWordsAndGoOnFurtherIn) {
  const std::string word(30, 'w');
  EXPECT_EQ(wrapped("  ! " + word + " " + word + " " + word + "\nshort\n"),
            "  ! " + word + " " + word + "\n      " + word + "\nshort\n");
}

TEST(Wrapped, AWordThatIsTooLongIsCutButNoCharacter) {
  EXPECT_EQ(wrapped(std::string(79, 'a') + "\u00e4b"), std::string(79, 'a') + "\n    \u00e4b");
  EXPECT_EQ(wrapped(std::string(80, 'a')), std::string(80, 'a'));
}

TEST(StatusText, ShowsWhatTheChecksSayAndEachErrorOnce) {
  auto shown = state();
  api::StateVirtualServer server;
  server.endpoint = {ip("192.0.2.10"), net::Port(80)};
  server.scheduler = api::Scheduler::kRr;
  server.programmed = true;
  server.usable = 1;
  server.reals = {{{ip("10.0.0.1"), net::Port(80)}, api::Weight(1), "Up", ""},
                  {{ip("10.0.0.2"), net::Port(80)}, api::Weight(1), "Down", "connection refused"}};
  auto second = server;
  second.endpoint.address = ip("192.0.2.11");
  shown.virtual_servers = {server, second};
  EXPECT_EQ(status_text(shown),
            "Node node-a, fairlead-node 0.1.0, plan from: API\n"
            "\n"
            "No groups.\n"
            "\n"
            "VIRTUAL SERVER     SCHEDULER  UP   REAL SERVER (weight)\n"
            "TCP 192.0.2.10:80  rr         1/2  10.0.0.1:80 (1) Up\n"
            "                                   10.0.0.2:80 (1) Down\n"
            "TCP 192.0.2.11:80  rr         1/2  10.0.0.1:80 (1) Up\n"
            "                                   10.0.0.2:80 (1) Down\n"
            "  ! 10.0.0.2:80: connection refused\n");
}

}  // namespace
}  // namespace fairlead::agent

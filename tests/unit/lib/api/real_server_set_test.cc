#include "lib/api/real_server_set.h"

#include <gtest/gtest.h>

namespace fairlead::api {
namespace {

using Paths = std::vector<std::string>;

net::IpAddress ip(std::string_view text) { return *net::parse_address(text); }

std::string document(const std::string& server) {
  return R"({"metadata":{"name":"web-v4-0","namespace":"shop"},"spec":{"group":"g","virtualServers":[)" +
         server + "]}}";
}
std::string with_reals(const std::string& reals) {
  return document(R"({"address":"192.0.2.10","port":80,"reals":[)" + reals + "]}");
}

RealServerSet example() {
  RealServerSet out;
  out.meta.name = "web-v4-0";
  out.meta.namespace_name = "shop";
  out.meta.labels = {{"fairlead.dev/group", "g"}, {"fairlead.dev/virtualip", "web"}};
  out.meta.owner_references = {{"fairlead.dev/v1alpha1", "VirtualIP", "web", "u1", true}};
  out.spec.group = "g";
  out.spec.slice_index = 1;
  out.spec.slice_count = 2;
  out.spec.virtual_servers = {
      {ip("192.0.2.10"),
       net::Port(53),
       net::Protocol::kUdp,
       Scheduler::kRr,
       Forwarding::kNat,
       {{ip("192.0.2.21"), net::Port(5353), Weight(1), "node-a", RealState::kReady},
        {ip("192.0.2.22"), net::Port(5353), Weight(0), "", RealState::kDraining}},
       {{CheckKind::kTcp, Seconds(6), Seconds(2), 3, Seconds(0), net::Port(54), ip("192.0.2.1")},
        HealthCheck{}},
       OnUnhealthy::kRemove,
       ExternalTrafficPolicy::kLocal},
      {ip("192.0.2.10"), net::Port(80), net::Protocol::kTcp, Scheduler::kWlc, Forwarding::kNat, {}}};
  return out;
}

// api.md, RealServerSet.
TEST(RealServerSet, AppliesTheDefaultsOfTheSchema) {
  const auto decoded = decode_real_server_set(with_reals(R"({"address":"192.0.2.21","port":8080})"));
  ASSERT_TRUE(decoded.ok()) << to_string(decoded.problems);
  RealServerSetSpec expected;
  expected.group = "g";
  expected.virtual_servers = {{ip("192.0.2.10"),
                               net::Port(80),
                               net::Protocol::kTcp,
                               Scheduler::kWlc,
                               Forwarding::kNat,
                               {{ip("192.0.2.21"), net::Port(8080), Weight(1), "", RealState::kReady}}}};
  EXPECT_EQ(decoded.value.spec, expected);
}

TEST(RealServerSet, RefusesWithPathAndWhatIsAllowed) {
  const std::string at = "spec.virtualServers[0].";
  const std::pair<std::string, std::string> refused[] = {
      {R"({"metadata":{"name":"x"},"spec":{}})", "spec.group: required"},
      {R"({"metadata":{"name":"x"},"spec":{"group":"g","slice":{"index":1,"count":1}}})",
       "spec.slice.index: must be 0..0, got 1"},
      {document("{}"), at + "address: required; " + at + "port: required"},
      {document(R"({"address":"192.0.2.10","port":0})"),
       at + "port: 0 (any port) is allowed with persistence only"},
      {document(R"({"address":"192.0.2.10","port":80,"protocol":"ICMP"})"),
       at + "protocol: must be one of TCP, UDP, SCTP, got \"ICMP\""},
      {document(R"({"address":"192.0.2.10","port":80},{"address":"192.0.2.10","port":80})"),
       "spec.virtualServers[1]: must be unique by address, port and protocol, got 192.0.2.10:80/TCP again"},
      {document(R"({"address":"192.0.2.10","port":80,"forwarding":"DirectRouting",)"
                R"("reals":[{"address":"192.0.2.21","port":80},{"address":"192.0.2.22","port":8080}]})"),
       at + "reals[1].port: must equal the virtual server's port 80 with forwarding DirectRouting, got 8080"},
      {document(R"({"address":"192.0.2.10","port":80},)"
                R"({"address":"192.0.2.10","port":81,"forwarding":"DirectRouting"})"),
       "spec.virtualServers[1].forwarding: must be the same for all virtual servers of 192.0.2.10 (NAT), got "
       "DirectRouting"},
      {document(R"({"address":"192.0.2.10","port":80,)"
                R"("healthChecks":[{"tcp":{},"sourceAddress":"2001:db8::1"}]})"),
       at + "healthChecks[0].sourceAddress: must be of the family of the virtual addresses, IPv4, got "
            "\"2001:db8::1\""},
      {document(R"({"address":"2001:db8::10","port":80,"forwarding":"DirectRouting"},)"
                R"({"address":"192.0.2.10","port":80,"scheduler":"sh","schedulerFlags":["mh-port"],)"
                R"("persistence":{"timeoutSeconds":60,"prefixLength":64},"onePacket":true})"),
       "spec.virtualServers[1].schedulerFlags[0]: mh-port is allowed with scheduler mh only, got sh; "
       "spec.virtualServers[1].persistence.prefixLength: must be 1..32 with an IPv4 address, got 64; "
       "spec.virtualServers[1].onePacket: true is allowed for UDP with forwarding DirectRouting or Tunnel "
       "only"},
      {document(R"({"address":"192.0.2.10","port":80,"externalTrafficPolicy":"local"})"),
       at + "externalTrafficPolicy: must be one of Cluster, Local, got \"local\""},
      {with_reals("{}"), at + "reals[0].address: required; " + at + "reals[0].port: required"},
      {with_reals(R"({"address":"x","port":70000,"weight":-1,"state":"Gone"})"),
       at + "reals[0].address: must be an IPv4 or IPv6 address, got \"x\"; " + at +
           "reals[0].port: must be 0..65535, got 70000; " + at +
           "reals[0].weight: must be 0..65535, got -1; " + at +
           "reals[0].state: must be one of Ready, Draining, got \"Gone\""},
      {with_reals(R"({"address":"169.254.0.1","port":80},{"address":"fe80::1","port":80})"),
       at + "reals[1].address: must not be link-local over IPv6: nothing says on which interface it is, got "
            "\"fe80::1\""},
      {with_reals(R"({"address":"192.0.2.21","port":80},{"address":"192.0.2.21","port":80})"),
       at + "reals[1]: must be listed once, got {\"address\":\"192.0.2.21\",\"port\":80} again"},
  };
  for (const auto& [text, problems] : refused) {
    EXPECT_EQ(to_string(decode_real_server_set(text).problems), problems) << text;
  }
}

TEST(RealServerSet, OneThatIsDrainingHasNoWeightUnlessItIsSaid) {
  const auto decoded =
      decode_real_server_set(with_reals(R"({"address":"192.0.2.21","port":80,"state":"Draining"},)"
                                        R"({"address":"192.0.2.22","port":80,"state":"Draining","weight":1},)"
                                        R"({"address":"192.0.2.23","port":80})"));
  ASSERT_TRUE(decoded.ok()) << to_string(decoded.problems);
  const auto& reals = decoded.value.spec.virtual_servers.at(0).reals;
  ASSERT_EQ(reals.size(), 3U);
  EXPECT_EQ(reals[0].weight, Weight(0));
  EXPECT_EQ(reals[1].weight, Weight(1));
  EXPECT_EQ(reals[2].weight, Weight(1));
}

// kubernetes.md 1: at most 1000 real servers an object.
TEST(RealServerSet, HoldsAtMostAThousandRealServers) {
  RealServerSet set = example();
  for (auto& server : set.spec.virtual_servers) {
    server.reals.clear();
    for (int i = 0; i < 500; ++i) {
      const auto low = static_cast<std::uint8_t>(i % 250);
      server.reals.push_back({net::IpAddress::v4({10, 0, static_cast<std::uint8_t>(i / 250), low}),
                              net::Port(80), Weight(1), "", RealState::kReady});
    }
  }
  EXPECT_TRUE(decode_real_server_set(encode_real_server_set(set)).ok());
  set.spec.virtual_servers[0].reals.push_back(
      {ip("10.9.9.9"), net::Port(80), Weight(1), "", RealState::kReady});
  EXPECT_EQ(to_string(decode_real_server_set(encode_real_server_set(set)).problems),
            "spec.virtualServers: must have at most 1000 real servers, got 1001");
}

// Here absent means none: who writes the object says what is checked.
TEST(RealServerSet, ReadsItsChecks) {
  const auto decoded = decode_real_server_set(document(
      R"({"address":"2001:db8::10","port":80,"forwarding":"DirectRouting","onUnhealthy":"Remove","healthChecks":[{"tcp":{}},)"
      R"({"tcp":{},"intervalSeconds":6,"timeoutSeconds":3,"retries":3,"retryDelaySeconds":3,"port":81,)"
      R"("sourceAddress":"2001:db8::1"}]})"));
  ASSERT_TRUE(decoded.ok()) << to_string(decoded.problems);
  EXPECT_EQ(decoded.value.spec.not_yet_supported, Paths{});
  const VirtualServer& server = decoded.value.spec.virtual_servers.at(0);
  EXPECT_EQ(server.health_checks, (std::vector<HealthCheck>{HealthCheck{},
                                                            {CheckKind::kTcp, Seconds(6), Seconds(3), 3,
                                                             Seconds(3), net::Port(81), ip("2001:db8::1")}}));
  EXPECT_EQ(server.on_unhealthy, OnUnhealthy::kRemove);
}

TEST(RealServerSet, NamesWhatIsNotBuiltYet) {
  const auto decoded = decode_real_server_set(
      document(R"({"address":"192.0.2.10","port":80,"persistence":{"timeoutSeconds":60},)"
               R"("sourceRanges":["192.0.2.0/24"],"quorum":2,"hysteresis":1})"));
  EXPECT_TRUE(decoded.ok()) << to_string(decoded.problems);
  EXPECT_EQ(decoded.value.spec.not_yet_supported,
            (Paths{"spec.virtualServers[0].quorum", "spec.virtualServers[0].hysteresis"}));
}

TEST(EncodeRealServerSet, IsReadBackAsTheSameValue) {
  const auto decoded = decode_real_server_set(encode_real_server_set(example()));
  ASSERT_TRUE(decoded.ok()) << to_string(decoded.problems);
  EXPECT_EQ(decoded.value, example());
}

// FC-09, I-8.
TEST(RealServerSetStatus, AnEntryThatCannotBeReadIsLeftOutAndTold) {
  std::string text = encode_real_server_set(example());
  text.back() = ',';
  text += R"("status":{"members":[{"node":"node-a","up":"all"},{"node":"node-b","up":2}]}})";
  const auto decoded = decode_real_server_set(text);
  EXPECT_TRUE(decoded.ok()) << to_string(decoded.problems);
  ASSERT_EQ(decoded.value.members.size(), 1U);
  EXPECT_EQ(decoded.value.members.front().node, "node-b");
  EXPECT_EQ(to_string(decoded.left_out), "status.members[0].up: must be a whole number, got a string");
}

TEST(EncodeRealServerSetMember, WritesExactlyOneEntryWithoutResourceVersion) {
  const RealServerSetMember entry{"node-a", 2, 3, 7};
  const std::string text = encode_real_server_set_member({"shop", "web-v4-0"}, entry);
  EXPECT_EQ(
      text,
      R"({"apiVersion":"fairlead.dev/v1alpha1","kind":"RealServerSet","metadata":{"name":"web-v4-0","namespace":"shop"},)"
      R"("status":{"members":[{"node":"node-a","observedGeneration":7,"total":3,"up":2}]}})");
  EXPECT_EQ(decode_real_server_set(text).value.members, std::vector<RealServerSetMember>{entry});
}

}  // namespace
}  // namespace fairlead::api

#include "lib/api/virtual_ip.h"

#include <gtest/gtest.h>

namespace fairlead::api {
namespace {

using Paths = std::vector<std::string>;

std::string document(const std::string& spec) {
  return R"({"apiVersion":"fairlead.dev/v1alpha1","kind":"VirtualIP","metadata":{"name":"web","namespace":"shop"},"spec":)" +
         spec + "}";
}

net::IpAddress ip(std::string_view text) { return *net::parse_address(text); }

// Two servers and one port, the rest of the spec as given.
std::string with_servers(const std::string& rest) {
  return document(
      R"({"addresses":["192.0.2.10"],"servers":[{"address":"192.0.2.21"},{"address":"192.0.2.22"}],)" + rest +
      "}");
}
std::string with_port(const std::string& rest) { return with_servers(R"("ports":[{"port":80}],)" + rest); }

// api.md, VirtualIP: the defaults.
TEST(VirtualIP, AppliesTheDefaultsOfTheSchema) {
  const auto decoded = decode_virtual_ip(with_servers(R"("ports":[{"port":80}])"));
  ASSERT_TRUE(decoded.ok()) << to_string(decoded.problems);
  VirtualIPSpec expected;
  expected.addresses = {ip("192.0.2.10")};
  expected.servers = {{ip("192.0.2.21"), std::nullopt, Weight(1)},
                      {ip("192.0.2.22"), std::nullopt, Weight(1)}};
  expected.ports = {{"", net::Port(80), std::nullopt, net::Protocol::kTcp}};
  expected.forwarding = Forwarding::kNat;
  expected.scheduler = Scheduler::kWlc;
  expected.on_no_endpoints = OnNoEndpoints::kReject;
  EXPECT_EQ(decoded.value.spec, expected);
}

TEST(VirtualIP, ReadsEveryFieldItHonours) {
  const auto decoded = decode_virtual_ip(R"({
    "metadata":{"name":"web","namespace":"shop","uid":"u1","resourceVersion":"77","generation":3,
      "creationTimestamp":"2026-08-20T09:14:02Z","deletionTimestamp":"2026-08-20T09:15:02Z","finalizers":["fairlead.dev/release"],
      "labels":{"a":"b"},"annotations":{"c":"d"},
      "ownerReferences":[{"apiVersion":"v1","kind":"Service","name":"web","uid":"s1","controller":true}]},
    "spec":{"addresses":["192.0.2.10"],"pool":"public","ipFamilies":["IPv4"],"sharingKey":"mail","forwarding":"Delegate","scheduler":"rr",
      "servers":[{"address":"192.0.2.21","port":8080,"weight":0}],
      "ports":[{"name":"dns","port":53,"targetPort":5353,"protocol":"UDP"}],"onNoEndpoints":"Reject","unknown":{"x":[1]}},
    "status":{"observedGeneration":2,"address":"192.0.2.10","addresses":["192.0.2.10"],"groups":["g"],"master":"node-a",
      "state":"Ready","reals":"1/1",
      "lastTransition":{"time":"2026-08-20T09:14:02Z","from":"node-b","to":"node-a","reason":"MasterDown","outageMs":812},
      "conditions":[{"type":"Ready","status":"True","reason":"Serving","message":"m","observedGeneration":2,
        "lastTransitionTime":"2026-08-20T09:14:02Z"}]}})");
  ASSERT_TRUE(decoded.ok()) << to_string(decoded.problems);
  const WallTime time{Seconds(1787217242)};
  VirtualIP expected;
  expected.meta = {"web",
                   "shop",
                   "u1",
                   "77",
                   3,
                   time,
                   true,
                   {{"a", "b"}},
                   {{"c", "d"}},
                   {"fairlead.dev/release"},
                   {{"v1", "Service", "web", "s1", true}}};
  expected.spec.addresses = {ip("192.0.2.10")};
  expected.spec.pool = "public";
  expected.spec.ip_families = {net::Family::kIPv4};
  expected.spec.sharing_key = "mail";
  expected.spec.servers = {{ip("192.0.2.21"), net::Port(8080), Weight(0)}};
  expected.spec.ports = {{"dns", net::Port(53), net::Port(5353), net::Protocol::kUdp}};
  expected.spec.forwarding = Forwarding::kDelegate;
  expected.spec.scheduler = Scheduler::kRr;
  expected.status = {2,
                     "192.0.2.10",
                     {"192.0.2.10"},
                     {"g"},
                     "node-a",
                     "Ready",
                     "1/1",
                     LastTransition{time, "node-b", "node-a", "MasterDown", 812},
                     {{"Ready", ConditionStatus::kTrue, "Serving", "m", 2, time}}};
  EXPECT_EQ(decoded.value, expected);
}

TEST(VirtualIP, AcceptsWhatApiMdAllows) {
  const std::string accepted[] = {
      document(R"({"addresses":["192.0.2.10"],"serviceRef":{"name":"web"}})"),
      document(R"({"serviceRef":{"name":"web"},"servers":[],"ports":[],"healthChecks":[]})"),
      document(R"({"addresses":["192.0.2.10"],"forwarding":"Delegate"})"),
      document(R"({"addresses":["192.0.2.10"],"forwarding":"Delegate","serviceRef":{"name":"web"}})"),
      document(R"({"forwarding":"Delegate","serviceRef":{"name":"web"},"onNoEndpoints":"Withdraw"})"),
      with_port(R"("onNoEndpoints":"Withdraw")"),
      document(R"({"serviceRef":{"name":"web"},"persistence":null,"sorryServer":null})"),
      document(
          R"({"serviceRef":{"name":"web"},"quorum":1,"hysteresis":0,"drainSeconds":300,"minHealthyPercent":0,)"
          R"("onUnhealthy":"Drain","onePacket":false,"sharingKey":"","schedulerFlags":[],"sourceRanges":[],)"
          R"("connectionLimits":{"upper":0,"lower":0},"placement":{}})"),
      with_servers(
          R"("ports":[{"port":53,"protocol":"UDP"},{"port":53,"protocol":"TCP"},{"port":53,"protocol":"SCTP"}])"),
      with_port(R"("ipFamilies":["IPv4"])"),
      with_port(R"("scheduler":"sh","schedulerFlags":["sh-port"],"persistence":{"timeoutSeconds":60})"),
      with_port(R"("connectionLimits":{"upper":9})"),
      with_servers(R"("forwarding":"DirectRouting","ports":[{"port":53,"protocol":"UDP"}],"onePacket":true)"),
  };
  for (const auto& text : accepted) {
    const auto decoded = decode_virtual_ip(text);
    EXPECT_TRUE(decoded.ok()) << text << "\n" << to_string(decoded.problems);
    EXPECT_EQ(decoded.value.spec.not_yet_supported, Paths{}) << text;
  }
}

TEST(VirtualIP, RefusesWithPathAndWhatIsAllowed) {
  const std::string unicast =
      "must be a unicast address (not loopback, multicast, unspecified, broadcast or IPv4-mapped), got ";
  const std::pair<std::string, std::string> refused[] = {
      {document(R"({"addresses":["300.1.1.1"],"serviceRef":{"name":"w"}})"),
       "spec.addresses[0]: must be an IPv4 or IPv6 address, got \"300.1.1.1\""},
      {document(R"({"addresses":["127.0.0.1"],"serviceRef":{"name":"w"}})"),
       "spec.addresses[0]: " + unicast + "\"127.0.0.1\""},
      {document(R"({"addresses":["224.0.0.18"],"serviceRef":{"name":"w"}})"),
       "spec.addresses[0]: " + unicast + "\"224.0.0.18\""},
      {document(R"({"addresses":["0.0.0.0"],"serviceRef":{"name":"w"}})"),
       "spec.addresses[0]: " + unicast + "\"0.0.0.0\""},
      {document(R"({"addresses":["255.255.255.255"],"serviceRef":{"name":"w"}})"),
       "spec.addresses[0]: " + unicast + "\"255.255.255.255\""},
      {document(R"({"addresses":["::ffff:192.0.2.1"],"serviceRef":{"name":"w"}})"),
       "spec.addresses[0]: " + unicast + "\"::ffff:192.0.2.1\""},
      {document(R"({"addresses":["192.0.2.1","192.0.2.2"],"serviceRef":{"name":"w"}})"),
       "spec.addresses[1]: must be at most one address per family, got a second IPv4 address \"192.0.2.2\""},
      {document(R"({"addresses":"192.0.2.1","serviceRef":{"name":"w"}})"),
       "spec.addresses: must be a list, got a string"},
      {document(R"({"addresses":["192.0.2.1",null],"serviceRef":{"name":"w"}})"),
       "spec.addresses[1]: must not be null"},
      {document(R"({"addresses":["192.0.2.1","::1","::2"],"serviceRef":{"name":"w"}})"),
       "spec.addresses: must have at most 2 items, got 3"},
      {document(R"({"serviceRef":{"name":"w"},"servers":[{"address":"192.0.2.21"}],"ports":[{"port":80}]})"),
       "spec: must have exactly one of serviceRef and servers, got both"},
      {document("{}"),
       "spec: must have exactly one of serviceRef and servers (neither only with forwarding Delegate), got "
       "neither"},
      {document(R"({"serviceRef":{}})"), "spec.serviceRef.name: required"},
      {document(R"({"serviceRef":{"name":""}})"),
       "spec.serviceRef.name: must be the name of a Service, got \"\""},
      {document(R"({"serviceRef":"web"})"), "spec.serviceRef: must be an object, got a string"},
      {document(R"({"serviceRef":{"name":"w"},"ports":[{"port":80}]})"),
       "spec.ports: allowed with servers only"},
      {with_servers(R"("ports":[])"), "spec.ports: required with servers"},
      {with_servers(R"("ports":[{}])"), "spec.ports[0].port: required"},
      {with_servers(R"("ports":[{"port":0}])"), "spec.ports[0].port: must be 1..65535, got 0"},
      {with_servers(R"("ports":[{"port":65536}])"), "spec.ports[0].port: must be 1..65535, got 65536"},
      {with_servers(R"("ports":[{"port":80.5}])"),
       "spec.ports[0].port: must be a whole number in digits, 1..65535, got 80.5"},
      {with_servers(R"("ports":[{"port":1e3}])"),
       "spec.ports[0].port: must be a whole number in digits, 1..65535, got 1000.0"},
      {with_servers(R"("ports":[{"port":"80"}])"),
       "spec.ports[0].port: must be a whole number, got a string"},
      {with_servers(R"("ports":[{"port":18446744073709551615}])"),
       "spec.ports[0].port: must be 1..65535, got 18446744073709551615"},
      {with_servers(R"("ports":[{"port":80,"targetPort":0}])"),
       "spec.ports[0].targetPort: must be 1..65535, got 0"},
      {with_servers(R"("ports":[{"port":80,"protocol":"tcp"}])"),
       "spec.ports[0].protocol: must be one of TCP, UDP, SCTP, got \"tcp\""},
      {with_servers(R"("ports":[{"port":80},{"port":80,"targetPort":81}])"),
       "spec.ports[1]: must be unique by port and protocol, got 80/TCP again"},
      {with_servers(R"("forwarding":"DirectRouting","ports":[{"port":80,"targetPort":8080}])"),
       "spec.ports[0].targetPort: must equal port with forwarding DirectRouting or Tunnel, got 8080"},
      {with_port(R"("scheduler":"fastest")"),
       "spec.scheduler: must be one of rr, wrr, lc, wlc, sed, nq, sh, mh, dh, lblc, lblcr, fo, ovf, twos, "
       "got \"fastest\""},
      {with_port(R"("forwarding":"nat")"),
       "spec.forwarding: must be one of NAT, DirectRouting, Tunnel, Delegate, got \"nat\""},
      {with_port(R"("onNoEndpoints":"Drop")"),
       "spec.onNoEndpoints: must be one of Reject, Withdraw, got \"Drop\""},
      {document(R"({"addresses":["192.0.2.10"],"forwarding":"Delegate","onNoEndpoints":"Withdraw"})"),
       "spec.onNoEndpoints: Withdraw is allowed with serviceRef or servers only: nothing else tells of "
       "endpoints"},
      {with_port(R"("ipFamilies":["IPv4","IPv4"])"),
       "spec.ipFamilies: must name each family once, got [\"IPv4\",\"IPv4\"]"},
      {document(R"({"addresses":["2001:db8::1"],"ipFamilies":["IPv4"],"forwarding":"Delegate"})"),
       "spec.ipFamilies: must have the families of addresses, IPv6 among them, got [\"IPv4\"]"},
      {with_port(R"("connectionLimits":{"upper":5,"lower":6})"),
       "spec.connectionLimits.lower: must be at most upper (5), got 6"},
      {with_port(R"("onePacket":true)"),
       "spec.onePacket: true is allowed for UDP with forwarding DirectRouting or Tunnel only"},
      {with_port(R"("sourceRanges":["192.0.2.0"])"),
       "spec.sourceRanges[0]: must be a CIDR (address/length), got \"192.0.2.0\""},
      {with_port(R"("persistence":{"timeoutSeconds":0})"),
       "spec.persistence.timeoutSeconds: must be 1..86400, got 0"},
      {with_port(R"("minHealthyPercent":101)"), "spec.minHealthyPercent: must be 0..100, got 101"},
      {with_port(R"("drainSeconds":86401)"), "spec.drainSeconds: must be 0..86400, got 86401"},
      {with_port(R"("healthChecks":[{"tcp":{},"ping":{}}])"),
       "spec.healthChecks[0]: must have exactly one of tcp, http, https, udp, dns, ping, smtp, grpc, got 2"},
      {document(R"({"forwarding":"DirectRouting","servers":[{"address":"192.0.2.21","port":80},)"
                R"({"address":"192.0.2.22","port":8080}],"ports":[{"port":80}]})"),
       "spec.servers[1].port: must equal every port of ports with forwarding DirectRouting or Tunnel (80), "
       "got "
       "8080"},
      {with_port(R"("sorryServer":{"address":"192.0.2.9"})"), "spec.sorryServer.port: required"},
      {with_port(R"("tunnel":{"type":"ipip"})"), "spec.tunnel: allowed with forwarding Tunnel only, got NAT"},
      {document(R"({"servers":[{"address":"192.0.2.21","weight":65536}],"ports":[{"port":80}]})"),
       "spec.servers[0].weight: must be 0..65535, got 65536"},
      {document(R"({"servers":[{"port":80}],"ports":[{"port":80}]})"), "spec.servers[0].address: required"},
      {document(R"({"servers":[{"address":"0.0.0.0"}],"ports":[{"port":80}]})"),
       "spec.servers[0].address: must be a unicast address (not multicast, unspecified, broadcast or "
       "IPv4-mapped), got \"0.0.0.0\""},
      {document(R"({"servers":[{"address":"fe80::1"}],"ports":[{"port":80}]})"),
       "spec.servers[0].address: must not be link-local over IPv6: nothing says on which interface it is, "
       "got "
       "\"fe80::1\""},
      {document(R"({"servers":[{"address":"192.0.2.21"},{"address":"192.0.2.21"}],"ports":[{"port":80}]})"),
       "spec.servers[1]: must be listed once, got {\"address\":\"192.0.2.21\"} again"},
      {R"({"metadata":{"name":"x"}})", "spec: required"},
      {R"({"metadata":{"name":"x"},"spec":7})", "spec: must be an object, got a number"},
      {R"({"kind":"Pod","metadata":{"name":"x"},"spec":{"serviceRef":{"name":"w"}}})",
       "kind: must be one of VirtualIP, got \"Pod\""},
      {R"({"spec":{"serviceRef":{"name":"w"}}})", "metadata: required"},
  };
  for (const auto& [text, problems] : refused) {
    EXPECT_EQ(to_string(decode_virtual_ip(text).problems), problems) << text;
  }
}

// style.md 8: report every problem at once.
TEST(VirtualIP, ReportsEveryProblemAndStillSaysWhoseTheyAre) {
  const auto decoded =
      decode_virtual_ip(with_servers(R"("scheduler":7,"ports":[{"port":0},{"port":80,"protocol":"X"}])"));
  EXPECT_EQ(to_string(decoded.problems),
            "spec.scheduler: must be a string, got a number; spec.ports[0].port: must be 1..65535, got 0; "
            "spec.ports[1].protocol: must be one of TCP, UDP, SCTP, got \"X\"");
  EXPECT_EQ(to_string(key_of(decoded.value.meta)), "shop/web");
}

// api.md: a field whose behaviour is not built yet is named only where it differs from its default.
TEST(VirtualIP, NamesWhatIsNotBuiltYet) {
  const std::pair<std::string, Paths> cases[] = {
      {with_port(R"("forwarding":"DirectRouting")"), {}},
      {document(
           R"({"addresses":["2001:db8::1"],"forwarding":"DirectRouting","servers":[{"address":"2001:db8::2"}],)"
           R"("ports":[{"port":80}]})"),
       {}},
      {document(R"({"addresses":["192.0.2.10"],"forwarding":"DirectRouting","serviceRef":{"name":"w"}})"),
       {"spec.forwarding (DirectRouting with serviceRef)"}},
      {with_port(R"("healthChecks":[{"tcp":{}},{"http":{"path":"/"}},{"ping":{}}])"),
       {"spec.healthChecks[1].http", "spec.healthChecks[2].ping"}},
      {document(R"({"addresses":["192.0.2.10"],"forwarding":"Delegate","healthChecks":[{"tcp":{}}]})"),
       {"spec.healthChecks (with forwarding Delegate)"}},
      {with_port(R"("forwarding":"Tunnel","tunnel":{"type":"gue"})"), {"spec.forwarding", "spec.tunnel"}},
      {with_port(
           R"("onUnhealthy":"Remove","quorum":2,"hysteresis":1,"sorryServer":{"address":"192.0.2.9","port":80})"),
       {"spec.quorum", "spec.hysteresis", "spec.sorryServer"}},
      {with_port(R"("minHealthyPercent":50,"drainSeconds":0)"), {"spec.minHealthyPercent"}},
      {document(
           R"({"addresses":["192.0.2.10"],"forwarding":"Delegate","sourceRanges":["::/0"],"drainSeconds":0})"),
       {"spec.sourceRanges (with forwarding Delegate)", "spec.drainSeconds (with forwarding Delegate)"}},
      {document(R"({"addresses":["192.0.2.10","2001:db8::1"],"serviceRef":{"name":"w"}})"), {}},
      {document(
           R"({"addresses":["192.0.2.10","2001:db8::1"],"forwarding":"Tunnel","serviceRef":{"name":"w"}})"),
       {"spec.addresses[1] (IPv6 with forwarding Tunnel)", "spec.forwarding"}},
      {document(R"({"addresses":["192.0.2.10","2001:db8::1"],"forwarding":"Delegate"})"), {}},
      {document(R"({"addresses":["2001:db8::1"],"ipFamilies":["IPv6"],"forwarding":"Delegate"})"), {}},
      {document(R"({"ipFamilies":["IPv4","IPv6"],"serviceRef":{"name":"w"}})"), {}},
      {document(R"({"ipFamilies":["IPv4","IPv6"],"forwarding":"Tunnel","serviceRef":{"name":"w"}})"),
       {"spec.ipFamilies[1] (IPv6 with forwarding Tunnel)", "spec.forwarding"}},
      {document(R"({"ipFamilies":["IPv4","IPv6"],"forwarding":"Delegate"})"), {}},
      {document(R"({"addresses":["192.0.2.10"],"ipFamilies":["IPv4","IPv6"],"forwarding":"Delegate"})"), {}},
  };
  for (const auto& [text, paths] : cases) {
    const auto decoded = decode_virtual_ip(text);
    EXPECT_TRUE(decoded.ok()) << text << "\n" << to_string(decoded.problems);
    EXPECT_EQ(decoded.value.spec.not_yet_supported, paths) << text;
  }
}

TEST(VipState, IsSpelledAsInApiMd) {
  EXPECT_EQ(to_string(VipState::kPending), "Pending");
  EXPECT_EQ(to_string(VipState::kReady), "Ready");
  EXPECT_EQ(to_string(VipState::kDegraded), "Degraded");
  EXPECT_EQ(to_string(VipState::kNoMaster), "NoMaster");
  EXPECT_EQ(to_string(VipState::kSplit), "Split");
  EXPECT_EQ(to_string(VipState::kRejected), "Rejected");
}

}  // namespace
}  // namespace fairlead::api

#include <gtest/gtest.h>

#include "lib/api/checkpoint.h"
#include "lib/api/real_server_set.h"
#include "lib/api/traffic.h"
#include "lib/api/virtual_ip.h"

// The fields schedulerFlags to tunnel, as VirtualIPs and RealServerSets have them (api.md, VirtualIP).
namespace fairlead::api {
namespace {

using Paths = std::vector<std::string>;

net::IpAddress ip(std::string_view text) { return *net::parse_address(text); }

// One field away from its default, with what it is allowed with.
struct Away {
  std::string field;
  Scheduler scheduler;
  Forwarding forwarding;
  Traffic traffic;
};

Away away(std::string field, Scheduler scheduler, Forwarding forwarding, void (*change)(Traffic&)) {
  Away out{std::move(field), scheduler, forwarding, {}};
  change(out.traffic);
  return out;
}

std::vector<Away> every_field_away_from_its_default() {
  // A further field does not compile until somebody has come here and put it into the list.
  [[maybe_unused]] const auto& [flags, persistence, ranges, limits, one_packet, drain, tunnel] = Traffic{};
  constexpr auto kNat = Forwarding::kNat;
  constexpr auto kRr = Scheduler::kRr;
  return {
      away("schedulerFlags", Scheduler::kSh, kNat, [](Traffic& t) { t.scheduler_flags.sh_port = true; }),
      away("schedulerFlags", Scheduler::kMh, kNat, [](Traffic& t) { t.scheduler_flags.mh_port = true; }),
      away("persistence", kRr, kNat,
           [](Traffic& t) {
             t.persistence = Persistence{Seconds(60), {}};
           }),
      away("persistence", kRr, kNat,
           [](Traffic& t) {
             t.persistence = Persistence{Seconds(1), 24};
           }),
      away("sourceRanges", kRr, kNat,
           [](Traffic& t) {
             t.source_ranges = {*net::parse_prefix("10.1.2.3/8"), *net::parse_prefix("2001:db8::/32")};
           }),
      away("connectionLimits", kRr, kNat,
           [](Traffic& t) {
             t.connection_limits = {100, 50};
           }),
      away("connectionLimits", kRr, kNat,
           [](Traffic& t) {
             t.connection_limits = {INT32_MAX, 0};
           }),
      away("onePacket", kRr, Forwarding::kDirectRouting, [](Traffic& t) { t.one_packet = true; }),
      away("drainSeconds", kRr, kNat, [](Traffic& t) { t.drain = Seconds(0); }),
      away("tunnel", kRr, Forwarding::kTunnel,
           [](Traffic& t) {
             t.tunnel = {TunnelType::kGue, net::Port(6081)};
           }),
      away("tunnel", kRr, Forwarding::kTunnel, [](Traffic& t) { t.tunnel.type = TunnelType::kGre; }),
  };
}

RealServerSet set_of(const Away& one) {
  RealServerSet out;
  out.meta.name = "web-v4-0";
  out.meta.namespace_name = "shop";
  out.spec.group = "g";
  VirtualServer server{ip("192.0.2.10"), net::Port(53),  net::Protocol::kUdp,
                       one.scheduler,    one.forwarding, {}};
  server.reals = {{ip("192.0.2.21"), net::Port(53), Weight(1), "", RealState::kReady}};
  server.traffic = one.traffic;
  out.spec.virtual_servers = {server};
  return out;
}

VirtualIP virtual_ip_of(const Away& one) {
  VirtualIP out;
  out.meta.name = "web";
  out.meta.namespace_name = "shop";
  out.spec.addresses = {ip("192.0.2.10")};
  out.spec.servers = {{ip("192.0.2.21"), std::nullopt, Weight(1)}};
  out.spec.ports = {{"dns", net::Port(53), std::nullopt, net::Protocol::kUdp}};
  out.spec.scheduler = one.scheduler;
  out.spec.forwarding = one.forwarding;
  out.spec.traffic = one.traffic;
  return out;
}

bool names(const std::string& text, const std::string& field) {
  return text.find("\"" + field + "\":") != std::string::npos;
}

TEST(Traffic, OfARealServerSetIsReadBackAsTheSameValue) {
  for (const auto& one : every_field_away_from_its_default()) {
    const RealServerSet set = set_of(one);
    const std::string text = encode_real_server_set(set);
    EXPECT_TRUE(names(text, one.field)) << text;
    const auto decoded = decode_real_server_set(text);
    EXPECT_TRUE(decoded.ok()) << one.field << ": " << to_string(decoded.problems);
    EXPECT_EQ(decoded.value.spec.virtual_servers, set.spec.virtual_servers) << text;
  }
}

// FN-17: what a checkpoint does not say is lost when the node comes up without an API server.
TEST(Traffic, IsInTheCheckpoint) {
  for (const auto& one : every_field_away_from_its_default()) {
    Checkpoint checkpoint;
    checkpoint.node = "node-a";
    checkpoint.sets = {set_of(one)};
    const auto decoded = decode_checkpoint(encode_checkpoint(checkpoint));
    EXPECT_TRUE(decoded.ok()) << one.field << ": " << to_string(decoded.problems);
    ASSERT_EQ(decoded.value.sets.size(), 1U);
    EXPECT_EQ(decoded.value.sets[0].spec.virtual_servers, checkpoint.sets[0].spec.virtual_servers)
        << one.field;
  }
}

TEST(Traffic, OfAVirtualIPIsReadBackAsTheSameValue) {
  for (const auto& one : every_field_away_from_its_default()) {
    const std::string text = encode_virtual_ip(virtual_ip_of(one));
    EXPECT_TRUE(names(text, one.field)) << text;
    const auto decoded = decode_virtual_ip(text);
    EXPECT_TRUE(decoded.ok()) << one.field << ": " << to_string(decoded.problems);
    EXPECT_EQ(decoded.value.spec.traffic, one.traffic) << text;
  }
}

// Equal bytes for who says nothing: a controller that is upgraded writes nothing.
TEST(Traffic, WhatIsAtItsDefaultIsNotWritten) {
  const Away standard{"", Scheduler::kWlc, Forwarding::kNat, {}};
  const std::string texts[] = {encode_real_server_set(set_of(standard)),
                               encode_virtual_ip(virtual_ip_of(standard))};
  for (const auto& one : every_field_away_from_its_default()) {
    for (const auto& text : texts) EXPECT_FALSE(names(text, one.field)) << text;
  }
}

// A VirtualIP of one address, server and port with this beside them.
std::string with_port(const std::string& rest) {
  return R"({"metadata":{"name":"web","namespace":"shop"},"spec":{"addresses":["192.0.2.10"],)"
         R"("servers":[{"address":"192.0.2.21"}],"ports":[{"port":80}],)" +
         rest + "}}";
}
// The same with addresses and servers of these, by DirectRouting.
std::string with_addresses(const std::string& addresses, const std::string& rest) {
  return R"({"metadata":{"name":"web","namespace":"shop"},"spec":{"addresses":[)" + addresses +
         R"(],"servers":[{"address":"2001:db8::21"}],"ports":[{"port":80}],"forwarding":"DirectRouting",)" +
         rest + "}}";
}

TEST(Traffic, IsRefusedWithPathAndWhatIsAllowed) {
  const std::pair<std::string, std::string> refused[] = {
      {with_port(R"("schedulerFlags":["fast"])"),
       "spec.schedulerFlags[0]: must be one of sh-port, mh-port, got \"fast\""},
      {with_port(R"("schedulerFlags":["sh-port"])"),
       "spec.schedulerFlags[0]: sh-port is allowed with scheduler sh only, got wlc"},
      {with_port(R"("scheduler":"mh","schedulerFlags":["mh-port","sh-port"])"),
       "spec.schedulerFlags[1]: sh-port is allowed with scheduler sh only, got mh"},
      {with_port(R"("scheduler":"sh","schedulerFlags":["mh-port"])"),
       "spec.schedulerFlags[0]: mh-port is allowed with scheduler mh only, got sh"},
      {with_port(R"("persistence":{})"), "spec.persistence.timeoutSeconds: required"},
      {with_port(R"("persistence":{"timeoutSeconds":86401})"),
       "spec.persistence.timeoutSeconds: must be 1..86400, got 86401"},
      {with_port(R"("persistence":{"timeoutSeconds":1,"prefixLength":0})"),
       "spec.persistence.prefixLength: must be 1..128, got 0"},
      {with_port(R"("persistence":{"timeoutSeconds":1,"prefixLength":33})"),
       "spec.persistence.prefixLength: must be 1..32 with an IPv4 address, got 33"},
      {with_addresses(R"("2001:db8::10","192.0.2.10")",
                      R"("persistence":{"timeoutSeconds":1,"prefixLength":24})"),
       "spec.persistence.prefixLength: must be absent with addresses of both families, got 24"},
      {with_port(R"("connectionLimits":{"upper":2147483648})"),
       "spec.connectionLimits.upper: must be 0..2147483647, got 2147483648"},
      {with_port(R"("connectionLimits":{"lower":1})"),
       "spec.connectionLimits.lower: must be at most upper (0), got 1"},
      {with_port(R"("onePacket":true)"),
       "spec.onePacket: true is allowed for UDP with forwarding DirectRouting or Tunnel only"},
      {with_port(R"("forwarding":"DirectRouting","onePacket":true)"),
       "spec.onePacket: true is allowed for UDP with forwarding DirectRouting or Tunnel only"},
  };
  for (const auto& [text, problems] : refused) {
    EXPECT_EQ(to_string(decode_virtual_ip(text).problems), problems) << text;
  }
}

TEST(Traffic, APrefixLengthIsMeasuredByTheFamilyOfTheAddress) {
  const std::string accepted[] = {
      with_port(R"("persistence":{"timeoutSeconds":1,"prefixLength":32})"),
      with_addresses(R"("2001:db8::10")", R"("persistence":{"timeoutSeconds":1,"prefixLength":64})"),
      // The Service says the families, and the controller judges.
      R"({"metadata":{"name":"web","namespace":"shop"},"spec":{"serviceRef":{"name":"web"},)"
      R"("persistence":{"timeoutSeconds":1,"prefixLength":64}}})",
  };
  for (const auto& text : accepted) {
    const auto decoded = decode_virtual_ip(text);
    EXPECT_TRUE(decoded.ok()) << text << "\n" << to_string(decoded.problems);
    EXPECT_EQ(decoded.value.spec.not_yet_supported, Paths{}) << text;
  }
}

// api.md: never silently ignored. Whoever forwards for a Delegate VIP does not read them.
TEST(Traffic, WithDelegateItIsNamedAsNotSupported) {
  const auto decoded =
      decode_virtual_ip(with_port(R"("forwarding":"Delegate","scheduler":"mh","schedulerFlags":["mh-port"],)"
                                  R"("persistence":{"timeoutSeconds":1},"connectionLimits":{"upper":1})"));
  EXPECT_TRUE(decoded.ok()) << to_string(decoded.problems);
  EXPECT_EQ(
      decoded.value.spec.not_yet_supported,
      (Paths{"spec.schedulerFlags (with forwarding Delegate)", "spec.persistence (with forwarding Delegate)",
             "spec.connectionLimits (with forwarding Delegate)"}));
}

TEST(Scheduler, IsSpelledAsTheKernelSpellsIt) {
  for (int i = 0; i <= static_cast<int>(Scheduler::kTwos); ++i) {
    const auto scheduler = static_cast<Scheduler>(i);
    EXPECT_EQ(*parse_scheduler(to_string(scheduler)), scheduler);
  }
  EXPECT_EQ(to_string(Scheduler::kLblcr), "lblcr");
  EXPECT_FALSE(parse_scheduler("RR"));
}

TEST(Forwarding, IsSpelledAsInApiMd) {
  for (const auto* text : {"NAT", "DirectRouting", "Tunnel", "Delegate"})
    EXPECT_EQ(to_string(*parse_forwarding(text)), text);
  EXPECT_EQ(parse_forwarding("x").error().message,
            "forwarding must be one of NAT, DirectRouting, Tunnel, Delegate, got \"x\"");
}

}  // namespace
}  // namespace fairlead::api

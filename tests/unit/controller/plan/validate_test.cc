#include "controller/plan/validate.h"

#include <gtest/gtest.h>

#include "unit/controller/builders.h"

// api.md, VirtualIP `addresses`; kubernetes.md 1, "Allocation order ... Refused always".
namespace fairlead::controller {
namespace {

using namespace testing;

Judgement judged(const Inputs& inputs, const api::VirtualIP& object) { return judge(Ground(inputs), object); }
Reason reason(const Inputs& inputs, const api::VirtualIP& object) {
  return judged(inputs, object).refusal->reason;
}

TEST(Validate, AnAddressOfAPoolIsAccepted) {
  const Inputs inputs = three_nodes();
  const auto out = judged(inputs, vip("web", "192.0.2.100"));
  EXPECT_FALSE(out.refusal);
  ASSERT_EQ(out.wishes.size(), 1U);
  EXPECT_EQ(out.wishes.front().pool->meta.name, "public");
}

TEST(Validate, FieldsNotBuiltYetAreNamed) {
  auto object = vip("web", "192.0.2.100");
  object.spec.not_yet_supported = {"spec.quorum", "spec.hysteresis"};
  const auto out = judged(three_nodes(), object);
  EXPECT_EQ(out.refusal->reason, Reason::kNotYetSupported);
  EXPECT_NE(out.refusal->message.find("spec.quorum, spec.hysteresis"), std::string::npos);
  EXPECT_TRUE(out.wishes.empty());
}

// Where the Service alone says the families, nobody knew them when the object was read.
TEST(Validate, APrefixLengthOfPersistenceFitsTheFamiliesOfTheService) {
  Inputs inputs = three_nodes();
  put(inputs.services, service("web", ""));
  auto object = vip("web", "192.0.2.100");
  object.spec.addresses.clear();
  object.spec.servers.clear();
  object.spec.ports.clear();
  object.spec.service = "web";
  object.spec.traffic.persistence = api::Persistence{Seconds(60), 64};
  const auto out = judged(inputs, object);
  ASSERT_TRUE(out.refusal);
  EXPECT_EQ(*out.refusal,
            (Refusal{Reason::kInvalidSpec,
                     "spec.persistence.prefixLength: must be 1..32 with an IPv4 address, got 64"}));
  object.spec.traffic.persistence->prefix_length = 24;
  EXPECT_FALSE(judged(inputs, object).refusal);
}

TEST(Validate, AServerOfAFamilyThatNoAddressHasIsNamed) {
  auto object = vip("web", "192.0.2.100");
  object.spec.servers.resize(2);
  object.spec.servers[0].address = ip("192.0.2.9");
  object.spec.servers[1].address = ip("2001:db8::9");
  const auto out = judged(three_nodes(), object);
  ASSERT_TRUE(out.refusal);
  EXPECT_EQ(out.refusal->reason, Reason::kInvalidSpec);
  EXPECT_NE(out.refusal->message.find("spec.servers[1]: 2001:db8::9 is of IPv6"), std::string::npos)
      << out.refusal->message;
  object.spec.servers.pop_back();
  EXPECT_FALSE(judged(three_nodes(), object).refusal);
}

// datapath.md 3, W5: loop protection for members that are real servers comes later.
TEST(Validate, DirectRoutingToANodeIsNotYetSupported) {
  Inputs inputs = three_nodes();
  inputs.nodes.at({"", "node-a"}).internal_ips = {"198.51.100.9"};
  auto object = vip("web", "192.0.2.100");
  for (const std::string server : {"192.0.2.3", "198.51.100.9"}) {
    object.spec.servers[1].address = ip(server);
    object.spec.forwarding = api::Forwarding::kDirectRouting;
    const auto out = judged(inputs, object);
    ASSERT_TRUE(out.refusal) << server;
    EXPECT_EQ(out.refusal->reason, Reason::kNotYetSupported);
    EXPECT_NE(out.refusal->message.find("spec.servers: " + server + " is node node-"), std::string::npos);
    object.spec.forwarding = api::Forwarding::kNat;
    EXPECT_FALSE(judged(inputs, object).refusal) << server;
  }
}

TEST(Validate, DirectRoutingToMachinesIsAccepted) {
  auto object = vip("web", "192.0.2.100");
  object.spec.forwarding = api::Forwarding::kDirectRouting;
  EXPECT_FALSE(judged(three_nodes(), object).refusal);
}

TEST(Validate, OutsideEveryPool) {
  EXPECT_EQ(reason(three_nodes(), vip("web", "198.51.100.1")), Reason::kOutsidePool);
}

TEST(Validate, ReservedAddressesAreRefusedEvenInsideAPool) {
  Inputs inputs = three_nodes();
  put(inputs.pools, pool("all", "0.0.0.0/0"));
  inputs.nodes.at({"", "node-a"}).internal_ips = {"198.51.100.9"};
  inputs.nodes.at({"", "node-a"}).pod_cidrs = {"10.1.0.0/24"};
  inputs.node_reports.at({"", "node-b"}).spec.interfaces.front().gateways = {ip("192.0.2.254")};
  auto cluster_ip = service("dns", "");
  cluster_ip.cluster_ips = {"10.96.0.10"};
  put(inputs.services, cluster_ip);
  inputs.settings.api_servers = {ip("192.0.2.250")};
  inputs.pools.erase({"", "public"});
  for (const std::string address :
       {"198.51.100.9", "10.1.0.7", "192.0.2.254", "10.96.0.10", "192.0.2.250", "192.0.2.3"}) {
    EXPECT_EQ(reason(inputs, vip("web", address)), Reason::kReservedAddress) << address;
  }
  EXPECT_FALSE(judged(inputs, vip("web", "192.0.2.200")).refusal);
}

// FC-14: a pool shrunk or deleted in use: assignments stay.
TEST(Validate, AnAddressHeldAlreadyStaysWhenItsPoolIsGone) {
  Inputs inputs = three_nodes();
  inputs.pools.clear();
  put(inputs.groups, group({"g", 1, {{"192.0.2.100", "web"}}, {{"node-a", 200}}}));
  const auto out = judged(inputs, vip("web", "192.0.2.100"));
  EXPECT_FALSE(out.refusal);
  EXPECT_EQ(out.pool_removed, "192.0.2.100 is in no accepted AddressPool");
  EXPECT_EQ(out.wishes.size(), 1U);
}

TEST(Validate, ThatIsNoPassForAnother) {
  Inputs inputs = three_nodes();
  inputs.pools.clear();
  put(inputs.groups, group({"g", 1, {{"192.0.2.100", "web"}}, {{"node-a", 200}}}));
  EXPECT_EQ(reason(inputs, vip("other", "192.0.2.100")), Reason::kOutsidePool);
}

}  // namespace
}  // namespace fairlead::controller

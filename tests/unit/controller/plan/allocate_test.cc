#include "controller/plan/allocate.h"

#include <gtest/gtest.h>

#include "unit/controller/plan/allocating.h"

// kubernetes.md 1, "Allocation order"; api.md, AddressPool. What is kept and what moves:
// allocate_keep_test.cc.
namespace fairlead::controller {
namespace {

using namespace testing;

// Pool `small`: 192.0.2.100 to .102.
Inputs with_small_pool() {
  Inputs inputs = three_nodes();
  inputs.pools.clear();
  put(inputs.pools, pool("small", "192.0.2.100-192.0.2.102"));
  return inputs;
}

TEST(Allocate, EachGetsTheLowestFreeAddressTheOlderFirst) {
  Inputs inputs = with_small_pool();
  put(inputs.virtual_ips, open_vip("a-young", 20));
  put(inputs.virtual_ips, open_vip("z-old", 10));
  EXPECT_EQ(addresses_in(desired(inputs)), (Given{{"z-old", {"192.0.2.100"}}, {"a-young", {"192.0.2.101"}}}));
}

TEST(Allocate, WhatIsNamedClaimedHeldOrMayStillBeHeldIsNotGiven) {
  Inputs inputs = with_small_pool();
  inputs.pools.begin()->second.spec.addresses = {*net::parse_range("192.0.2.100-192.0.2.106")};
  auto named = vip("named", "192.0.2.100");
  named.meta.creation_timestamp = WallTime(Seconds(100));
  put(inputs.virtual_ips, named);
  put(inputs.claims, claim_for("192.0.2.101", "gone"));
  inputs.poisoned_claims[{"", "v4-192-0-2-102"}] = {meta("v4-192-0-2-102", ""), {}};
  auto by_hand = group({"hand", 9, {{"192.0.2.103", "x"}}, {{"node-a", 200}}});
  by_hand.spec.addresses.front().owners.clear();
  by_hand.spec.excluded_addresses = {{ip("192.0.2.104"), 32}};
  put(inputs.groups, by_hand);
  auto emptied = group({"g", 1, {}, {{"node-a", 200}}});
  emptied.meta.annotations[kReleasingAnnotation] = "192.0.2.105 uid-gone node-a";
  put(inputs.groups, emptied);
  put(inputs.virtual_ips, open_vip("open", 10));
  EXPECT_EQ(addresses_in(desired(inputs)).at("open"), std::vector<std::string>{"192.0.2.106"});
}

TEST(Allocate, ReservedAddressesAreNotGiven) {
  Inputs inputs = with_small_pool();
  inputs.nodes.at({"", "node-a"}).internal_ips = {"192.0.2.100"};
  inputs.node_reports.at({"", "node-b"}).spec.interfaces.front().gateways = {ip("192.0.2.101")};
  put(inputs.virtual_ips, open_vip("open", 10));
  EXPECT_EQ(addresses_in(desired(inputs)).at("open"), std::vector<std::string>{"192.0.2.102"});
}

// A Pod range of 2^64 addresses inside the pool is stepped over at once.
TEST(Allocate, ReservedRangesAreSteppedOver) {
  Inputs inputs = with_small_pool();
  put(inputs.pools, pool("six", "2001:db8::-2001:db8:0:1::7"));
  inputs.nodes.at({"", "node-a"}).pod_cidrs = {"2001:db8::/64"};
  auto open = open_vip("open", 10);
  open.spec.forwarding = api::Forwarding::kDelegate;
  open.spec.ip_families = {net::Family::kIPv6};
  put(inputs.virtual_ips, open);
  EXPECT_EQ(addresses_in(desired(inputs)).at("open"), std::vector<std::string>{"2001:db8:0:1::"});
}

TEST(Allocate, BuggyAddressesAreLeftOutWhereThePoolAvoidsThem) {
  Inputs inputs = with_small_pool();
  auto& spec = inputs.pools.begin()->second.spec;
  spec.addresses = {*net::parse_range("192.0.2.254-192.0.3.1")};
  spec.avoid_buggy_ips = true;
  for (int i = 0; i < 3; ++i) put(inputs.virtual_ips, open_vip("vip-" + std::to_string(i), i));
  const auto out = desired(inputs);
  EXPECT_EQ(addresses_in(out), (Given{{"vip-0", {"192.0.2.254"}}, {"vip-1", {"192.0.3.1"}}}));
  EXPECT_EQ(refusal_in(out, "vip-2")->reason, Reason::kPoolExhausted);
}

TEST(Allocate, PoolsAreUsedByPriorityAndTheNextOnceOneIsExhausted) {
  Inputs inputs = with_small_pool();
  auto first = pool("z-first", "198.51.100.0/32");
  first.spec.service_allocation.priority = 10;
  put(inputs.pools, first);
  put(inputs.virtual_ips, open_vip("one", 1));
  put(inputs.virtual_ips, open_vip("two", 2));
  EXPECT_EQ(addresses_in(desired(inputs)), (Given{{"one", {"198.51.100.0"}}, {"two", {"192.0.2.100"}}}));
}

TEST(Allocate, ExhaustedPoolsAreNamedUnderAllocated) {
  Inputs inputs = with_small_pool();
  for (int i = 0; i < 4; ++i) put(inputs.virtual_ips, open_vip("vip-" + std::to_string(i), i));
  const auto out = desired(inputs);
  EXPECT_EQ(addresses_in(out).size(), 3U);
  EXPECT_EQ(out.decisions.at({"shop", "vip-3"}).not_allocated,
            (Refusal{Reason::kPoolExhausted, "no IPv4 address is left in AddressPool small"}));
}

TEST(Allocate, NoPoolForItIsSaidUnderAccepted) {
  Inputs inputs = with_small_pool();
  inputs.pools.begin()->second.spec.service_allocation.namespaces = {"bank"};
  put(inputs.virtual_ips, open_vip("open", 1));
  const auto no = desired(inputs).decisions.at({"shop", "open"}).not_accepted;
  ASSERT_TRUE(no);
  EXPECT_EQ(no->reason, Reason::kNotAdmitted);
  EXPECT_EQ(no->message,
            "no accepted AddressPool assigns IPv4 addresses to who asks in namespace shop (autoAssign, "
            "serviceAllocation)");
}

TEST(Allocate, ANamedPoolIsTheOnlyOne) {
  Inputs inputs = with_small_pool();
  put(inputs.pools, pool("other", "198.51.100.0/30"));
  auto open = open_vip("open", 1);
  open.spec.pool = "small";
  put(inputs.virtual_ips, open);
  EXPECT_EQ(addresses_in(desired(inputs)).at("open"), std::vector<std::string>{"192.0.2.100"});
  inputs.virtual_ips.begin()->second.spec.pool = "absent";
  EXPECT_EQ(refusal_in(desired(inputs), "open")->reason, Reason::kPoolNotFound);
}

Inputs with_both_families() {
  Inputs inputs = with_small_pool();
  put(inputs.pools, pool("six", "2001:db8::/127"));
  auto open = open_vip("open", 1);
  open.spec.forwarding = api::Forwarding::kDelegate;
  open.spec.ip_families = {net::Family::kIPv6, net::Family::kIPv4};
  put(inputs.virtual_ips, open);
  return inputs;
}

TEST(Allocate, OneOfEachFamily) {
  EXPECT_EQ(addresses_in(desired(with_both_families())).at("open"),
            (std::vector<std::string>{"192.0.2.100", "2001:db8::"}));
}

TEST(Allocate, BothFamiliesOrNone) {
  Inputs inputs = with_both_families();
  put(inputs.claims, claim_for("2001:db8::", "gone"));
  put(inputs.claims, claim_for("2001:db8::1", "gone"));
  const auto out = desired(inputs);
  EXPECT_TRUE(addresses_in(out).empty());
  EXPECT_EQ(refusal_in(out, "open")->message, "no IPv6 address is left in AddressPool six");
}

TEST(Allocate, TheFamilyThatIsNotNamedIsGivenBesideTheOneThatIs) {
  Inputs inputs = with_both_families();
  inputs.virtual_ips.begin()->second.spec.addresses = {ip("192.0.2.102")};
  EXPECT_EQ(addresses_in(desired(inputs)).at("open"),
            (std::vector<std::string>{"192.0.2.102", "2001:db8::"}));
}

// api.md, ipFamilies: "the families of `addresses`, else the Service's, else IPv4".
TEST(Families, AreTheServicesWhereNothingElseIsSaid) {
  Inputs inputs = with_both_families();
  auto object = open_vip("web", 2);
  object.spec.service = "web";
  object.spec.forwarding = api::Forwarding::kDelegate;
  const std::vector<net::Family> both{net::Family::kIPv6, net::Family::kIPv4};
  const std::vector<net::Family> v4{net::Family::kIPv4};
  EXPECT_EQ(families_of(inputs, object), v4);
  auto of_web = service("web", "");
  of_web.ip_families = both;
  put(inputs.services, of_web);
  EXPECT_EQ(families_of(inputs, object), both);
  object.spec.forwarding = api::Forwarding::kNat;
  EXPECT_EQ(families_of(inputs, object), both);
  object.spec.forwarding = api::Forwarding::kTunnel;  // IPv6 is not built there, and is preferred at most
  EXPECT_EQ(families_of(inputs, object), v4);
  inputs.services.begin()->second.needs_dual_stack = true;
  EXPECT_EQ(families_of(inputs, object), both);
  object.spec.addresses = {ip("192.0.2.102")};
  EXPECT_EQ(families_of(inputs, object), v4);
  object.spec.ip_families = both;
  EXPECT_EQ(families_of(inputs, object), both);
}

// What it merely prefers it can do without; it comes once there is a pool.
TEST(Families, OfTwoThatAServicePrefersThoseThatSomePoolHas) {
  const std::vector<std::string> v4{"192.0.2.100"};
  Inputs inputs = with_both_families();
  const auto six = inputs.pools.at({"", "six"});
  auto object = open_vip("web", 2);
  object.spec.service = "web";
  object.spec.forwarding = api::Forwarding::kDelegate;
  object.meta.owner_references.push_back({"v1", "Service", "web", "uid-web", true});
  put(inputs.virtual_ips, object);
  auto of_web = service("web", "");
  of_web.ip_families = {net::Family::kIPv6, net::Family::kIPv4};
  put(inputs.services, of_web);
  EXPECT_EQ(addresses_in(desired(inputs)).at("web").size(), 2U);
  inputs.pools.erase({"", "six"});
  EXPECT_EQ(addresses_in(desired(inputs)), (Given{{"web", v4}}));
  put(inputs.claims, claim_for("2001:db8::1", "web"));
  EXPECT_EQ(addresses_in(desired(inputs)), (Given{{"web", v4}})) << "given back with its pool";
  inputs.claims.clear();
  inputs.services.begin()->second.needs_dual_stack = true;
  EXPECT_EQ(refusal_in(desired(inputs), "web")->message,
            "no accepted AddressPool assigns IPv6 addresses to who asks in namespace shop "
            "(autoAssign, serviceAllocation)");
  inputs.services.begin()->second.needs_dual_stack = false;
  inputs.pools.clear();
  EXPECT_EQ(refusal_in(desired(inputs), "web")->reason, Reason::kPoolNotFound);
}

TEST(Families, IPv6OfAServiceIsGivenWithNat) {
  Inputs inputs = with_both_families();
  auto object = open_vip("web", 2);
  object.spec.service = "web";
  object.spec.forwarding = api::Forwarding::kNat;
  put(inputs.virtual_ips, object);
  auto of_web = service("web", "");
  of_web.ip_families = {net::Family::kIPv6};
  put(inputs.services, of_web);
  EXPECT_EQ(addresses_in(desired(inputs)).at("web"), (std::vector<std::string>{"2001:db8::1"}));
}

TEST(Families, IPv6ThatIsNeededIsRefusedWhereItIsNotBuilt) {
  Inputs inputs = with_both_families();
  auto object = open_vip("web", 2);
  object.spec.service = "web";
  object.spec.forwarding = api::Forwarding::kTunnel;
  put(inputs.virtual_ips, object);
  auto of_web = service("web", "");
  of_web.ip_families = {net::Family::kIPv6};
  put(inputs.services, of_web);
  const auto no = refusal_in(desired(inputs), "web");
  ASSERT_TRUE(no);
  EXPECT_EQ(*no,
            (Refusal{Reason::kNotYetSupported,
                     "not supported yet: IPv6, by the Service's ipFamilies, with forwarding Tunnel "
                     "(NAT and Delegate are): ipFamilies: [IPv4] of the VirtualIP asks for IPv4 alone"}));
}

// As the API server makes a headless Service without a selector, whoever asks for no family: it needs both.
TEST(Families, OfAHeadlessServiceIPv4AloneCanBeAskedFor) {
  Inputs inputs = with_both_families();
  auto object = open_vip("web", 2);
  object.spec.service = "web";
  put(inputs.virtual_ips, object);
  auto of_web = service("web", "");
  of_web.cluster_ips = {"None"};
  of_web.ip_families = {net::Family::kIPv4, net::Family::kIPv6};
  of_web.needs_dual_stack = true;
  put(inputs.services, of_web);
  inputs.pools.erase({"", "six"});
  const auto no = refusal_in(desired(inputs), "web");
  ASSERT_TRUE(no);
  EXPECT_EQ(no->reason, Reason::kNotAdmitted);
  inputs.virtual_ips.erase({"shop", "open"});
  inputs.virtual_ips.at({"shop", "web"}).spec.ip_families = {net::Family::kIPv4};
  EXPECT_FALSE(refusal_in(desired(inputs), "web"));
}

// One pass over what is given away: 4,000 VirtualIPs take the time of as many steps, not of 8 million.
TEST(Allocate, ManyAreNotSearchedFromTheBeginningEach) {
  Inputs inputs = three_nodes();
  inputs.pools.clear();
  put(inputs.pools, pool("big", "10.8.0.0/16"));
  for (int i = 0; i < 4000; ++i) put(inputs.virtual_ips, open_vip("vip-" + std::to_string(i), i));
  const auto out = addresses_in(desired(inputs));
  EXPECT_EQ(out.at("vip-0"), std::vector<std::string>{"10.8.0.0"});
  EXPECT_EQ(out.at("vip-3999"), std::vector<std::string>{"10.8.15.159"});
}

}  // namespace
}  // namespace fairlead::controller

#include <gtest/gtest.h>

#include "controller/plan/changes.h"
#include "unit/controller/plan/allocating.h"

// FC-14, and kubernetes.md 9.24: existing assignments first; moving is an explicit act.
namespace fairlead::controller {
namespace {

using namespace testing;

// `open` was given 192.0.2.110 of `public`; lower ones are free.
Inputs given() {
  Inputs inputs = three_nodes();
  put(inputs.virtual_ips, open_vip("open", 1));
  put(inputs.claims, claim_naming("192-0-2-0-24-v4-1", "192.0.2.110", "open"));
  return inputs;
}
std::vector<std::string> kept(const Inputs& inputs) {
  const auto found = addresses_in(desired(inputs));
  const auto open = found.find("open");
  return open == found.end() ? std::vector<std::string>{} : open->second;
}
const std::vector<std::string> kSame{"192.0.2.110"};

TEST(Keep, WhatItsClaimSays) {
  EXPECT_EQ(kept(given()), kSame);
  EXPECT_EQ(desired(given()).claims, given().claims);
  EXPECT_EQ(desired(given()).decisions.at({"shop", "open"}).pool_removed, "");
}

TEST(Keep, WhateverBecomesOfThePool) {
  const std::string outside = "192.0.2.110 is in no accepted AddressPool";
  Inputs inputs = given();
  inputs.pools.begin()->second.spec.addresses = {*net::parse_range("192.0.2.96/29")};
  EXPECT_EQ(kept(inputs), kSame) << "shrunk";
  EXPECT_EQ(desired(inputs).decisions.at({"shop", "open"}).pool_removed, outside);
  put(inputs.groups, group({"g", 1, {{"192.0.2.110", "open"}}, {{"node-a", 200}}}));
  inputs.pools.clear();  // in no group yet it is given back: address_claims_test
  EXPECT_EQ(kept(inputs), kSame) << "gone";
  EXPECT_EQ(desired(inputs).decisions.at({"shop", "open"}).pool_removed, outside);
  inputs.groups.clear();
  inputs.poisoned_pools[{"", "public"}] = {meta("public", ""), {{"spec.addresses", "required"}}};
  EXPECT_EQ(kept(inputs), kSame) << "unreadable";

  inputs = given();
  inputs.pools.begin()->second.spec.service_allocation.namespaces = {"bank"};
  EXPECT_EQ(kept(inputs), kSame) << "closed to the namespace";
  EXPECT_EQ(desired(inputs).decisions.at({"shop", "open"}).pool_removed,
            "AddressPool public does not admit namespace shop (serviceAllocation.namespaces)");

  inputs = given();
  inputs.pools.begin()->second.meta.creation_timestamp = WallTime(Seconds(60));
  put(inputs.pools, pool("older", "192.0.2.108/30"));
  EXPECT_EQ(kept(inputs), kSame) << "overlapped by an older one, which has it now";
  EXPECT_EQ(desired(inputs).decisions.at({"shop", "open"}).pool_removed, "");

  inputs = given();
  auto better = pool("better", "198.51.100.0/24");
  better.spec.service_allocation.priority = 1;
  put(inputs.pools, better);
  EXPECT_EQ(kept(inputs), kSame) << "a pool of higher priority";
}

// Its claim came, and the pool shrank before the group did.
TEST(Keep, AnAddressThatThePoolHasNoMoreIsPlacedByTheRulesOfThatPool) {
  Inputs inputs = given();
  inputs.pools.begin()->second.spec.addresses = {*net::parse_range("192.0.2.96/29")};
  inputs.pools.begin()->second.spec.vrrp.advert_interval = Milliseconds(100);
  const auto out = desired(inputs);
  ASSERT_EQ(out.groups.size(), 1U);
  EXPECT_EQ(out.groups.begin()->second.spec.advert_interval, Milliseconds(100));
  inputs.pools.clear();
  EXPECT_TRUE(desired(inputs).groups.empty()) << "nobody can say how";
}

// It has no claim if who may delete claims deleted one, and after an upgrade.
TEST(Keep, WhatItsGroupSaysWhereTheClaimIsMissing) {
  Inputs inputs = given();
  inputs.claims.clear();
  put(inputs.groups, group({"g", 1, {{"192.0.2.110", "open"}}, {{"node-a", 200}}}));
  EXPECT_EQ(kept(inputs), kSame);
  const auto made = desired(inputs).claims.at({"", "v4-192-0-2-110"});
  EXPECT_EQ(made.spec, claim_for("192.0.2.110", "open").spec);
}

TEST(Keep, OfTwoClaimsTheOneInAGroupThenTheLowerAndTheOtherIsGivenBack) {
  Inputs inputs = given();
  put(inputs.claims, claim_for("192.0.2.105", "open"));
  EXPECT_EQ(kept(inputs), std::vector<std::string>{"192.0.2.105"});
  EXPECT_FALSE(desired(inputs).claims.contains({"", "v4-192-0-2-110"}));
  put(inputs.groups, group({"g", 1, {{"192.0.2.110", "open"}}, {{"node-a", 200}}}));
  EXPECT_EQ(kept(inputs), kSame);
  EXPECT_FALSE(desired(inputs).claims.contains({"", "v4-192-0-2-105"}));
}

TEST(Keep, AnotherPoolAskedForByNameMovesIt) {
  Inputs inputs = given();
  put(inputs.pools, pool("other", "198.51.100.0/24"));
  inputs.virtual_ips.begin()->second.spec.pool = "other";
  EXPECT_EQ(kept(inputs), std::vector<std::string>{"198.51.100.0"});
  inputs.virtual_ips.begin()->second.spec.pool = "public";
  EXPECT_EQ(kept(inputs), kSame);
}

TEST(Keep, WhoCannotMoveKeepsWhatItHas) {
  Inputs inputs = given();
  put(inputs.groups, group({"192-0-2-0-24-v4-1", 1, {{"192.0.2.110", "open"}}, {{"node-a", 200}}}));
  inputs.virtual_ips.begin()->second.spec.pool = "absent";
  const auto out = desired(inputs);
  EXPECT_EQ(refusal_in(out, "open")->reason, Reason::kPoolNotFound);
  EXPECT_EQ(out.claims, inputs.claims);
  EXPECT_EQ(out.groups.begin()->second.spec.addresses.size(), 1U);
}

TEST(Keep, AnotherFamilyMovesIt) {
  Inputs inputs = given();
  put(inputs.pools, pool("six", "2001:db8::/127"));
  auto& spec = inputs.virtual_ips.begin()->second.spec;
  spec.forwarding = api::Forwarding::kDelegate;
  spec.ip_families = {net::Family::kIPv6};
  EXPECT_EQ(kept(inputs), std::vector<std::string>{"2001:db8::"});
}

// kubernetes.md 1: "address in the Service's status if the pool admits it".
Inputs with_status(const std::string& address) {
  Inputs inputs = three_nodes();
  auto of_web = service("web", "");
  of_web.ingress = {{address, "Proxy"}};
  put(inputs.services, of_web);
  auto web = open_vip("web", 50);
  web.spec.service = "web";
  web.meta.owner_references.push_back({"v1", "Service", "web", "uid-web", true});
  put(inputs.virtual_ips, web);
  put(inputs.virtual_ips, open_vip("older", 1));
  return inputs;
}

TEST(Keep, WhatTheServicesStatusShowsThoughOthersAreOlder) {
  EXPECT_EQ(addresses_in(desired(with_status("192.0.2.96"))),
            (Given{{"web", {"192.0.2.96"}}, {"older", {"192.0.2.97"}}}));
}

TEST(Keep, NotIfThePoolDoesNotGiveItOrSomebodyHasIt) {
  EXPECT_EQ(addresses_in(desired(with_status("198.51.100.7"))).at("web"),
            std::vector<std::string>{"192.0.2.97"});
  EXPECT_EQ(addresses_in(desired(with_status("nonsense"))).at("web"), std::vector<std::string>{"192.0.2.97"});
  Inputs inputs = with_status("192.0.2.120");
  put(inputs.claims, claim_for("192.0.2.120", "gone"));
  EXPECT_EQ(addresses_in(desired(inputs)).at("web"), std::vector<std::string>{"192.0.2.97"});
}

// spec.externalIPs is never a source; nor is the status of a Service that another load balancer wrote.
TEST(Keep, OfAServiceThatIsMerelyNamedTheStatusIsNobodysConcern) {
  Inputs inputs = with_status("192.0.2.120");
  inputs.virtual_ips.at({"shop", "web"}).meta.owner_references.clear();
  EXPECT_EQ(addresses_in(desired(inputs)).at("web"), std::vector<std::string>{"192.0.2.97"});
}

}  // namespace
}  // namespace fairlead::controller

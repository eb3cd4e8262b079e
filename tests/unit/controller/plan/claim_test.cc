#include "controller/plan/claim.h"

#include <gtest/gtest.h>

#include "controller/plan/allocate.h"
#include "unit/controller/builders.h"

// api.md, Release: "Two VirtualIPs ask for one address".
namespace fairlead::controller {
namespace {

using namespace testing;

api::VirtualIP born(const std::string& name, int seconds) {
  auto out = vip(name, "192.0.2.100");
  out.meta.creation_timestamp = WallTime(Seconds(seconds));
  return out;
}

Claims claimed(const Inputs& inputs) {
  const Ground ground(inputs);
  std::vector<Wish> wishes;
  for (const auto& [key, object] : inputs.virtual_ips) {
    if (object.meta.deleting) continue;
    const auto judgement = judge(ground, object);
    wishes.insert(wishes.end(), judgement.wishes.begin(), judgement.wishes.end());
  }
  return allocate(ground, {wishes, {}});
}

TEST(Claim, TheOlderVirtualIPGetsTheAddress) {
  Inputs inputs = three_nodes();
  put(inputs.virtual_ips, born("a-young", 20));
  put(inputs.virtual_ips, born("z-old", 10));
  const auto claims = claimed(inputs);
  EXPECT_EQ(claims.granted.at(ip("192.0.2.100")).front().uid, "uid-z-old");
  const auto& no = claims.refused.at({"shop", "a-young"});
  EXPECT_EQ(no.reason, Reason::kAddressInUse);
  EXPECT_NE(no.message.find("shop/z-old"), std::string::npos);
}

TEST(Claim, OfTwinsTheSmallerUid) {
  Inputs inputs = three_nodes();
  put(inputs.virtual_ips, born("b", 10));
  put(inputs.virtual_ips, born("a", 10));
  EXPECT_EQ(claimed(inputs).granted.at(ip("192.0.2.100")).front().uid, "uid-a");
}

TEST(Claim, TheHolderKeepsItWhoeverIsOlder) {
  Inputs inputs = three_nodes();
  put(inputs.virtual_ips, born("old", 10));
  put(inputs.virtual_ips, born("holder", 20));
  put(inputs.groups, group({"g", 1, {{"192.0.2.100", "holder"}}, {{"node-a", 200}}}));
  const auto claims = claimed(inputs);
  EXPECT_EQ(claims.granted.at(ip("192.0.2.100")).front().uid, "uid-holder");
  EXPECT_NE(claims.refused.at({"shop", "old"}).message.find("shop/holder"), std::string::npos);
}

TEST(Claim, AHolderThatIsBeingDeletedStillBlocksIt) {
  Inputs inputs = three_nodes();
  auto leaving = born("leaving", 10);
  leaving.meta.deleting = true;
  put(inputs.virtual_ips, leaving);
  put(inputs.virtual_ips, born("next", 20));
  put(inputs.groups, group({"g", 1, {{"192.0.2.100", "leaving"}}, {{"node-a", 200}}}));
  const auto claims = claimed(inputs);
  EXPECT_TRUE(claims.granted.empty());
  EXPECT_TRUE(claims.refused.contains({"shop", "next"}));
}

TEST(Claim, AnAddressThatANodeMayStillHoldIsNobodys) {
  Inputs inputs = three_nodes();
  put(inputs.virtual_ips, born("next", 20));
  auto emptied = group({"g", 1, {}, {{"node-a", 200}}});
  emptied.meta.annotations[kReleasingAnnotation] = "192.0.2.100 uid-gone node-a";
  put(inputs.groups, emptied);
  const auto claims = claimed(inputs);
  EXPECT_TRUE(claims.granted.empty());
  const auto& no = claims.refused.at({"shop", "next"});
  EXPECT_EQ(no.reason, Reason::kAddressInUse);
  EXPECT_NE(no.message.find("may still be held by node node-a"), std::string::npos);
}

TEST(Claim, AnAddressOfAGroupMadeByHandIsNotGivenTwice) {
  Inputs inputs = three_nodes();
  put(inputs.virtual_ips, born("web", 20));
  auto by_hand = group({"hand", 9, {{"192.0.2.100", "x"}}, {{"node-a", 200}}});
  by_hand.spec.addresses.front().owners.clear();
  put(inputs.groups, by_hand);
  const auto claims = claimed(inputs);
  EXPECT_TRUE(claims.granted.empty());
  EXPECT_NE(claims.refused.at({"shop", "web"}).message.find("VRRPGroup hand"), std::string::npos);
}

// Whoever takes the owners out of a group of ours makes it no group made by hand: its claim names it.
TEST(Claim, AnAddressWhoseOwnersSomebodyTookOutOfItsGroupIsItsHoldersAsBefore) {
  Inputs inputs = three_nodes();
  put(inputs.virtual_ips, born("web", 20));
  auto stripped = group({.addresses = {{"192.0.2.100", "web"}}, .members = {{"node-a", 200}}});
  stripped.spec.addresses.front().owners.clear();
  put(inputs.groups, stripped);
  put(inputs.claims, claim_naming(stripped.meta.name, "192.0.2.100", "web"));
  EXPECT_EQ(claimed(inputs).granted.at(ip("192.0.2.100")).front().uid, "uid-web");
  EXPECT_TRUE(tenures(inputs, holdings(inputs)).at("uid-web").at(ip("192.0.2.100")).in_group);
  put(inputs.claims, claim_naming("another", "192.0.2.100", "web"));
  EXPECT_TRUE(claimed(inputs).granted.empty());
}

// In a group made by hand, and in one of ours, where people may add it (docs/vrrp.md).
TEST(Claim, AnAddressThatAGroupHoldsWithoutListingItIsNotGivenTwice) {
  for (const bool by_hand : {true, false}) {
    Inputs inputs = three_nodes();
    put(inputs.virtual_ips, born("web", 20));
    auto holder = group({"holder", 9, {{"192.0.2.101", "x"}}, {{"node-a", 200}}});
    if (by_hand) holder.spec.addresses.front().owners.clear();
    holder.spec.excluded_addresses = {{ip("192.0.2.100"), 32}};
    put(inputs.groups, holder);
    const auto claims = claimed(inputs);
    EXPECT_TRUE(claims.granted.empty());
    const auto& no = claims.refused.at({"shop", "web"});
    EXPECT_EQ(no.reason, Reason::kAddressInUse);
    EXPECT_EQ(no.message, "192.0.2.100 is in excludedAddresses of VRRPGroup holder");
  }
}

// api.md, Release: "the holder of the claim keeps it; with no claim yet, the older".
TEST(Claim, TheHolderOfTheClaimKeepsItWhoeverIsOlder) {
  Inputs inputs = three_nodes();
  put(inputs.virtual_ips, born("old", 10));
  put(inputs.virtual_ips, born("holder", 20));
  put(inputs.claims, claim_for("192.0.2.100", "holder"));
  const auto claims = claimed(inputs);
  EXPECT_EQ(claims.granted.at(ip("192.0.2.100")).front().uid, "uid-holder");
  EXPECT_EQ(claims.refused.at({"shop", "old"}).message, "192.0.2.100 is held by VirtualIP shop/holder");
}

// It goes now, and the next one's is made after it: address_claims_test.
TEST(Claim, WhoComesAfterAHolderThatIsGoneIsNotRefused) {
  Inputs inputs = three_nodes();
  put(inputs.virtual_ips, born("web", 10));
  put(inputs.virtual_ips, born("younger", 20));
  put(inputs.claims, claim_for("192.0.2.100", "gone"));
  const auto claims = claimed(inputs);
  EXPECT_EQ(claims.granted.at(ip("192.0.2.100")).front().uid, "uid-web");
  EXPECT_EQ(claims.refused.at({"shop", "younger"}).message, "192.0.2.100 is held by VirtualIP shop/web");
}

TEST(Claim, OneThatIsGoneAndIsStillInAGroupReleasesIt) {
  Inputs inputs = three_nodes();
  put(inputs.virtual_ips, born("web", 10));
  put(inputs.groups, group({"g", 1, {{"192.0.2.100", "gone"}}, {{"node-a", 200}}}));
  put(inputs.claims, claim_for("192.0.2.100", "gone"));
  const auto claims = claimed(inputs);
  EXPECT_TRUE(claims.granted.empty());
  EXPECT_EQ(claims.refused.at({"shop", "web"}).message,
            "192.0.2.100 is being released by VirtualIP shop/gone");
}

TEST(Claim, AnAddressWhoseClaimCannotBeReadIsNobodys) {
  Inputs inputs = three_nodes();
  put(inputs.virtual_ips, born("web", 10));
  inputs.poisoned_claims[{"", "v4-192-0-2-100"}] = {meta("v4-192-0-2-100", ""), {{"spec.owner", "required"}}};
  const auto claims = claimed(inputs);
  EXPECT_TRUE(claims.granted.empty());
  EXPECT_EQ(claims.refused.at({"shop", "web"}).message,
            "192.0.2.100 has AddressClaim v4-192-0-2-100, which cannot be read: delete it");
}

// failure-model.md, "Claims across an etcd restore": conflicts are reported.
TEST(Claim, WhereGroupAndClaimNameTwoNeitherIsMovedAndBothAreTold) {
  Inputs inputs = three_nodes();
  put(inputs.virtual_ips, born("served", 10));
  put(inputs.virtual_ips, born("claimant", 20));
  put(inputs.groups, group({"g", 1, {{"192.0.2.100", "served"}}, {{"node-a", 200}}}));
  put(inputs.claims, claim_for("192.0.2.100", "claimant"));
  const auto claims = claimed(inputs);
  EXPECT_TRUE(claims.granted.empty());
  EXPECT_EQ(claims.refused.at({"shop", "served"}).message,
            "192.0.2.100 is held by VirtualIP shop/served in VRRPGroup g, and by AddressClaim "
            "v4-192-0-2-100 is of VirtualIP shop/claimant: delete one of them");
  EXPECT_TRUE(claims.refused.contains({"shop", "claimant"}));
}

TEST(Claim, WhoIsRefusedOneAddressGetsNoOther) {
  Inputs inputs = three_nodes();
  put(inputs.pools, pool("six", "2001:db8::/120"));
  auto both = vip("both", "192.0.2.100");
  both.spec.forwarding = api::Forwarding::kDelegate;
  both.spec.addresses.push_back(ip("2001:db8::1"));
  put(inputs.virtual_ips, both);
  put(inputs.claims, claim_for("192.0.2.100", "other"));
  auto other = vip("other", "192.0.2.101");
  other.meta.deleting = true;
  put(inputs.virtual_ips, other);
  EXPECT_TRUE(claimed(inputs).granted.empty());
  put(inputs.claims, claim_for("2001:db8::1", "both"));  // what it has it keeps
  EXPECT_EQ(claimed(inputs).granted.size(), 1U);
}

// As of two groups that list it: the nodes go by the older one, too (node/plan).
TEST(Holdings, OfTwoGroupsWithOneAddressTheOlderHasItHoweverItLists) {
  for (const int listed_at : {10, 30}) {
    Inputs inputs;
    auto lists = group({"lists", 1, {{"192.0.2.100", "web"}}, {{"node-a", 200}}});
    lists.meta.creation_timestamp = WallTime(Seconds(listed_at));
    auto excludes = group({"excludes", 2, {{"192.0.2.50", "x"}}, {{"node-a", 200}}});
    excludes.meta.creation_timestamp = WallTime(Seconds(20));
    excludes.spec.excluded_addresses = {{ip("192.0.2.100"), 32}};
    put(inputs.groups, lists);
    put(inputs.groups, excludes);
    EXPECT_EQ(holdings(inputs).at(ip("192.0.2.100")),
              listed_at < 20 ? (Holding{"lists", {{"shop", "web", "uid-web"}}, false})
                             : (Holding{"excludes", {}, true}));
  }
}

}  // namespace
}  // namespace fairlead::controller

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "controller/plan/changes.h"
#include "controller/plan/release.h"
#include "unit/controller/builders.h"

// Which group takes an address in is locked by the address's claim (docs/addresses.md, Claims; I-13).
namespace fairlead::controller {
namespace {

using namespace testing;

const std::string kFirst = "192-0-2-0-24-v4-1";
const api::ObjectKey kClaim{"", "v4-192-0-2-100"};

// `web` asks for 192.0.2.100, and its claim names that group; empty: none.
Inputs with_claim(const std::string& group) {
  Inputs inputs = three_nodes();
  put(inputs.virtual_ips, vip("web", "192.0.2.100"));
  put(inputs.claims,
      group.empty() ? claim_for("192.0.2.100", "web") : claim_naming(group, "192.0.2.100", "web"));
  return inputs;
}

std::string named_in(const Desired& out) { return api::group_named_by(out.claims.at(kClaim)); }

std::set<std::string> groups_in(const Desired& out) {
  std::set<std::string> names;
  for (const auto& [key, group] : out.groups) names.insert(key.name);
  return names;
}

TEST(ClaimGroups, AClaimIsMadeWithTheGroupThatIsToTakeItsAddressIn) {
  Inputs inputs = with_claim("");
  inputs.claims.clear();
  const auto out = desired(inputs);
  EXPECT_EQ(named_in(out), kFirst);
  EXPECT_TRUE(out.groups.empty());
  const auto writes = changes(inputs, out, {});
  ASSERT_EQ(writes.size(), 1U);
  EXPECT_EQ(writes[0].body, api::encode_address_claim(claim_naming(kFirst, "192.0.2.100", "web")));
}

TEST(ClaimGroups, SeveralThatAreMadeAtOnceAreSpreadLikeThoseThatAreThere) {
  Inputs inputs = three_nodes();
  put_claimed(inputs, vip("old", "192.0.2.99"));
  for (const std::string number : {"100", "101", "102"}) {
    put(inputs.virtual_ips, vip("vip-" + number, "192.0.2." + number));
  }
  const auto out = desired(inputs);
  EXPECT_EQ(groups_in(out), std::set<std::string>{kFirst});
  EXPECT_EQ(out.groups.at({"", kFirst}).spec.addresses.size(), 1U);
  std::multiset<std::string> named;
  for (const auto& [key, claim] : out.claims) named.insert(api::group_named_by(claim));
  EXPECT_EQ(named, (std::multiset<std::string>{kFirst, kFirst, "192-0-2-0-24-v4-2", "192-0-2-0-24-v4-3"}));
}

TEST(ClaimGroups, AnAddressComesIntoTheGroupThatItsClaimNamesThoughALowerOneIsFree) {
  const auto out = desired(with_claim("192-0-2-0-24-v4-7"));
  ASSERT_EQ(groups_in(out), std::set<std::string>{"192-0-2-0-24-v4-7"});
  EXPECT_EQ(out.groups.begin()->second.spec.virtual_router_id, 7);
  EXPECT_EQ(out.groups.begin()->second.spec.addresses.front().address, ip("192.0.2.100"));
}

TEST(ClaimGroups, AnAddressJoinsTheGroupThatItsClaimNamesThoughAnotherIsToOpenFirst) {
  Inputs inputs = with_claim(kFirst);
  put(inputs.virtual_ips, vip("other", "192.0.2.101"));
  put(inputs.claims, claim_naming(kFirst, "192.0.2.101", "other"));
  put(inputs.groups, group({kFirst, 1, {{"192.0.2.101", "other"}}, {{"node-a", 200}, {"node-b", 150}}}));
  const auto out = desired(inputs);
  ASSERT_EQ(groups_in(out), std::set<std::string>{kFirst});
  EXPECT_EQ(out.groups.begin()->second.spec.addresses.size(), 2U);
}

// An older controller made it; or it was made when no node could hold the address.
TEST(ClaimGroups, OneThatNamesNoGroupDoesSoBeforeItsAddressComesIntoOne) {
  Inputs inputs = with_claim("");
  auto out = desired(inputs);
  EXPECT_TRUE(out.groups.empty());
  EXPECT_EQ(named_in(out), kFirst);
  const auto writes = changes(inputs, out, {});
  ASSERT_EQ(writes.size(), 1U);
  EXPECT_EQ(writes[0].step, Step::kClaims);
  EXPECT_EQ(writes[0].verb, Verb::kApply);
  EXPECT_EQ(writes[0].resource_version, "17");
  const auto body = nlohmann::json::parse(writes[0].body);
  EXPECT_EQ(body["metadata"]["resourceVersion"], "17") << "who has named another meanwhile is not overruled";
  EXPECT_EQ(body["metadata"]["uid"], "uid-v4-192-0-2-100");
  EXPECT_EQ(body["metadata"]["annotations"], (nlohmann::json{{api::kClaimGroupAnnotation, kFirst}}));
  EXPECT_FALSE(body.contains("spec"));
  inputs.claims = out.claims;
  out = desired(inputs);
  EXPECT_EQ(groups_in(out), std::set<std::string>{kFirst});
}

TEST(ClaimGroups, WhereTheGroupNamedCannotTakeTheAddressInAnotherIsNamedBeforeItDoes) {
  for (const std::string odd : {"elsewhere-v4-1", "192-0-2-0-24-v4-200"}) {
    Inputs inputs = with_claim(odd);
    inputs.pools.at({"", "public"}).spec.vrrp.virtual_router_ids = {{1, 10}};
    EXPECT_TRUE(desired(inputs).groups.empty()) << odd;
    EXPECT_EQ(named_in(desired(inputs)), kFirst) << odd;
  }
}

// Its claim names a group that has come to be of other nodes since.
Inputs with_claim_of_a_group_of_others() {
  Inputs inputs = with_claim(kFirst);
  put_claimed(inputs, vip("other", "192.0.2.101"));
  inputs.virtual_ips.at({"shop", "other"}).spec.placement.preferred_nodes = {"node-c"};
  put(inputs.groups,
      group({kFirst, 1, {{"192.0.2.101", "other"}}, {{"node-c", 200}, {"node-a", 150}, {"node-b", 100}}}));
  return inputs;
}
std::string note_of(const Desired& out) {
  const auto& notes = out.groups.at({"", kFirst}).meta.annotations;
  const auto found = notes.find(kReleasingAnnotation);
  return found == notes.end() ? "" : found->second;
}

// Who saw the group before, and is to put the address there, fails by its version.
TEST(ClaimGroups, AGroupThatIsThereTurnsTheAddressAwayBeforeAnotherIsNamed) {
  Inputs inputs = with_claim_of_a_group_of_others();
  auto out = desired(inputs);
  EXPECT_EQ(note_of(out), "192.0.2.100 uid-web -");
  EXPECT_EQ(named_in(out), kFirst);
  EXPECT_EQ(out.groups.size(), 1U);
  inputs.groups = out.groups;
  out = desired(inputs);
  EXPECT_EQ(named_in(out), "192-0-2-0-24-v4-2");
  EXPECT_EQ(out.groups, inputs.groups) << "it says so until the claim is seen to name another";
  inputs.claims = out.claims;
  out = desired(inputs);
  EXPECT_EQ(note_of(out), "");
  EXPECT_EQ(out.groups.size(), 1U) << "the note is still there";
  inputs.groups = out.groups;
  out = desired(inputs);
  ASSERT_EQ(out.groups.size(), 2U);
  EXPECT_EQ(out.groups.at({"", "192-0-2-0-24-v4-2"}).spec.addresses.front().address, ip("192.0.2.100"));
}

TEST(ClaimGroups, NoNodeIsWaitedForNorAskedForByANoteThatNobodyHasTheAddress) {
  Inputs inputs = with_claim_of_a_group_of_others();
  inputs.groups = desired(inputs).groups;
  EXPECT_TRUE(releasing(inputs).blocked.empty());
  inputs.claims = desired(inputs).claims;
  const auto writes = changes(inputs, desired(inputs), {});
  ASSERT_FALSE(writes.empty());
  for (const auto& write : writes) EXPECT_TRUE(write.absences.empty());
}

TEST(ClaimGroups, OneWhoseAddressIsInAGroupIsMadeToNameItAfterAllThatIsUrgent) {
  for (const std::string named : {"", "192-0-2-0-24-v4-9"}) {
    Inputs inputs = with_claim(named);
    put(inputs.groups,
        group({kFirst, 1, {{"192.0.2.100", "web"}}, {{"node-a", 200}, {"node-b", 150}, {"node-c", 100}}}));
    put(inputs.claims, claim_for("192.0.2.109", "gone"));
    const auto out = desired(inputs);
    EXPECT_EQ(groups_in(out), std::set<std::string>{kFirst}) << "and stays there: " << named;
    const auto writes = changes(inputs, out, {});
    ASSERT_GE(writes.size(), 2U);
    EXPECT_EQ(writes[writes.size() - 2].step, Step::kRemoveClaims);
    EXPECT_EQ(writes.back().step, Step::kClaimsBehind);
    EXPECT_EQ(named_in(out), kFirst);
  }
}

// FC-02: a leader that is behind takes no claim back to the group that the address was in.
TEST(ClaimGroups, NoOtherGroupIsNamedBeforeTheOneThatIsNamedIsFoundToBeRidOfTheAddress) {
  Inputs inputs = with_claim("192-0-2-0-24-v4-2");
  put(inputs.groups, group({kFirst, 1, {{"192.0.2.100", "web"}}, {{"node-a", 200}, {"node-b", 150}}}));
  const auto writes = changes(inputs, desired(inputs), {});
  ASSERT_FALSE(writes.empty());
  ASSERT_EQ(writes.back().step, Step::kClaimsBehind);
  const Absence rid{Target::kVRRPGroup, {"", "192-0-2-0-24-v4-2"}, "", "", ip("192.0.2.100")};
  EXPECT_EQ(writes.back().absences, std::vector<Absence>{rid});
}

// The first has to choose one anew, the second has one, which is not there yet.
TEST(ClaimGroups, WhoHasAGroupComesIntoItBeforeAnotherIsChosenForSomebodyElse) {
  Inputs inputs = with_claim("elsewhere-v4-1");
  inputs.virtual_ips.at({"shop", "web"}).meta.creation_timestamp = WallTime(Seconds(-5));
  inputs.virtual_ips.at({"shop", "web"}).spec.placement.preferred_nodes = {"node-c"};
  put(inputs.virtual_ips, vip("other", "192.0.2.101"));
  put(inputs.claims, claim_naming(kFirst, "192.0.2.101", "other"));
  const auto out = desired(inputs);
  ASSERT_EQ(groups_in(out), std::set<std::string>{kFirst});
  EXPECT_EQ(out.groups.begin()->second.spec.addresses.size(), 1U);
  EXPECT_EQ(named_in(out), "192-0-2-0-24-v4-2");
}

TEST(ClaimGroups, WhatCannotBeTheNameOfAGroupIsNone) {
  for (const std::string rubbish : {"a/b", "..", "?x", "A", " ", "a\nb", "-"}) {
    Inputs inputs = with_claim(rubbish);
    EXPECT_EQ(named_in(desired(inputs)), kFirst) << rubbish;
    inputs.virtual_ips.clear();
    const auto writes = changes(inputs, desired(inputs), {});
    ASSERT_EQ(writes.size(), 1U);
    for (const auto& absence : writes[0].absences) EXPECT_EQ(absence.target, Target::kVirtualIP) << rubbish;
  }
}

// Of a group that lets it go: it waits there, and may come back, and until all have let go nothing is chosen.
TEST(ClaimGroups, AnAddressThatIsBeingReleasedHasNoOtherGroupNamed) {
  Inputs inputs = with_claim(kFirst);
  auto there = group({kFirst, 1, {}, {{"node-a", 200}}});
  there.meta.annotations[kReleasingAnnotation] = "192.0.2.100 uid-web node-x";
  put(inputs.nodes, node("node-x"));
  put(inputs.groups, there);
  const auto out = desired(inputs);
  EXPECT_EQ(named_in(out), kFirst);
  ASSERT_EQ(groups_in(out), std::set<std::string>{kFirst});
  EXPECT_TRUE(out.groups.begin()->second.spec.addresses.empty());
}

TEST(ClaimGroups, NoClaimOfAnotherIsMadeToNameAGroup) {
  Inputs inputs = with_claim("");
  inputs.claims.at(kClaim).spec.owner = {"shop", "other", "uid-other"};
  auto other = vip("other", "192.0.2.101");
  other.spec.addresses = {ip("192.0.2.100")};
  other.meta.deleting = true;
  put(inputs.virtual_ips, other);
  EXPECT_EQ(named_in(desired(inputs)), "");
}

}  // namespace
}  // namespace fairlead::controller

#include "controller/plan/address_claims.h"

#include <gtest/gtest.h>

#include "controller/plan/changes.h"
#include "unit/controller/plan/allocating.h"

// kubernetes.md 1, "Claim life"; api.md, Release: "The claim goes last".
namespace fairlead::controller {
namespace {

using namespace testing;

const api::ObjectKey kClaim{"", "v4-192-0-2-100"};

bool stays(const Inputs& inputs) { return desired(inputs).claims.contains(kClaim); }

// `web` asks for 192.0.2.100 and has its claim.
Inputs with_claim() {
  Inputs inputs = three_nodes();
  put_claimed(inputs, vip("web", "192.0.2.100"));
  return inputs;
}
api::VirtualIP& web(Inputs& inputs) { return inputs.virtual_ips.at({"shop", "web"}); }

TEST(AddressClaims, OneIsMadeForWhatIsGrantedBeforeAnythingElse) {
  Inputs inputs = with_claim();
  inputs.claims.clear();
  const auto out = desired(inputs);
  ASSERT_TRUE(out.claims.contains(kClaim));
  EXPECT_EQ(out.claims.at(kClaim).spec, claim_for("192.0.2.100", "web").spec);
  EXPECT_TRUE(out.groups.empty());
  EXPECT_TRUE(out.sets.empty());
  EXPECT_FALSE(out.decisions.at({"shop", "web"}).claimed);
  const auto writes = changes(inputs, out, {});
  ASSERT_EQ(writes.size(), 1U);
  EXPECT_EQ(writes[0].verb, Verb::kCreate);
  EXPECT_EQ(writes[0].step, Step::kClaims);
  const auto wanted = claim_naming("192-0-2-0-24-v4-1", "192.0.2.100", "web");
  EXPECT_EQ(writes[0].body, api::encode_address_claim(wanted));
}

TEST(AddressClaims, WithItThereTheGroupFollows) {
  const auto out = desired(with_claim());
  EXPECT_TRUE(out.decisions.at({"shop", "web"}).claimed);
  EXPECT_EQ(out.groups.size(), 1U);
  EXPECT_EQ(out.claims, with_claim().claims);
}

// K-30: the finalizer before the first side effect.
TEST(AddressClaims, NoneIsMadeBeforeTheFinalizer) {
  Inputs inputs = with_claim();
  inputs.claims.clear();
  web(inputs).meta.finalizers.clear();
  const auto out = desired(inputs);
  EXPECT_TRUE(out.claims.empty());
  EXPECT_TRUE(out.to_finalize.contains({"shop", "web"}));
}

TEST(AddressClaims, AnotherOnesIsNoLeaveToBePlaced) {
  Inputs inputs = with_claim();
  inputs.claims.at(kClaim).spec.owner = {"shop", "other", "uid-other"};
  put(inputs.virtual_ips, vip("other", "192.0.2.101"));
  const auto out = desired(inputs);
  EXPECT_EQ(out.decisions.at({"shop", "web"}).not_allocated->reason, Reason::kAddressInUse);
  EXPECT_TRUE(out.groups.empty());
}

TEST(AddressClaims, StayWhileTheirHolderIsRefusedUnreadableOrBeingDeleted) {
  Inputs inputs = with_claim();
  web(inputs).spec.not_yet_supported = {"spec.quorum"};
  EXPECT_TRUE(stays(inputs));
  web(inputs).spec.not_yet_supported.clear();
  web(inputs).meta.deleting = true;
  EXPECT_TRUE(stays(inputs));
  inputs.poisoned_virtual_ips[{"shop", "web"}] = {web(inputs).meta, {{"spec.ports", "x"}}};
  inputs.virtual_ips.clear();
  EXPECT_TRUE(stays(inputs));
}

TEST(AddressClaims, StayWhileItsServiceIsGoneAndItIsNot) {
  Inputs inputs = with_claim();
  web(inputs).meta.owner_references.push_back({"v1", "Service", "web", "uid-web", true});
  const auto out = desired(inputs);
  EXPECT_TRUE(out.to_delete.contains({"shop", "web"}));
  EXPECT_TRUE(out.claims.contains(kClaim));
}

// FC-08: objects deleted while we were down.
TEST(AddressClaims, GoWhenTheirHolderIsGoneByUid) {
  Inputs inputs = with_claim();
  web(inputs).meta.uid = "uid-of-the-next";
  EXPECT_FALSE(stays(inputs));
  inputs.virtual_ips.clear();
  EXPECT_FALSE(stays(inputs));
}

TEST(AddressClaims, GoWhenTheirHolderAsksForAnotherAndHasLetGo) {
  Inputs inputs = with_claim();
  put(inputs.groups, group({"g", 1, {{"192.0.2.100", "web"}}, {{"node-a", 200}}}));
  web(inputs).spec.addresses = {ip("192.0.2.101")};
  EXPECT_TRUE(stays(inputs)) << "it is in a group";
  auto& there = inputs.groups.begin()->second;
  there.spec.addresses.clear();
  there.meta.annotations[kReleasingAnnotation] = "192.0.2.100 uid-web node-a";
  EXPECT_TRUE(stays(inputs)) << "node-a has not reported";
  there.meta.annotations.clear();
  EXPECT_FALSE(stays(inputs));
}

// The lock is not passed on: the old claim goes, by UID, and the next one's is made once it is gone.
TEST(AddressClaims, WhoComesAfterAHolderThatIsGoneIsPendingAndNothingElseUntilTheClaimIsGone) {
  for (const std::string gone : {"gone", "web"}) {
    Inputs inputs = with_claim();
    inputs.claims.at(kClaim).spec.owner = {"shop", gone, "uid-of-an-earlier-one"};
    const auto out = desired(inputs);
    EXPECT_TRUE(out.claims.empty());
    EXPECT_TRUE(out.groups.empty());
    EXPECT_TRUE(out.sets.empty());
    const auto& decision = out.decisions.at({"shop", "web"});
    EXPECT_FALSE(decision.not_accepted || decision.not_allocated || decision.claimed);
    EXPECT_EQ(out.pools.at("public").numbers.available_ipv4, 31);
    const auto writes = changes(inputs, out, {});
    ASSERT_EQ(writes.size(), 1U);
    EXPECT_EQ(writes[0].step, Step::kRemoveClaims);
    inputs.claims.clear();
    EXPECT_TRUE(desired(inputs).claims.contains(kClaim));
  }
}

// It was never in a group, and without its pool it comes into none; FC-14 is about those that are served.
TEST(AddressClaims, OneWhoseAddressIsInNoGroupGoesWithItsPoolAndWhatIsAskedForIsJudgedAnew) {
  for (const bool by_name : {true, false}) {
    Inputs inputs = with_claim();
    if (!by_name) web(inputs).spec.addresses.clear();
    inputs.pools.clear();
    put(inputs.pools, pool("other", "192.0.2.64/27"));
    const auto out = desired(inputs);
    EXPECT_TRUE(out.claims.empty());
    const auto& decision = out.decisions.at({"shop", "web"});
    EXPECT_FALSE(decision.not_accepted || decision.not_allocated || decision.claimed);
    EXPECT_EQ(decision.pool_removed, "");
    const auto writes = changes(inputs, out, {});
    ASSERT_EQ(writes.size(), 1U);
    EXPECT_EQ(writes[0].step, Step::kRemoveClaims);
    inputs.claims.clear();
    const auto after = desired(inputs);
    EXPECT_EQ(refusal_in(after, "web").has_value(), by_name);  // OutsidePool
    EXPECT_EQ(after.claims.contains({"", "v4-192-0-2-64"}), !by_name);
  }
}

TEST(AddressClaims, OneWhoseAddressIsInNoGroupStaysWhileItsPoolIsThereOrMerelyUnreadable) {
  Inputs inputs = with_claim();
  inputs.pools.begin()->second.spec.addresses = {*net::parse_range("192.0.2.64/27")};
  EXPECT_TRUE(stays(inputs)) << "shrunk";
  inputs.pools.clear();
  inputs.poisoned_pools[{"", "public"}] = {meta("public", ""), {{"spec.addresses", "x"}}};
  EXPECT_TRUE(stays(inputs)) << "unreadable";
}

TEST(AddressClaims, OneWhoseAddressIsInAGroupStaysThoughItsPoolIsGone) {
  Inputs inputs = with_claim();
  put(inputs.groups, group({"g", 1, {{"192.0.2.100", "web"}}, {{"node-a", 200}}}));
  inputs.pools.clear();
  EXPECT_TRUE(stays(inputs));
  EXPECT_NE(desired(inputs).decisions.at({"shop", "web"}).pool_removed, "");
}

// api.md, Release: "its addresses stay quarantined (claim kept)".
TEST(AddressClaims, StayWhileANodeMayHoldTheAddressThoughTheHolderIsGone) {
  Inputs inputs = with_claim();
  inputs.virtual_ips.clear();
  auto emptied = group({"g", 1, {}, {{"node-a", 200}}});
  emptied.meta.annotations[kReleasingAnnotation] = "192.0.2.100 uid-web node-a";
  put(inputs.groups, emptied);
  EXPECT_TRUE(stays(inputs));
  inputs.nodes.erase({"", "node-a"});
  EXPECT_FALSE(stays(inputs));
}

TEST(AddressClaims, OneThatCannotBeReadIsNotTouched) {
  Inputs inputs = three_nodes();
  inputs.poisoned_claims[kClaim] = {meta("v4-192-0-2-100", ""), {{"spec.owner", "required"}}};
  EXPECT_TRUE(changes(inputs, desired(inputs), {}).empty());
}

TEST(AddressClaims, CountAsAssignedInThePoolsStatus) {
  Inputs inputs = with_claim();
  put(inputs.claims, claim_for("192.0.2.101", "web"));
  const auto numbers = desired(inputs).pools.at("public").numbers;
  EXPECT_EQ(numbers.assigned_ipv4, 1);  // the second is not asked for, and goes
  EXPECT_EQ(numbers.available_ipv4, 31);
}

}  // namespace
}  // namespace fairlead::controller

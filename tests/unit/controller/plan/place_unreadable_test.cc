#include <gtest/gtest.h>

#include "controller/plan/changes.h"
#include "controller/plan/newest.h"
#include "controller/plan/release.h"
#include "unit/controller/builders.h"

// FC-09: of a group whose newest version cannot be read, though one before is in force, nothing is written:
// whoever came into it would wait until it can be.
namespace fairlead::controller {
namespace {

using namespace testing;

const api::ObjectKey kFirst{"", "192-0-2-0-24-v4-1"};
const api::ObjectKey kSecond{"", "192-0-2-0-24-v4-2"};
const api::ObjectKey kNext{"shop", "next"};
const api::ObjectKey kClaim{"", "v4-192-0-2-101"};

// `web` is served by the first group, of a pool that opens one; `next` asks for 192.0.2.101.
Inputs with_next() {
  Inputs inputs = three_nodes();
  inputs.pools.at({"", "public"}).spec.groups = 1;
  put_claimed(inputs, vip("web", "192.0.2.100"));
  put(inputs.groups,
      group({kFirst.name, 1, {{"192.0.2.100", "web"}}, {{"node-a", 200}, {"node-b", 150}, {"node-c", 100}}}));
  auto next = vip("next", "192.0.2.101");
  next.meta.creation_timestamp = WallTime(Seconds(5));
  put(inputs.virtual_ips, next);
  return inputs;
}

// A later release has written a version that we cannot read.
void poison(Inputs& inputs) {
  auto newer = inputs.groups.at(kFirst);
  newer.meta.resource_version = "18";
  newer.meta.generation = 2;
  inputs.poisoned_groups[kFirst] =
      poisoned_from(newer.meta, {{"spec.transport", "must be one of Multicast, Unicast"}}, newer);
}

std::vector<net::IpAddress> addresses_of(const api::VRRPGroup& group) {
  std::vector<net::IpAddress> out;
  for (const auto& address : group.spec.addresses) out.push_back(address.address);
  return out;
}
using Addresses = std::vector<net::IpAddress>;

TEST(UnreadableGroupFC09, ANewAddressChoosesAnother) {
  Inputs inputs = with_next();
  EXPECT_EQ(api::group_named_by(desired(inputs).claims.at(kClaim)), kFirst.name) << "while it can be read";
  poison(inputs);
  EXPECT_EQ(api::group_named_by(desired(inputs).claims.at(kClaim)), kSecond.name);
  inputs.claims = desired(inputs).claims;
  const auto out = desired(inputs);
  ASSERT_TRUE(out.groups.contains(kSecond));
  EXPECT_EQ(addresses_of(out.groups.at(kSecond)), Addresses{ip("192.0.2.101")});
  EXPECT_EQ(addresses_of(out.groups.at(kFirst)), Addresses{ip("192.0.2.100")});
  EXPECT_FALSE(out.decisions.at(kNext).not_placed);
}

// Another controller may have read it, and may put the address there by the claim that it has seen.
TEST(UnreadableGroupFC09, OneWhoseClaimNamesItWaitsAndSaysSo) {
  Inputs inputs = with_next();
  put(inputs.claims, claim_naming(kFirst.name, "192.0.2.101", "next"));
  poison(inputs);
  const auto out = desired(inputs);
  EXPECT_FALSE(out.groups.contains(kSecond));
  EXPECT_EQ(addresses_of(out.groups.at(kFirst)), Addresses{ip("192.0.2.100")});
  EXPECT_TRUE(noted_releases(out.groups.at(kFirst)).empty());
  EXPECT_EQ(api::group_named_by(out.claims.at(kClaim)), kFirst.name);
  ASSERT_TRUE(out.decisions.at(kNext).not_placed);
  EXPECT_EQ(out.decisions.at(kNext).not_placed->reason, Reason::kInvalidSpec);
  EXPECT_EQ(out.decisions.at(kNext).not_placed->message,
            "VRRPGroup 192-0-2-0-24-v4-1, which is to have 192.0.2.101, cannot be read any more, and takes "
            "nobody in until it can be: spec.transport: must be one of Multicast, Unicast");
  EXPECT_FALSE(out.decisions.at({"shop", "web"}).not_placed);
  inputs.poisoned_groups.clear();
  const auto later = desired(inputs);
  EXPECT_EQ(addresses_of(later.groups.at(kFirst)), (Addresses{ip("192.0.2.100"), ip("192.0.2.101")}));
  EXPECT_FALSE(later.decisions.at(kNext).not_placed);
}

TEST(UnreadableGroupFC09, AnEmptyOneTakesNobodyInEither) {
  Inputs inputs = with_next();
  inputs.virtual_ips.erase({"shop", "web"});
  inputs.claims.clear();
  auto& there = inputs.groups.at(kFirst);
  there.spec.addresses.clear();
  there.meta.annotations[kReleasingAnnotation] = "192.0.2.100 uid-web node-a";
  put(inputs.claims, claim_naming(kFirst.name, "192.0.2.101", "next"));
  EXPECT_EQ(addresses_of(desired(inputs).groups.at(kFirst)), Addresses{ip("192.0.2.101")});
  poison(inputs);
  EXPECT_EQ(addresses_of(desired(inputs).groups.at(kFirst)), Addresses{});
}

// It has left it, and asks for it again before the nodes have let go.
TEST(UnreadableGroupFC09, NobodyComesBackIntoIt) {
  Inputs inputs = with_next();
  put(inputs.claims, claim_naming(kFirst.name, "192.0.2.101", "next"));
  inputs.groups.at(kFirst).meta.annotations[kReleasingAnnotation] = "192.0.2.101 uid-next node-a";
  EXPECT_EQ(addresses_of(desired(inputs).groups.at(kFirst)),
            (Addresses{ip("192.0.2.100"), ip("192.0.2.101")}));
  poison(inputs);
  EXPECT_EQ(addresses_of(desired(inputs).groups.at(kFirst)), Addresses{ip("192.0.2.100")});
}

TEST(UnreadableGroupFC09, NothingIsWrittenOfItWhoeverComes) {
  Inputs inputs = with_next();
  poison(inputs);
  for (const bool named : {false, true}) {
    if (named) put(inputs.claims, claim_naming(kFirst.name, "192.0.2.101", "next"));
    for (const auto& write : changes(inputs, desired(inputs), {}))
      EXPECT_FALSE(write.target == Target::kVRRPGroup && write.key == kFirst) << named;
  }
}

}  // namespace
}  // namespace fairlead::controller

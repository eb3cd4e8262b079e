#include "node/agent/orders.h"

#include <gmock/gmock.h>

#include "unit/node/plan/builders.h"

namespace fairlead::agent {
namespace {

using ::testing::ElementsAre;
using testing::group;
using testing::groups_of;
using testing::ip;
using ::testing::IsEmpty;
using testing::set;
using testing::sets_of;
using testing::tcp;

const plan::NodeIdentity kNode{"node-a", "uid-a"};

// Group g with a NAT address .10 whose set is there, .11 whose set is not, and a Delegate address .12.
plan::Plan mixed_plan() {
  auto source = group("g");
  source.spec.addresses = {{ip("192.0.2.10"), 32, api::Forwarding::kNat, {}},
                           {ip("192.0.2.11"), 32, api::Forwarding::kNat, {}},
                           {ip("192.0.2.12"), 32, api::Forwarding::kDelegate, {}}};
  return plan::make_plan(kNode, groups_of({source}), sets_of({set("web-v4-0", "g")}), {}, plan::Plan{}).plan;
}

// Fixed order of adding (architecture.md 5): guard, IPVS, eligible.
TEST(Orders, AnAddressWhoseVirtualServersAreNotKnownIsNotOrderedToBeMadeReady) {
  const auto order = forwarding_order(mixed_plan(), 4, {tcp("192.0.2.9:80")});
  EXPECT_EQ(order.sequence, 4U);
  EXPECT_THAT(order.vips, ElementsAre(ip("192.0.2.10"), ip("192.0.2.12")));
  EXPECT_THAT(order.virtual_servers, ElementsAre(::testing::Pair(tcp("192.0.2.10:80"), ::testing::_)));
  EXPECT_THAT(order.owned, ElementsAre(tcp("192.0.2.9:80")));
}

TEST(Orders, TheVrrpThreadGetsEveryAddressOfItsGroups) {
  const auto order = vrrp_order(mixed_plan(), 4, {ip("192.0.2.9")});
  EXPECT_EQ(order.sequence, 4U);
  EXPECT_THAT(order.groups.at("g").addresses,
              ElementsAre(ip("192.0.2.10"), ip("192.0.2.11"), ip("192.0.2.12")));
  EXPECT_THAT(order.owned, ElementsAre(ip("192.0.2.9")));
}

// api.md, VRRPGroup: excluded addresses are held although no advert lists them.
TEST(Orders, AnExcludedAddressIsMadeReadyAndIsOurs) {
  auto source = group("g");
  source.spec.excluded_addresses = {{ip("192.0.2.13"), 32}};
  const auto plan = plan::make_plan(kNode, groups_of({source}), {}, {}, plan::Plan{}).plan;
  EXPECT_THAT(forwarding_order(plan, 1, {}).vips, ElementsAre(ip("192.0.2.10"), ip("192.0.2.13")));
  EXPECT_THAT(owned_after(std::set<net::IpAddress>{}, plan, VrrpReport{}, 1),
              ElementsAre(ip("192.0.2.10"), ip("192.0.2.13")));
}

// FN-36: what may be in the kernel stays written down until it is known to be gone.
TEST(Owned, WhatWasOursStaysOursUntilTheThreadHasAnsweredThePlan) {
  VrrpReport report;
  report.sequence = 3;
  const std::set before{ip("192.0.2.99")};
  EXPECT_THAT(owned_after(before, {}, report, 4), ElementsAre(ip("192.0.2.99")));
  report.sequence = 4;
  EXPECT_THAT(owned_after(before, {}, report, 4), IsEmpty());
  report.held = before;
  EXPECT_THAT(owned_after(before, {}, report, 4), ElementsAre(ip("192.0.2.99")));
}

TEST(Owned, WhatThePlanSaysIsOursBeforeItIsInTheKernel) {
  EXPECT_THAT(owned_after(std::set<net::IpAddress>{}, mixed_plan(), VrrpReport{}, 1),
              ElementsAre(ip("192.0.2.10"), ip("192.0.2.11"), ip("192.0.2.12")));
  EXPECT_THAT(owned_after(std::set<plan::VirtualServerKey>{}, mixed_plan(), ForwardingReport{}, 1),
              ElementsAre(tcp("192.0.2.10:80")));
}

TEST(Owned, AnIpvsServiceStaysOursAsLongAsItIsProgrammed) {
  ForwardingReport report;
  report.sequence = 2;
  report.programmed = {tcp("192.0.2.99:80")};
  const std::set<plan::VirtualServerKey> before{tcp("192.0.2.98:80")};
  EXPECT_THAT(owned_after(before, {}, report, 2), ElementsAre(tcp("192.0.2.99:80")));
  EXPECT_THAT(owned_after(before, {}, report, 3), ElementsAre(tcp("192.0.2.98:80"), tcp("192.0.2.99:80")));
}

// FN-34: neither the next checkpoint nor `cleanup` may call it ours, although the plan wants it.
TEST(Owned, AServiceThatIsSomebodyElsesIsNeverOurs) {
  ForwardingReport report;
  report.sequence = 1;
  report.foreign = {tcp("192.0.2.10:80")};
  const std::set<plan::VirtualServerKey> before{tcp("192.0.2.10:80")};
  EXPECT_THAT(owned_after(before, mixed_plan(), report, 1), IsEmpty());
  EXPECT_THAT(owned_after(before, mixed_plan(), report, 2), IsEmpty());
}

// FN-17: the plan made from a checkpoint is the plan that was in force.
TEST(CheckpointOf, HoldsWhatMakesThePlanAgain) {
  const plan::Objects objects{groups_of({group("g")}), sets_of({set("web-v4-0", "g")})};
  const auto checkpoint = checkpoint_of(kNode, objects, {ip("192.0.2.10")}, {tcp("192.0.2.10:80")}, {});
  EXPECT_EQ(objects_of(checkpoint), objects);
  EXPECT_THAT(keys_of(checkpoint.owned_services), ElementsAre(tcp("192.0.2.10:80")));
  const auto read_back = api::decode_checkpoint(api::encode_checkpoint(checkpoint));
  ASSERT_TRUE(read_back.ok()) << api::to_string(read_back.problems);
  EXPECT_EQ(objects_of(read_back.value), objects);
}

// A VirtualIP whose Service was deleted while it was in its group keeps virtual servers without real ones: a
// daemon that starts from its checkpoint waits for nothing, and the group's other addresses are served on.
TEST(CheckpointOf, AVipWhoseServiceWasDeletedKeepsNoOtherWaitingAfterARestart) {
  auto shared = group("g");
  shared.spec.addresses = {{ip("192.0.2.10"), 32, api::Forwarding::kNat, {}},
                           {ip("192.0.2.11"), 32, api::Forwarding::kNat, {}}};
  auto gone = set("gone-v4-0", "g");
  gone.spec.virtual_servers = {testing::virtual_server("192.0.2.11:80", {})};
  const plan::Objects objects{groups_of({shared}), sets_of({set("web-v4-0", "g"), gone})};
  const auto text = api::encode_checkpoint(checkpoint_of(kNode, objects, {}, {}, {}));
  const auto loaded = objects_of(api::decode_checkpoint(text).value);
  const auto plan = plan::make_plan(kNode, loaded.groups, loaded.sets, {}, plan::Plan{}).plan;
  EXPECT_THAT(plan.awaited, IsEmpty());
  const auto order = forwarding_order(plan, 1, {});
  EXPECT_THAT(order.vips, ElementsAre(ip("192.0.2.10"), ip("192.0.2.11")));
  EXPECT_THAT(order.virtual_servers.at(tcp("192.0.2.11:80")).reals, IsEmpty());
}

// FN-18: a cloned machine brings another node's checkpoint along.
TEST(CheckpointOf, IsOursByNameAndByUidWhereBothAreKnown) {
  const auto checkpoint = checkpoint_of(kNode, {}, {}, {}, {});
  EXPECT_TRUE(is_of(checkpoint, {"node-a", "uid-a"}));
  EXPECT_TRUE(is_of(checkpoint, {"node-a", ""}));
  EXPECT_FALSE(is_of(checkpoint, {"node-a", "uid-b"}));
  EXPECT_FALSE(is_of(checkpoint, {"node-b", "uid-a"}));
}

// What was in force of files is in force again, but for the lines, which are of the files as they were.
TEST(Orders, WhatWasInForceOfFilesComesBackFromTheCheckpoint) {
  plan::ManifestFile file;
  file.groups = {{group("g"), {}}};
  file.sets = {{set("web", "g"), {}}};
  const plan::ManifestFiles files{{"a.yaml", file}, {"b.yaml", {}}};
  api::Checkpoint checkpoint;
  checkpoint.manifests = checkpoint_manifests(files);
  EXPECT_EQ(manifests_of(checkpoint), files);
  auto lines = files;
  lines.at("a.yaml").groups[0].lines.open("", 7);
  lines.at("a.yaml").groups[0].lines.close();
  EXPECT_EQ(checkpoint_manifests(lines), checkpoint.manifests);
}

}  // namespace
}  // namespace fairlead::agent

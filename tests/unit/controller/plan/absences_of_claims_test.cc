#include "controller/plan/absences.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "controller/plan/release.h"
#include "unit/controller/plan/hiding.h"

// FC-03: what is asked for before an AddressClaim goes, or somebody loses it.
namespace fairlead::controller {
namespace {

using namespace testing;

// kubernetes.md 3: destructive steps need a live GET with a UID check first.
TEST(AbsencesFC03, AClaimGoesOnceItsVirtualIPIsFoundGone) {
  Inputs inputs = three_nodes();
  put(inputs.claims, claim_for("192.0.2.100", "web"));
  const auto writes = changes(inputs, desired(inputs), {});
  ASSERT_EQ(writes.size(), 1U);
  EXPECT_EQ(writes[0].step, Step::kRemoveClaims);
  EXPECT_EQ(writes[0].verb, Verb::kDelete);
  EXPECT_EQ(writes[0].absences, std::vector<Absence>{kWeb});
}

TEST(AbsencesFC03, TheClaimOfOneThatAsksForLessGoesIfThatIsWhatItStillAsksFor) {
  Inputs inputs = three_nodes();
  put_claimed(inputs, vip("web", "192.0.2.100"));
  put(inputs.claims, claim_for("192.0.2.101", "web"));
  const auto writes = changes(inputs, desired(inputs), {});
  const auto& last = writes.back();
  ASSERT_EQ(last.step, Step::kRemoveClaims);
  EXPECT_EQ(last.key.name, "v4-192-0-2-101");
  const Absence unchanged{Target::kVirtualIP, {"shop", "web"}, "uid-web", "1"};
  EXPECT_EQ(last.absences, std::vector<Absence>{unchanged});
  const auto object = [](const std::string& generation) {
    return R"({"kind":"VirtualIP","metadata":{"namespace":"shop","name":"web","uid":"uid-web",)"
           R"("resourceVersion":"99","generation":)" +
           generation + "}}";
  };
  EXPECT_TRUE(confirms(unchanged, 200, object("1"))) << "its status, which we write, is another version";
  EXPECT_FALSE(confirms(unchanged, 200, object("2")));
}

// A claim that was made when the pool was gone already, or by hand, names none.
TEST(AbsencesFC03, OfAClaimWithoutAPoolNoPoolIsAskedFor) {
  Inputs inputs = three_nodes();
  put_claimed(inputs, vip("web", "192.0.2.100"));
  auto claim = claim_for("192.0.2.101", "web");
  claim.spec.pool.clear();
  put(inputs.claims, claim);
  const auto writes = changes(inputs, desired(inputs), {});
  ASSERT_EQ(writes.back().step, Step::kRemoveClaims);
  const Absence unchanged{Target::kVirtualIP, {"shop", "web"}, "uid-web", "1"};
  EXPECT_EQ(writes.back().absences, std::vector<Absence>{unchanged});
}

TEST(AbsencesFC03, AClaimGoesOnceTheNodesNotWaitedForAreFoundGone) {
  Inputs inputs = releasing_by_node_x();
  put(inputs.claims, claim_for("192.0.2.100", "old"));
  const auto writes = changes(inputs, desired(inputs), {});
  const auto& last = writes.back();
  ASSERT_EQ(last.step, Step::kRemoveClaims);
  const Absence old{Target::kVirtualIP, {"shop", "old"}, "uid-old"};
  EXPECT_EQ(last.absences, (std::vector<Absence>{old, kNodeX}));
}

// A list of groups from before the release shows no note of it: then the claim would go while a node still
// has the address.
TEST(AbsencesFC03, AClaimGoesOnceTheGroupThatItNamesIsFoundToBeRidOfTheAddress) {
  Inputs inputs = three_nodes();
  put(inputs.claims, claim_naming(kGroup, "192.0.2.100", "web"));
  const auto writes = changes(inputs, desired(inputs), {});
  ASSERT_EQ(writes.size(), 1U);
  const Absence rid{Target::kVRRPGroup, {"", kGroup}, "", "", ip("192.0.2.100")};
  EXPECT_EQ(writes[0].absences, (std::vector<Absence>{kWeb, rid}));
}

TEST(AbsencesFC03, AGroupIsRidOfAnAddressThatItNeitherListsNorWaitsFor) {
  const Absence rid{Target::kVRRPGroup, {"", kGroup}, "", "", ip("192.0.2.100")};
  const auto read = [](const std::vector<std::pair<std::string, std::string>>& addresses,
                       const std::string& note) {
    auto object = group({kGroup, 1, addresses, {{"node-a", 200}}});
    if (!note.empty()) object.meta.annotations[kReleasingAnnotation] = note;
    return api::encode_vrrp_group(object);
  };
  EXPECT_TRUE(confirms(rid, 200, read({}, "")));
  EXPECT_TRUE(confirms(rid, 200, read({{"192.0.2.101", "web"}}, "192.0.2.102 uid-web node-a")));
  EXPECT_FALSE(confirms(rid, 200, read({{"192.0.2.100", "other"}}, "")));
  EXPECT_FALSE(confirms(rid, 200, read({}, "192.0.2.102 uid-web node-a; 192.0.2.100 uid-web node-a")));
  EXPECT_TRUE(confirms(rid, 200, read({}, "192.0.2.100 uid-web -"))) << "turned away";
  EXPECT_FALSE(confirms(rid, 200, "{}")) << "no group";
  EXPECT_FALSE(confirms(rid, 403, ""));
  const std::string gone =
      R"({"kind":"Status","reason":"NotFound","details":{"name":")" + std::string(kGroup) + R"("}})";
  EXPECT_TRUE(confirms(rid, 404, gone));
}

TEST(AbsencesFC03, ASharerLosesAClaimOnceTheGroupIsFoundToHaveTheAddressForHimNoMore) {
  Inputs inputs = holding({{"192.0.2.100", "web"}});
  put(inputs.virtual_ips, vip("web", "192.0.2.100"));
  auto claim = claim_naming(kGroup, "192.0.2.100", "web");
  claim.status_holders = {{"shop", "web", "uid-web"}, {"shop", "gone", "uid-gone"}};
  put(inputs.claims, claim);
  const auto writes = changes(inputs, desired(inputs), {});
  const auto* write = write_of(writes, Target::kAddressClaim);
  ASSERT_NE(write, nullptr);
  const Absence rid{Target::kVRRPGroup, {"", kGroup}, "", "", ip("192.0.2.100"), "uid-gone"};
  ASSERT_FALSE(write->absences.empty());
  EXPECT_EQ(write->absences.back(), rid);
  auto object = group({kGroup, 1, {{"192.0.2.100", "web"}}, {{"node-a", 200}}});
  EXPECT_TRUE(confirms(rid, 200, api::encode_vrrp_group(object)));
  object.spec.addresses[0].owners.push_back({"shop", "gone", "uid-gone"});
  EXPECT_FALSE(confirms(rid, 200, api::encode_vrrp_group(object)));
  object = group({kGroup, 1, {{"192.0.2.100", "web"}}, {{"node-a", 200}}});
  object.meta.annotations[kReleasingAnnotation] = "192.0.2.100 uid-gone node-a";
  EXPECT_FALSE(confirms(rid, 200, api::encode_vrrp_group(object)));
}

// I-8: what else is wrong with it says nothing of its addresses.
TEST(AbsencesFC03, AGroupThatCannotBeReadCountsAsFarAsItsAddressesCan) {
  const Absence rid{Target::kVRRPGroup, {"", kGroup}, "", "", ip("192.0.2.100")};
  auto object = nlohmann::json::parse(
      api::encode_vrrp_group(group({kGroup, 1, {{"192.0.2.101", "web"}}, {{"node-a", 200}}})));
  object["spec"]["version"] = "odd";
  ASSERT_FALSE(api::decode_vrrp_group(object.dump()).ok());
  EXPECT_TRUE(confirms(rid, 200, object.dump()));
  object["spec"]["addresses"] = "odd";
  EXPECT_FALSE(confirms(rid, 200, object.dump()));
}

}  // namespace
}  // namespace fairlead::controller

#include "controller/plan/put_back.h"

#include <gtest/gtest.h>

namespace fairlead::controller {
namespace {

const std::string kBody = R"({"metadata":{"name":"web"},"spec":{"scheduler":"wlc"}})";

std::string answer(const std::string& version) {
  return R"({"metadata":{"name":"web","namespace":"shop","uid":"u","resourceVersion":")" + version +
         R"(","labels":{"node.fairlead.dev/b":""}},"spec":{"scheduler":"wlc","quorum":3}})";
}
Write apply_of(Target target, const std::string& version) {
  return {Step::kVirtualIPs, Verb::kApply, target, {"shop", "web"}, version, kBody, {}, {}};
}

TEST(PutBack, AnApplyThatChangedNothingIsFollowedByAPatch) {
  for (const auto target : {Target::kVirtualIP, Target::kRealServerSet}) {
    const auto next = put_back(apply_of(target, "7"), answer("7"));
    ASSERT_TRUE(next);
    EXPECT_EQ(next->verb, Verb::kPutBack);
    EXPECT_EQ(next->target, target);
    EXPECT_EQ(next->key, (api::ObjectKey{"shop", "web"}));
    EXPECT_EQ(next->resource_version, "7");
    EXPECT_NE(next->body.find(R"("path":"/spec")"), std::string::npos);
  }
}

// docs/vrrp.md, what operators may write of groups.
TEST(PutBack, OfAGroupLabelsOfNodesAlone) {
  const auto next = put_back(apply_of(Target::kVRRPGroup, "7"), answer("7"));
  ASSERT_TRUE(next);
  EXPECT_EQ(next->body.find(R"("path":"/spec")"), std::string::npos);
  EXPECT_NE(next->body.find("node.fairlead.dev~1b"), std::string::npos);
}

TEST(PutBack, WhatTheApplyHasChangedOrMadeIsLeft) {
  EXPECT_FALSE(put_back(apply_of(Target::kVirtualIP, "7"), answer("8")));
  EXPECT_FALSE(put_back(apply_of(Target::kVirtualIP, ""), answer("")));
}

TEST(PutBack, OfOtherKindsAndVerbsThereIsNone) {
  for (const auto target : {Target::kAddressClaim, Target::kAddressPool, Target::kService})
    EXPECT_FALSE(put_back(apply_of(target, "7"), answer("7")));
  Write again = apply_of(Target::kVirtualIP, "7");
  again.verb = Verb::kPutBack;
  EXPECT_FALSE(put_back(again, answer("7"))) << "one is not followed by another";
  EXPECT_FALSE(put_back(apply_of(Target::kVirtualIP, "7"), "not JSON"));
}

}  // namespace
}  // namespace fairlead::controller

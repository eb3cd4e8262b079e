#include "controller/app/refusals.h"

#include <gtest/gtest.h>

// FC-18: what the API server goes on refusing is told of.
namespace fairlead::controller {
namespace {

constexpr TimePoint kStart{Seconds(1000)};
const api::ObjectKey kSet{"shop", "web-v4-0"};

Write write_of(Target target, Verb verb, const api::ObjectKey& key) {
  Write out;
  out.target = target;
  out.verb = verb;
  out.key = key;
  return out;
}
Write set_write() { return write_of(Target::kRealServerSet, Verb::kApply, kSet); }

// Refused now and a second later: told of.
void refuse(Refusals& refusals, const Write& write, const std::string& why) {
  refusals.refused(write, why, kStart);
  refusals.refused(write, why, kStart + Refusals::kAfter);
}

TEST(RefusalsFC18, AnAnswerIsOneIfTheSameAgainIsRefused) {
  for (const int status : {400, 403, 404, 405, 413, 422})
    EXPECT_TRUE(Refusals::is_refusal(status, "no")) << status;
  for (const int status : {200, 201, 301, 401, 408, 409, 429, 500, 503, 504})
    EXPECT_FALSE(Refusals::is_refusal(status, "no")) << status;
  EXPECT_TRUE(Refusals::is_refusal(403, "")) << "a proxy's";
  EXPECT_FALSE(Refusals::is_refusal(500, "")) << "a proxy's";
}

// FC-07: the CRD is of another release. The API server has no status of its own for that.
TEST(RefusalsFC18, AFieldThatTheSchemaDoesNotKnowIsRefusedThoughTheAnswerIs500) {
  const std::string words =
      "failed to create typed patch object (default/web; fairlead.dev/v1alpha1, Kind=VirtualIP): "
      ".status.groups: field not declared in schema";
  EXPECT_TRUE(Refusals::is_refusal(500, words));
  EXPECT_FALSE(Refusals::is_refusal(503, words));
  EXPECT_FALSE(Refusals::is_refusal(500, "Internal error occurred: failed calling webhook"));
}

// The entry that is to go has gone: a cache is behind, and the next round does not want it any more.
TEST(RefusalsFC18, AJsonPatchOfWhatHasChangedSinceIsNoRefusal) {
  EXPECT_FALSE(Refusals::is_refusal(422, "the server rejected our request due to an error in our request"));
  EXPECT_TRUE(Refusals::is_refusal(422, "VRRPGroup.fairlead.dev \"g\" is invalid"));
}

TEST(RefusalsFC18, IsToldOfWhenItIsRefusedAgainSecondsLater) {
  Refusals refusals;
  refusals.refused(set_write(), "403 exceeded quota", kStart);
  EXPECT_EQ(refusals.told(), Refused{});
  refusals.refused(set_write(), "403 exceeded quota", kStart + Refusals::kAfter - Milliseconds(1));
  EXPECT_EQ(refusals.told(), Refused{}) << "it may be on its way";
  refusals.refused(set_write(), "403 exceeded quota", kStart + Refusals::kAfter);
  EXPECT_EQ(refusals.told(), (Refused{{{"realserversets", kSet, false}, "403 exceeded quota"}}));
}

TEST(RefusalsFC18, IsOverOnceThatWriteIsTakenAndOnlyThat) {
  Refusals refusals;
  refuse(refusals, set_write(), "403 no");
  refusals.over(write_of(Target::kRealServerSet, Verb::kDelete, kSet));
  refusals.over(write_of(Target::kRealServerSet, Verb::kApply, {"shop", "other-v4-0"}));
  EXPECT_EQ(refusals.told().size(), 1U);
  refusals.over(set_write());
  EXPECT_EQ(refusals.told(), Refused{});
  refusals.refused(set_write(), "403 no", kStart + Seconds(9));
  EXPECT_EQ(refusals.told(), Refused{}) << "it begins anew";
}

TEST(RefusalsFC18, IsOverOnceNobodyWantsThatWrite) {
  Refusals refusals;
  const auto group = write_of(Target::kVRRPGroup, Verb::kApply, {"", "g"});
  refuse(refusals, set_write(), "403 no");
  refuse(refusals, group, "422 no");
  refusals.keep({group, write_of(Target::kRealServerSet, Verb::kDelete, kSet)});
  EXPECT_EQ(refusals.told(), (Refused{{{"vrrpgroups", {"", "g"}, false}, "422 no"}}));
  refusals.keep({});
  EXPECT_EQ(refusals.told(), Refused{});
}

TEST(RefusalsFC18, AStatusIsToldOfByItselfAndAnObjectOnceWhateverItsVerbs) {
  Refusals refusals;
  const api::ObjectKey web{"shop", "web"};
  for (const auto verb : {Verb::kApply, Verb::kMergePatch, Verb::kApplyStatus})
    refuse(refusals, write_of(Target::kVirtualIP, verb, web), "403 no");
  EXPECT_EQ(refusals.told(),
            (Refused{{{"virtualips", web, false}, "403 no"}, {{"virtualips", web, true}, "403 no"}}));
}

// A quota says how much is used, a schema the version it met, a webhook when and whom it was asked by: each
// change of a condition is a write.
TEST(RefusalsFC18, OtherWordsAreToldOtherNumbersAreNot) {
  Refusals refusals;
  refuse(refusals, set_write(), "403 quota: used 5 of 5");
  refusals.refused(set_write(), "403 quota: used 17 of 5", kStart + Seconds(2));
  EXPECT_EQ(refusals.told().begin()->second, "403 quota: used 5 of 5");
  refusals.refused(set_write(), "403 no right", kStart + Seconds(3));
  EXPECT_EQ(refusals.told().begin()->second, "403 no right");
  refusals.refused(set_write(), "400 denied the request 8c21d0e4-91bc", kStart + Seconds(4));
  refusals.refused(set_write(), "400 denied the request 0e5f-77aa-c0de1", kStart + Seconds(5));
  EXPECT_EQ(refusals.told().begin()->second, "400 denied the request 8c21d0e4-91bc");
  refusals.refused(set_write(), "400 denied the request, 8c21d0e4-91bc", kStart + Seconds(6));
  EXPECT_EQ(refusals.told().begin()->second, "400 denied the request, 8c21d0e4-91bc");
}

TEST(RefusalsFC18, WordsThatAreANumberAreToldToo) {
  Refusals refusals;
  refuse(refusals, set_write(), "403");
  EXPECT_EQ(refusals.told().begin()->second, "403");
}

TEST(RefusalsFC18, TheWordsAreOneLineAndCut) {
  Refusals refusals;
  refuse(refusals, set_write(), "422 first\nsecond" + std::string(1000, 'x'));
  const std::string why = refusals.told().begin()->second;
  EXPECT_TRUE(why.starts_with("422 first\\x0asecondx")) << why;
  EXPECT_EQ(why.size(), Refusals::kMostOfText);
}

}  // namespace
}  // namespace fairlead::controller

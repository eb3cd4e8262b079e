#include "lib/apiserver/informer.h"

#include <gtest/gtest.h>

#include "lib/reconcile/json_scan.h"

namespace fairlead::apiserver {
namespace {

// A kind of two fields: "bad" makes it unreadable, with "odd" there is a part that it does without.
struct Thing {
  api::ObjectMeta meta;
  std::string value;
  friend bool operator==(const Thing&, const Thing&) = default;
};

api::Decoded<Thing> decode(std::string_view json) {
  api::Decoded<Thing> out;
  out.value.meta.name = reconcile::string_at(json, {"name"});
  out.value.meta.uid = reconcile::string_at(json, {"uid"});
  out.value.meta.resource_version = reconcile::string_at(json, {"version"});
  out.value.value = reconcile::string_at(json, {"value"});
  if (out.value.value == "bad") out.problems.push_back({"value", "is bad"});
  if (out.value.value == "odd") out.left_out.push_back({"part", "is odd"});
  return out;
}

std::string thing(const std::string& name, const std::string& value, const std::string& uid) {
  return R"({"name":")" + name + R"(","value":")" + value + R"(","uid":")" + uid + "\"}";
}

// `thing` at that version.
std::string at(const std::string& version, std::string thing) {
  return thing.insert(1, R"("version":")" + version + R"(",)");
}

// An informer whose reflector never gets to run: its loop does not. What the server says is put in by hand.
class InformerTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { start_transport_runtime(); }

  // The old cast alone reaches a private base.
  ReflectorSink& server() { return (ReflectorSink&)informer_; }
  // The keys told since the last call, each with the value that the store held at that moment.
  std::vector<std::string> told() { return std::exchange(told_, {}); }
  std::string held(const std::string& name) const {
    const auto found = informer_.objects().find({"", name});
    return found == informer_.objects().end() ? "nothing" : found->second.value;
  }

  sys::Loop loop_;
  sys::Metrics metrics_;
  Client client_{loop_, metrics_, config(), {50, 100}, "test"};
  std::vector<std::string> told_;
  Informer<Thing> informer_{
      loop_,   metrics_,
      client_, {"/api/v1", "things", "Thing", ""},
      decode,  [this](const api::ObjectKey& key) {
                              told_.push_back(key.name + "=" + held(key.name)); }};

 private:
  static ClientConfig config() {
    ClientConfig out;
    out.servers = {{"127.0.0.1", 1}};
    out.ca_data = "none";
    return out;
  }
};

using Told = std::vector<std::string>;

// K-19.
TEST_F(InformerTest, IsSyncedOnceAWholeListWasTakenAnEmptyOneToo) {
  EXPECT_FALSE(informer_.synced());
  server().replace({});
  EXPECT_TRUE(informer_.synced());
  EXPECT_EQ(told(), (Told{"=nothing"}));
}

// FC-11: nothing is to be decided from two histories.
TEST_F(InformerTest, WhatIsInDoubtIsNotSyncedUntilItIsSeenWholeOnceMore) {
  server().replace({thing("a", "1", "")});
  informer_.doubt(sys::now() - Seconds(1));
  EXPECT_TRUE(informer_.synced()) << "seen since";
  informer_.doubt(sys::now() + Seconds(1));
  EXPECT_FALSE(informer_.synced());
  EXPECT_EQ(informer_.objects().size(), 1U) << "kept meanwhile";
  server().replace({thing("a", "2", "")});
  EXPECT_TRUE(informer_.synced());
}

TEST_F(InformerTest, SaysThatTheServerMayHaveGoneBackInTime) {
  server().other_history(TimePoint(Seconds(5)));  // nobody listens
  TimePoint since{};
  informer_.when_other_history([&since](TimePoint told) { since = told; });
  server().other_history(TimePoint(Seconds(7)));
  EXPECT_EQ(since, TimePoint(Seconds(7)));
}

// K-21: the store is whole before the first key is told.
TEST_F(InformerTest, AListIsTakenWholeBeforeAnybodyIsTold) {
  server().replace({thing("b", "2", ""), thing("a", "1", "")});
  EXPECT_EQ(told(), (Told{"b=2", "a=1", "=nothing"}));
  EXPECT_EQ(informer_.objects().size(), 2U);
}

// K-14.
TEST_F(InformerTest, ARelistTellsOfWhatVanishedMeanwhileAndOfNothingThatStayed) {
  server().replace({thing("gone", "1", ""), thing("stays", "2", ""), thing("changes", "3", "")});
  told();
  server().replace({thing("stays", "2", ""), thing("changes", "4", "")});
  EXPECT_EQ(told(), (Told{"changes=4", "gone=nothing", "=nothing"}));
}

// K-15.
TEST_F(InformerTest, AnotherObjectUnderTheSameNameIsADeleteAndThenAnAdd) {
  server().replace({thing("a", "1", "uid-1")});
  told();
  server().upsert(thing("a", "2", "uid-2"));
  EXPECT_EQ(told(), (Told{"a=nothing", "a=2"}));
  server().replace({thing("a", "3", "uid-3")});
  EXPECT_EQ(told(), (Told{"a=nothing", "a=3", "=nothing"}));
}

TEST_F(InformerTest, AChangeOfTheSameObjectIsTheChangeAlone) {
  server().replace({thing("a", "1", "uid-1")});
  told();
  server().upsert(thing("a", "2", "uid-1"));
  EXPECT_EQ(told(), (Told{"a=2"}));
  server().upsert(thing("a", "2", "uid-1"));
  EXPECT_EQ(told(), Told{});
}

// A heartbeat: nothing that is read has changed. Who guards a write needs the version all the same (K-27).
TEST_F(InformerTest, AnObjectOfWhichNothingChangedButItsVersionIsSwappedWithoutAWord) {
  server().replace({at("1", thing("a", "1", "uid-1")), at("2", thing("b", "1", "uid-2"))});
  told();
  server().upsert(at("3", thing("a", "1", "uid-1")));
  EXPECT_EQ(told(), Told{});
  EXPECT_EQ(informer_.objects().at({"", "a"}).meta.resource_version, "3");
  server().replace({at("4", thing("a", "1", "uid-1")), at("5", thing("b", "2", "uid-2"))});
  EXPECT_EQ(told(), (Told{"b=2", "=nothing"}));
  EXPECT_EQ(informer_.objects().at({"", "a"}).meta.resource_version, "4");
  server().upsert(at("6", thing("a", "2", "uid-1")));
  EXPECT_EQ(told(), (Told{"a=2"}));
}

TEST_F(InformerTest, SoIsOneThatIsUnreadableAsItWas) {
  server().replace({at("1", thing("a", "1", ""))});
  server().upsert(at("2", thing("a", "bad", "")));
  told();
  server().upsert(at("3", thing("a", "bad", "")));
  EXPECT_EQ(told(), Told{});
  EXPECT_EQ(informer_.poisoned().at({"", "a"}).meta.resource_version, "3");
  server().upsert(at("4", thing("a", "1", "")));
  EXPECT_EQ(told(), (Told{"a=1"})) << "readable again, as it was before";
}

TEST_F(InformerTest, ADeletedObjectIsGoneWhenItsKeyIsTold) {
  server().replace({thing("a", "1", "")});
  told();
  server().remove(thing("a", "1", ""));
  EXPECT_EQ(told(), (Told{"a=nothing"}));
}

// K-17, FC-09.
TEST_F(InformerTest, AnUnreadableObjectKeepsItsLastGoodVersionAndHarmsNobodyElse) {
  server().replace({thing("a", "1", ""), thing("b", "1", "")});
  told();
  server().upsert(thing("a", "bad", ""));
  EXPECT_EQ(told(), (Told{"a=1"}));
  EXPECT_EQ(informer_.poisoned().at({"", "a"}).problems, (std::vector<api::Problem>{{"value", "is bad"}}));
  server().replace({thing("a", "bad", ""), thing("b", "2", "")});
  EXPECT_EQ(told(), (Told{"a=1", "b=2", "=nothing"}));
  server().upsert(thing("a", "3", ""));
  EXPECT_EQ(told(), (Told{"a=3"}));
  EXPECT_TRUE(informer_.poisoned().empty());
}

// FC-09.
TEST_F(InformerTest, AnObjectThatDoesWithoutAPartIsAGoodOneAndThePartIsTold) {
  const std::string told_once = "fairlead_api_watch_errors_total{kind=\"things\",reason=\"unreadable\"} 1\n";
  server().upsert(thing("a", "1", ""));
  EXPECT_EQ(metrics_.render().find(told_once), std::string::npos);
  server().upsert(thing("a", "odd", ""));
  EXPECT_EQ(told(), (Told{"a=1", "a=odd"}));
  EXPECT_TRUE(informer_.poisoned().empty());
  EXPECT_NE(metrics_.render().find(told_once), std::string::npos);
}

TEST_F(InformerTest, AnObjectThatWasNeverReadableIsToldOfButNotInTheStore) {
  server().replace({thing("a", "bad", "")});
  EXPECT_EQ(told(), (Told{"a=nothing", "=nothing"}));
  EXPECT_EQ(informer_.poisoned().size(), 1U);
}

// K-17: whichever object it was, it is there; so nothing is removed for not being in the list.
TEST_F(InformerTest, OfAListWithADocumentWithoutANameNothingIsTakenForDeleted) {
  server().replace({thing("a", "1", ""), thing("b", "bad", "")});
  told();
  server().replace({thing("c", "3", ""), ""});
  EXPECT_EQ(told(), (Told{"c=3", "=nothing"}));
  EXPECT_EQ(held("a"), "1");
  EXPECT_EQ(informer_.poisoned().size(), 1U);
  server().replace({thing("c", "3", "")});
  EXPECT_EQ(told(), (Told{"a=nothing", "b=nothing", "=nothing"}));
}

TEST_F(InformerTest, ADocumentWithoutANameChangesNothing) {
  server().replace({thing("a", "1", "")});
  told();
  server().upsert("");
  server().remove("{}");
  EXPECT_EQ(told(), Told{});
  EXPECT_EQ(held("a"), "1");
  EXPECT_TRUE(informer_.poisoned().empty());
}

// K-42.
TEST_F(InformerTest, TheMetricCountsEveryObjectOnce) {
  server().replace({thing("a", "1", ""), thing("b", "bad", "")});
  server().upsert(thing("a", "bad", ""));
  EXPECT_NE(metrics_.render().find("fairlead_api_store_objects{kind=\"things\"} 2"), std::string::npos);
}

}  // namespace
}  // namespace fairlead::apiserver

#include "lib/api/event.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace fairlead::api {
namespace {

Event example() {
  return {"web.17",
          WallTime(Microseconds(1500000)),
          {"fairlead.dev/controller", "fairlead-controller-0"},
          {{"fairlead.dev/v1alpha1", "VirtualIP", "web", "shop", "u1"},
           EventType::kNormal,
           "MasterChanged",
           "Promote",
           "from node-b to node-a"},
          std::nullopt};
}

// K-32.
TEST(EncodeEvent, WritesEveryRequiredField) {
  EXPECT_EQ(
      encode_event(example()),
      R"({"action":"Promote","apiVersion":"events.k8s.io/v1","eventTime":"1970-01-01T00:00:01.500000Z","kind":"Event",)"
      R"("metadata":{"name":"web.17","namespace":"shop"},"note":"from node-b to node-a","reason":"MasterChanged",)"
      R"("regarding":{"apiVersion":"fairlead.dev/v1alpha1","kind":"VirtualIP","name":"web","namespace":"shop",)"
      R"("uid":"u1"},"reportingController":"fairlead.dev/controller","reportingInstance":"fairlead-controller-0",)"
      R"("type":"Normal"})");
}

TEST(EncodeEvent, AboutAClusterScopedObjectLivesInDefault) {
  Event event = example();
  event.notice.regarding = {"fairlead.dev/v1alpha1", "VRRPGroup", "g", "", "u2"};
  event.notice.type = EventType::kWarning;
  const auto written = nlohmann::json::parse(encode_event(event));
  EXPECT_EQ(event_namespace(event.notice.regarding), "default");
  EXPECT_EQ(written["metadata"]["namespace"], "default");
  EXPECT_FALSE(written["regarding"].contains("namespace"));
  EXPECT_EQ(written["type"], "Warning");
}

// K-32: repeats become a series; of an Event that is there nothing else can be changed.
TEST(EncodeEvent, WritesASeriesOfTheSameHappening) {
  Event event = example();
  EXPECT_FALSE(nlohmann::json::parse(encode_event(event)).contains("series"));
  event.series = EventSeries{3, WallTime(Seconds(7))};
  const nlohmann::json wanted{{"count", 3}, {"lastObservedTime", "1970-01-01T00:00:07.000000Z"}};
  EXPECT_EQ(nlohmann::json::parse(encode_event(event))["series"], wanted);
  EXPECT_EQ(nlohmann::json::parse(encode_event_series(event)), (nlohmann::json{{"series", wanted}}));
}

TEST(EncodeEvent, CutsLongTextsBetweenCharacters) {
  Event event = example();
  event.notice.note =
      std::string(1023, 'a') + "\xc3\xa4" + "b";  // the two bytes of one letter across the limit
  event.notice.action = event.notice.reason = event.reporter.instance = std::string(200, 'r');
  const auto written = nlohmann::json::parse(encode_event(event));
  EXPECT_EQ(written["note"], std::string(1023, 'a'));
  for (const auto* field : {"action", "reason", "reportingInstance"}) {
    EXPECT_EQ(written[field], std::string(128, 'r')) << field;
  }
}

TEST(EncodeEvent, ReplacesBytesThatAreNoUtf8) {
  Event event = example();
  event.notice.note = "bad \xff byte";
  EXPECT_EQ(nlohmann::json::parse(encode_event(event))["note"], "bad \xef\xbf\xbd byte");
}

}  // namespace
}  // namespace fairlead::api

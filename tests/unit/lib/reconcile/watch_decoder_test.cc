#include "lib/reconcile/watch_decoder.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace fairlead::reconcile {
namespace {

using Lines = std::vector<std::string>;

struct Cut {
  Lines lines;
  int dropped;
  friend bool operator==(const Cut&, const Cut&) = default;
};

Cut cut_at(const std::string& stream, std::vector<std::size_t> cuts, std::size_t cap) {
  for (auto& cut : cuts) cut %= stream.size() + 1;
  cuts.push_back(stream.size());
  std::sort(cuts.begin(), cuts.end());
  LineSplitter splitter(cap);
  Lines lines;
  std::size_t from = 0;
  for (const auto cut : cuts) {
    splitter.feed(std::string_view(stream).substr(from, cut - from), lines);
    from = cut;
  }
  return {lines, splitter.dropped()};
}

TEST(LineSplitter, EndsALineAtLfOrCrLfAndLeavesOutEmptyOnes) {
  EXPECT_EQ(cut_at("one\n\r\n\ntwo\r\nthree", {}, 100), (Cut{{"one", "two"}, 0}));
}

// K-16: several events in one chunk, one event over several chunks.
TEST(LineSplitter, KeepsTheBeginningOfALineForTheNextChunk) {
  EXPECT_EQ(cut_at("{\"ü\":1}\n{\"b\":2}\n", {2, 3, 4, 9}, 100), (Cut{{"{\"ü\":1}", "{\"b\":2}"}, 0}));
}

// K-16.
TEST(LineSplitter, DropsALineAboveTheCapAndGoesOnBehindIt) {
  EXPECT_EQ(cut_at("1234567890\n12345678901\nok\n", {}, 10), (Cut{{"1234567890", "ok"}, 1}));
}

TEST(LineSplitter, AnEventOfThreeMegabytesPasses) {
  const std::string line(kEventCap, 'x');
  EXPECT_EQ(cut_at(line + "\n", {5, 500000}, kEventCap), (Cut{{line}, 0}));
}

RC_GTEST_PROP(LineSplitter, AnyCutOfTheStreamGivesTheSameLines,
              (const std::vector<std::string>& parts, const std::vector<std::uint16_t>& cuts)) {
  std::string stream;
  for (const auto& part : parts) stream += part + "\r\n";
  RC_ASSERT(cut_at(stream, {cuts.begin(), cuts.end()}, 8) == cut_at(stream, {}, 8));
}

const std::string kObject =
    R"({"kind":"VirtualIP","apiVersion":"fairlead.dev/v1alpha1","metadata":{"name":"web","namespace":"shop",)"
    R"("resourceVersion":"812","annotations":{"x":"y"}},"spec":{"ports":[{"port":80}]}})";

TEST(WatchDecoder, HandsOutTheObjectsOwnBytes) {
  const auto event = decode_watch_line(R"({"type":"MODIFIED","object":)" + kObject + "}");
  ASSERT_TRUE(event);
  EXPECT_EQ(*event, (WatchEvent{WatchEventType::kModified, kObject, "VirtualIP", "812", false}));
}

TEST(WatchDecoder, TakesTheObjectBeforeTheType) {
  const auto event = decode_watch_line(R"({ "object" : )" + kObject + R"( , "type" : "DELETED" } )");
  ASSERT_TRUE(event);
  EXPECT_EQ(event->type, WatchEventType::kDeleted);
  EXPECT_EQ(event->object, kObject);
}

// K-08, K-10.
TEST(WatchDecoder, ReadsABookmarkAndWhetherItEndsTheInitialEvents) {
  const auto plain = decode_watch_line(
      R"({"type":"BOOKMARK","object":{"kind":"VirtualIP","metadata":{"resourceVersion":"900"}}})");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->type, WatchEventType::kBookmark);
  EXPECT_EQ(plain->resource_version, "900");
  EXPECT_FALSE(plain->initial_events_end);
  const auto last = decode_watch_line(
      R"({"type":"BOOKMARK","object":{"kind":"VirtualIP","metadata":{"resourceVersion":"900",)"
      R"("annotations":{"k8s.io/initial-events-end":"true"}}}})");
  ASSERT_TRUE(last);
  EXPECT_TRUE(last->initial_events_end);
}

// K-17.
TEST(WatchDecoder, RefusesWhatIsNoEvent) {
  const std::vector<std::pair<std::string, std::string>> table{
      {"", "a line of the watch is no JSON object"},
      {"junk", "a line of the watch is no JSON object"},
      {R"({"type":"ADDED","object":{"kind":"A")", "a line of the watch is no JSON object"},
      {R"({"object":{"kind":"A"}})", "a line of the watch has no type"},
      {R"({"type":"ADDED"})", "an event has no object"},
      {R"({"type":"ADDED","object":null})", "an event has no object"},
      {R"({"type":"ADDED","object":{"metadata":{}}})", "an event's object has no kind"},
  };
  for (const auto& [line, message] : table) {
    const auto event = decode_watch_line(line);
    ASSERT_FALSE(event) << line;
    EXPECT_EQ(event.error(), fail(Code::kInvalid, message)) << line;
  }
}

// K-17.
TEST(WatchDecoder, ATypeThatKubernetesDoesNotHaveIsSaid) {
  for (const std::string type : {R"("RENAMED")", R"("")", "7"}) {
    const auto event = decode_watch_line(R"({"type":)" + type + R"(,"object":{"kind":"A"}})");
    ASSERT_TRUE(event) << type;
    EXPECT_EQ(event->type, WatchEventType::kUnknown) << type;
  }
}

// K-04: by code, or by either reason. As kube-apiserver 1.34 writes it.
TEST(StatusFacts, GoneIsCode410OrReasonExpiredOrGone) {
  EXPECT_TRUE(says_gone(read_status(
      R"j({"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"too old resource version: 1 (5)","reason":"Expired","code":410})j")));
  EXPECT_TRUE(says_gone(read_status(R"({"kind":"Status","code":410})")));
  EXPECT_TRUE(says_gone(read_status(R"({"kind":"Status","reason":"Gone"})")));
  EXPECT_FALSE(says_gone(read_status(R"({"kind":"Status","reason":"InternalError","code":500})")));
  EXPECT_FALSE(says_gone(read_status("not json")));
}

// K-05. As kube-apiserver writes it.
// K-33: INT_MAX would be 68 years without a watch.
TEST(StatusFacts, ARetryAfterIsAMinuteAtMost) {
  const auto seconds = [](const std::string& number) {
    return read_status(R"({"code":429,"details":{"retryAfterSeconds":)" + number + "}}").retry_after_seconds;
  };
  EXPECT_EQ(seconds("9"), 9);
  EXPECT_EQ(seconds("2147483647"), 60);
  EXPECT_EQ(seconds("-2147483648"), 0);
  EXPECT_EQ(seconds("1e9"), 0);
  EXPECT_EQ(seconds(std::string(400, '9')), 0);
}

TEST(StatusFacts, TooLargeIsReadFromTheCauses) {
  const auto status = read_status(
      R"({"kind":"Status","message":"Timeout: Too large resource version: 99999999, current: 55","reason":"Timeout",)"
      R"("details":{"causes":[{"reason":"Other"},{"reason":"ResourceVersionTooLarge","message":"Too large resource version"}],"retryAfterSeconds":1},"code":504})");
  EXPECT_EQ(status, (StatusFacts{504, "Timeout", "Timeout: Too large resource version: 99999999, current: 55",
                                 1, true}));
  EXPECT_TRUE(says_too_large(status));
  EXPECT_FALSE(says_too_large(read_status(R"({"reason":"Timeout","code":504,"details":{"causes":[]}})")));
}

}  // namespace
}  // namespace fairlead::reconcile

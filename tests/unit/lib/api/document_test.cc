// What every decoder does with text that is no object of its kind.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <functional>

#include "lib/api/address_pool.h"
#include "lib/api/node_report.h"
#include "lib/api/real_server_set.h"
#include "lib/api/service.h"
#include "lib/api/status_reply.h"
#include "lib/api/virtual_ip.h"
#include "lib/api/vrrp_group.h"

namespace fairlead::api {
namespace {

using Decoder = std::function<std::vector<Problem>(std::string_view)>;

const Decoder kDecoders[] = {
    [](std::string_view text) { return decode_virtual_ip(text).problems; },
    [](std::string_view text) { return decode_address_pool(text).problems; },
    [](std::string_view text) { return decode_vrrp_group(text).problems; },
    [](std::string_view text) { return decode_real_server_set(text).problems; },
    [](std::string_view text) { return decode_node_report(text).problems; },
    [](std::string_view text) { return decode_service(text).problems; },
    [](std::string_view text) { return decode_endpoint_slice(text).problems; },
    [](std::string_view text) { return decode_node(text).problems; },
    [](std::string_view text) { return decode_status_reply(text).problems; },
    [](std::string_view text) { return decode_meta(text).problems; },
};

TEST(Document, ThatIsNoJsonObjectIsOneProblem) {
  const std::string deep =
      R"({"metadata":{"name":"x"},"spec":)" + std::string(200, '[') + std::string(200, ']') + "}";
  const std::pair<std::string, std::string> refused[] = {
      {"",
       "must be JSON: parse error at line 1, column 1: syntax error while parsing value - unexpected end of "
       "input; "
       "expected '[', '{', or a literal"},
      {"null", "must be a JSON object"},
      {"[]", "must be a JSON object"},
      {"7", "must be a JSON object"},
      {deep, "must nest at most 100 levels deep"},
      {std::string(3 * 1024 * 1024 + 1, ' '), "must be at most 3 MB, got 3145729 bytes"},
  };
  for (const auto& decode : kDecoders) {
    for (const auto& [text, message] : refused) EXPECT_EQ(to_string(decode(text)), message);
  }
}

TEST(Document, ThatIsNotUtf8IsRefused) {
  for (const auto& decode : kDecoders) {
    const auto problems = decode("{\"metadata\":{\"name\":\"\xff\"}}");
    ASSERT_EQ(problems.size(), 1U);
    EXPECT_NE(problems[0].message.find("ill-formed UTF-8 byte"), std::string::npos) << problems[0].message;
    EXPECT_TRUE(std::all_of(problems[0].message.begin(), problems[0].message.end(), [](char c) {
      return c >= ' ' && c <= '~';
    })) << "it quotes what it could not read";
  }
}

TEST(Document, OfBytesAtRandomNeverThrows) {
  const bool holds = rc::check([](const std::string& text) {
    for (const auto& decode : kDecoders) RC_ASSERT(!decode(text).empty());
  });
  EXPECT_TRUE(holds);
}

// Any value of the wrong kind in any place is a problem or ignored, never an exception.
TEST(Document, CutOrDamagedAnywhereNeverThrows) {
  const std::string good =
      R"({"metadata":{"name":"x","labels":{"a":"b"},"ownerReferences":[{"kind":"Y"}]},"spec":{"addresses":["192.0.2.1"],)"
      R"("ports":[{"port":80}],"servers":[{"address":"192.0.2.2"}],"members":[{"node":"a","priority":1}],"group":"g",)"
      R"("virtualServers":[{"address":"192.0.2.1","port":1,"reals":[{"address":"192.0.2.2","port":1}]}],"interface":"e"},)"
      R"("status":{"conditions":[{"type":"Ready","status":"True"}],"members":[{"node":"a","state":"Master"}]}})";
  for (std::size_t i = 0; i < good.size(); i += 3) {
    for (const char* patch : {"", "7", "[", "\"", "null", "{}"}) {
      const std::string damaged = good.substr(0, i) + patch + good.substr(i + 1);
      for (const auto& decode : kDecoders) EXPECT_NO_THROW(decode(damaged));
    }
  }
}

TEST(DecodeMeta, ReadsTheMetadataOfAnyKind) {
  const auto decoded = decode_meta(
      R"({"kind":"Whatever","metadata":{"name":"a","uid":"u","resourceVersion":"9","creationTimestamp":null}})");
  ASSERT_TRUE(decoded.ok());
  ObjectMeta expected;
  expected.name = "a";
  expected.uid = "u";
  expected.resource_version = "9";
  EXPECT_EQ(decoded.value, expected);
}

TEST(DecodeMeta, ReportsWhatItCannotRead) {
  const auto decoded = decode_meta(
      R"({"metadata":{"generation":-1,"creationTimestamp":"yesterday","labels":{"a":1},"finalizers":[2]}})");
  EXPECT_EQ(to_string(decoded.problems),
            "metadata.name: required; metadata.generation: must be 0..9223372036854775807, got -1; "
            "metadata.creationTimestamp: must be an RFC 3339 time, got \"yesterday\"; "
            "metadata.labels[a]: must be a string, got a number; metadata.finalizers[0]: must be a string, "
            "got a number");
}

// Of "../x" a request would be made to another object. Without a name nothing is done to any (informer.h).
TEST(DecodeObject, ANameThatKubernetesDoesNotTakeIsAProblemAndNoName) {
  for (const std::string name :
       {"a/b", "..", ".", "../../x", "a b", "a?b", "a#b", "a%2e", "A", "-", "a\\u0000b"}) {
    const auto named = decode_node(R"({"metadata":{"name":")" + name + R"("}})");
    EXPECT_FALSE(named.ok()) << name;
    EXPECT_EQ(named.value.meta.name, "") << name;
    EXPECT_EQ(named.problems.front().message.substr(0, 38), "must be a name that Kubernetes takes, ") << name;
    const auto placed = decode_node(R"({"metadata":{"name":"a","namespace":")" + name + R"("}})");
    EXPECT_FALSE(placed.ok()) << name;
    EXPECT_EQ(key_of(placed.value.meta), ObjectKey{}) << name;
  }
  const auto good = decode_node(R"({"metadata":{"name":"node-1.example","namespace":"x"}})");
  EXPECT_EQ(key_of(good.value.meta), (ObjectKey{"x", "node-1.example"}));
  EXPECT_TRUE(good.ok());
}

TEST(ObjectKey, IsPrintedWithTheNamespaceIfThereIsOne) {
  EXPECT_EQ(to_string(ObjectKey{"shop", "web"}), "shop/web");
  EXPECT_EQ(to_string(ObjectKey{"", "public"}), "public");
}

// metav1.Status: what the API server answers instead of an object.
TEST(StatusReply, IsReadWithItsCauses) {
  const auto decoded = decode_status_reply(
      R"({"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"too old","reason":"Expired",)"
      R"("details":{"name":"web","retryAfterSeconds":2,"causes":[{"reason":"ResourceVersionTooLarge","message":"m","field":"f"}]},"code":410})");
  ASSERT_TRUE(decoded.ok()) << to_string(decoded.problems);
  const StatusReply expected{410,   "Expired",  "too old",
                             "web", Seconds(2), {{"ResourceVersionTooLarge", "m", "f"}}};
  EXPECT_EQ(decoded.value, expected);
  EXPECT_EQ(decode_status_reply(R"({"kind":"Status","code":404})").value.retry_after, std::nullopt);
}

TEST(StatusReply, OfAnotherKindIsAProblem) {
  EXPECT_EQ(to_string(decode_status_reply(R"({"kind":"Pod"})").problems),
            "kind: must be one of Status, got \"Pod\"");
  EXPECT_EQ(to_string(decode_status_reply(R"({"code":404})").problems), "kind: required");
}

}  // namespace
}  // namespace fairlead::api

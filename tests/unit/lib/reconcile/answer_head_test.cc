#include "lib/reconcile/answer_head.h"

#include <gtest/gtest.h>

namespace fairlead::reconcile {
namespace {

// K-41.
TEST(AnswerHead, JsonIsKnownByItsMediaTypeAlone) {
  for (const auto* type :
       {"application/json", "Application/JSON", "application/json;stream=watch",
        " application/json ; charset=utf-8", "application/json;as=Table;g=meta.k8s.io;v=v1"}) {
    EXPECT_TRUE(is_json(type)) << type;
  }
  for (const auto* type : {"", "text/html", "application/jsonp", "application/vnd.kubernetes.protobuf",
                           "text/plain; application/json"}) {
    EXPECT_FALSE(is_json(type)) << type;
  }
}

TEST(AnswerHead, OfAGoodAnswerAnythingButJsonIsForeign) {
  EXPECT_EQ(foreign_answer(200, "application/json"), "");
  EXPECT_EQ(foreign_answer(201, ""), "");
  EXPECT_EQ(foreign_answer(200, "text/html; charset=utf-8"), "content_type");
  EXPECT_EQ(foreign_answer(200, "application/vnd.kubernetes.protobuf"), "content_type");
}

// The API server says "404 page not found" in plain text for a group that it does not know (K-40).
TEST(AnswerHead, OfARefusalHtmlIsForeignUnlessItOnlyAsksToComeBack) {
  EXPECT_EQ(foreign_answer(404, "text/plain; charset=utf-8"), "");
  for (const int status : {302, 400, 404, 410, 422}) {
    EXPECT_EQ(foreign_answer(status, "text/html"), "content_type") << status;
  }
  for (const int status : {401, 403, 429, 500, 502, 503, 504}) {
    EXPECT_EQ(foreign_answer(status, "text/html"), "") << status;
  }
}

TEST(AnswerHead, AStatusThatHttpDoesNotHaveIsForeign) {
  for (const int status : {0, 1, 99, 600, 65535}) {
    EXPECT_EQ(foreign_answer(status, "application/json"), "protocol") << status;
  }
  EXPECT_EQ(foreign_answer(100, "application/json"), "");
  EXPECT_EQ(foreign_answer(599, "application/json"), "");
}

}  // namespace
}  // namespace fairlead::reconcile

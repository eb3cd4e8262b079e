#include "lib/api/namespace.h"

#include <gtest/gtest.h>

namespace fairlead::api {
namespace {

TEST(Namespace, ItsLabelsAreRead) {
  const auto decoded = decode_namespace(
      R"({"apiVersion":"v1","kind":"Namespace","metadata":{"name":"shop","labels":{"tier":"public"}},)"
      R"("spec":{"finalizers":["kubernetes"]},"status":{"phase":"Active"}})");
  ASSERT_TRUE(decoded.ok()) << to_string(decoded.problems);
  EXPECT_EQ(decoded.value.meta.name, "shop");
  EXPECT_EQ(decoded.value.meta.labels, (Labels{{"tier", "public"}}));
}

TEST(Namespace, AnotherKindIsRefused) {
  EXPECT_FALSE(decode_namespace(R"({"apiVersion":"v1","kind":"Node","metadata":{"name":"shop"}})").ok());
}

}  // namespace
}  // namespace fairlead::api

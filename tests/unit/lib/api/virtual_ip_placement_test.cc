#include <gtest/gtest.h>

#include "lib/api/virtual_ip.h"

namespace fairlead::api {
namespace {

// api.md: `placement`. A node named twice counts once.
TEST(VirtualIP, ReadsItsPlacement) {
  const auto decoded = decode_virtual_ip(
      R"({"apiVersion":"fairlead.dev/v1alpha1","kind":"VirtualIP","metadata":{"name":"web","namespace":"shop"},"spec":{"addresses":["192.0.2.10"],"forwarding":"Delegate","placement":{"nodeSelector":{"matchLabels":{"edge":"true"}},"preferredNodes":["node-c","node-a","node-c"]}}})");
  ASSERT_TRUE(decoded.ok()) << to_string(decoded.problems);
  const NodePlacement expected{{{{"edge", LabelOperator::kIn, {"true"}}}}, {"node-c", "node-a"}};
  EXPECT_EQ(decoded.value.spec.placement, expected);
  EXPECT_TRUE(decoded.value.spec.not_yet_supported.empty());
  EXPECT_NE(encode_virtual_ip(decoded.value).find(R"("placement":{"preferredNodes":["node-c","node-a"]})"),
            std::string::npos);
}

}  // namespace
}  // namespace fairlead::api

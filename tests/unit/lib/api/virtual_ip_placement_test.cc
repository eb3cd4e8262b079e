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

// As the CRD does (SV-11, SV-25).
TEST(VirtualIP, RefusesNamesThatNoObjectHas) {
  const std::string begin =
      R"({"apiVersion":"fairlead.dev/v1alpha1","kind":"VirtualIP","metadata":{"name":"web","namespace":"shop"},"spec":{"forwarding":"Delegate",)";
  const std::string longest(253, 'a');
  for (const auto& name : {std::string(), longest + "a"}) {
    const auto decoded =
        decode_virtual_ip(begin + R"("placement":{"preferredNodes":["node-a",")" + name + R"("]}}})");
    ASSERT_EQ(decoded.problems.size(), 1U) << name;
    EXPECT_EQ(decoded.problems[0].path, "spec.placement.preferredNodes[1]");
    EXPECT_TRUE(decoded.problems[0].message.starts_with("must be a name of at most 253 characters, got \""));
  }
  EXPECT_EQ(decode_virtual_ip(begin + R"("pool":")" + longest + R"(a"}})").problems.size(), 1U);
  EXPECT_TRUE(decode_virtual_ip(begin + R"("pool":")" + longest + R"("}})").ok());
  EXPECT_TRUE(decode_virtual_ip(begin + R"("pool":""}})").ok());
}

}  // namespace
}  // namespace fairlead::api

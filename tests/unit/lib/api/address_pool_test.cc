#include "lib/api/address_pool.h"

#include <gtest/gtest.h>

namespace fairlead::api {
namespace {

std::string document(const std::string& spec) {
  return R"({"metadata":{"name":"public"},"spec":)" + spec + "}";
}
std::string with_range(const std::string& rest) {
  return document(R"({"addresses":["192.0.2.0/28"],)" + rest + "}");
}
std::string with_vrrp(const std::string& vrrp) { return with_range(R"("vrrp":{)" + vrrp + "}"); }

// api.md, AddressPool.
TEST(AddressPool, AppliesTheDefaultsOfTheSchema) {
  const auto decoded = decode_address_pool(document(R"({"addresses":["192.0.2.0/28"]})"));
  ASSERT_TRUE(decoded.ok()) << to_string(decoded.problems);
  AddressPoolSpec expected;
  expected.addresses = {*net::parse_range("192.0.2.0/28")};
  expected.groups = 0;
  expected.vrrp = {3, Milliseconds(250), true, Seconds(30), {{1, 255}}};
  EXPECT_EQ(decoded.value.spec, expected);
}

TEST(AddressPool, ReadsEveryFieldItHonours) {
  const auto decoded = decode_address_pool(R"({
    "apiVersion":"fairlead.dev/v1alpha1","kind":"AddressPool","metadata":{"name":"public"},
    "spec":{"addresses":["192.0.2.0/28","198.51.100.5-198.51.100.9","2001:db8::/120"],"interface":"eth0.7","groups":4,
      "autoAssign":true,"avoidBuggyIPs":false,"serviceAllocation":{},
      "nodeSelector":{"matchLabels":{"edge":"true"},"matchExpressions":[{"key":"zone","operator":"NotIn","values":["z"]},
        {"key":"gpu","operator":"DoesNotExist"}]},
      "vrrp":{"version":3,"advertIntervalMs":40950,"preempt":false,"preemptDelaySeconds":0,"virtualRouterIDs":"50-99,120",
        "checksum":"RFC5798","transport":"Unicast","linkUpDelayMs":100}},
    "status":{"assignedIPv4":1,"availableIPv4":20,"assignedIPv6":0,"availableIPv6":256,"cidrs":["192.0.2.0/28"]}})");
  ASSERT_TRUE(decoded.ok()) << to_string(decoded.problems);
  AddressPool expected;
  expected.meta.name = "public";
  expected.spec.addresses = {*net::parse_range("192.0.2.0/28"),
                             *net::parse_range("198.51.100.5-198.51.100.9"),
                             *net::parse_range("2001:db8::/120")};
  expected.spec.interface = "eth0.7";
  expected.spec.groups = 4;
  expected.spec.node_selector.requirements = {{"edge", LabelOperator::kIn, {"true"}},
                                              {"zone", LabelOperator::kNotIn, {"z"}},
                                              {"gpu", LabelOperator::kDoesNotExist, {}}};
  expected.spec.vrrp = {3,
                        Milliseconds(40950),
                        false,
                        Seconds(0),
                        {{50, 99}, {120, 120}},
                        Checksum::kRfc5798,
                        Transport::kUnicast,
                        Milliseconds(100)};
  expected.status = {1, 20, 0, 256, {"192.0.2.0/28"}, {}};
  EXPECT_EQ(decoded.value, expected);
}

// The CRD's limit: 64 ranges of IPv6 whose covers are as long as can be, 2 x 127 CIDRs each, rounded up. A
// status of our own that could not be read again would poison its pool.
TEST(AddressPool, ReadsAStatusOfAsManyCidrsAsTheSchemaAllows) {
  const auto with_cidrs = [](int count) {
    std::string list;
    for (int i = 0; i < count; ++i) list += (i == 0 ? "\"2001:db8::/48\"" : ",\"2001:db8::/48\"");
    return decode_address_pool(
        R"({"metadata":{"name":"public"},"spec":{"addresses":["192.0.2.0/28"]},"status":{"cidrs":[)" + list +
        "]}}");
  };
  const auto most = with_cidrs(16384);
  EXPECT_TRUE(most.ok()) << to_string(most.problems);
  EXPECT_EQ(most.value.status.cidrs.size(), 16384u);
  EXPECT_FALSE(with_cidrs(16385).ok());
}

TEST(AddressPool, RefusesWithPathAndWhatIsAllowed) {
  const std::string range = "must be a CIDR, or a range a-b of one family with the lower address first, got ";
  const std::string ids =
      "spec.vrrp.virtualRouterIDs: must be numbers of 1..255 and ranges low-high, separated by commas, got ";
  const std::pair<std::string, std::string> refused[] = {
      {document("{}"), "spec.addresses: required"},
      {document(R"({"addresses":[]})"), "spec.addresses: must have at least one CIDR or range"},
      {document(R"({"addresses":["192.0.2.1"]})"), "spec.addresses[0]: " + range + "\"192.0.2.1\""},
      {document(R"({"addresses":["192.0.2.9-192.0.2.1"]})"),
       "spec.addresses[0]: " + range + "\"192.0.2.9-192.0.2.1\""},
      {document(R"({"addresses":["192.0.2.0/33"]})"), "spec.addresses[0]: " + range + "\"192.0.2.0/33\""},
      {document(R"({"addresses":["192.0.2.0/28","192.0.2.15-192.0.2.20"]})"),
       "spec.addresses[1]: must not overlap another entry of the pool, got \"192.0.2.15-192.0.2.20\" and "
       "192.0.2.0-192.0.2.15"},
      {with_range(R"("interface":"a/b")"),
       "spec.interface: must be an interface's name of 1..15 bytes without slash or white space, got "
       "\"a/b\""},
      {with_range(R"("interface":"sixteen-letters-")"),
       "spec.interface: must be an interface's name of 1..15 bytes without slash or white space, got "
       "\"sixteen-letters-\""},
      {with_range(R"("groups":0)"), "spec.groups: must be 1..255, got 0"},
      {with_range(R"("serviceAllocation":{"priority":-1})"),
       "spec.serviceAllocation.priority: must be 0..2147483647, got -1"},
      {with_range(
           R"("serviceAllocation":{"serviceSelectors":[{"matchExpressions":[{"key":"a","operator":"In"}]}]})"),
       "spec.serviceAllocation.serviceSelectors[0].matchExpressions[0].values: required with operator In or "
       "NotIn"},
      {with_range(R"("autoAssign":"no")"), "spec.autoAssign: must be a boolean, got a string"},
      {with_range(R"("nodeSelector":{"matchExpressions":[{"key":"a","operator":"In"}]})"),
       "spec.nodeSelector.matchExpressions[0].values: required with operator In or NotIn"},
      {with_range(R"("nodeSelector":{"matchExpressions":[{"key":"a","operator":"Exists","values":["b"]}]})"),
       "spec.nodeSelector.matchExpressions[0].values: allowed with operator In or NotIn only"},
      {with_range(R"("nodeSelector":{"matchExpressions":[{"key":"a","operator":"Like"}]})"),
       "spec.nodeSelector.matchExpressions[0].operator: must be one of In, NotIn, Exists, DoesNotExist, got "
       "\"Like\""},
      {with_vrrp(R"("version":4)"), "spec.vrrp.version: must be 2..3, got 4"},
      {with_vrrp(R"("advertIntervalMs":5)"), "spec.vrrp.advertIntervalMs: must be 10..40950, got 5"},
      {with_vrrp(R"("advertIntervalMs":255)"),
       "spec.vrrp.advertIntervalMs: must be a multiple of 10, got 255"},
      {with_vrrp(R"("version":2,"advertIntervalMs":1500)"),
       "spec.vrrp.advertIntervalMs: must be a multiple of 1000 (whole seconds) with version 2, got 1500"},
      {document(R"({"addresses":["192.0.2.0/28","2001:db8::/120"],"vrrp":{"version":2}})"),
       "spec.vrrp.version: must be 3 with IPv6 addresses, got 2"},
      {with_vrrp(R"("checksum":"RFC3768")"),
       "spec.vrrp.checksum: must be one of RFC9568, RFC5798, got \"RFC3768\""},
      {with_vrrp(R"("transport":"unicast")"),
       "spec.vrrp.transport: must be one of Multicast, Unicast, got \"unicast\""},
      {with_vrrp(R"("linkUpDelayMs":600001)"), "spec.vrrp.linkUpDelayMs: must be 0..600000, got 600001"},
      {with_vrrp(R"("virtualRouterIDs":"0-9")"), ids + "\"0-9\""},
      {with_vrrp(R"("virtualRouterIDs":"9-1")"), ids + "\"9-1\""},
      {with_vrrp(R"("virtualRouterIDs":"")"), ids + "\"\""},
      {with_vrrp(R"("virtualRouterIDs":"1,256")"), ids + "\"1,256\""},
      {with_vrrp(R"("virtualRouterIDs":"1-2-3")"), ids + "\"1-2-3\""},
      {with_vrrp(R"("virtualRouterIDs":51)"), "spec.vrrp.virtualRouterIDs: must be a string, got a number"},
  };
  for (const auto& [text, problems] : refused) {
    EXPECT_EQ(to_string(decode_address_pool(text).problems), problems) << text;
  }
}

// api.md, AddressPool: MetalLB's names.
TEST(AddressPool, ReadsWhoMayUseIt) {
  const auto decoded = decode_address_pool(
      with_range(R"("autoAssign":false,"avoidBuggyIPs":true,"serviceAllocation":{"priority":50,)"
                 R"("namespaces":["shop"],"namespaceSelectors":[{"matchLabels":{"tier":"public"}},{}],)"
                 R"("serviceSelectors":[{"matchExpressions":[{"key":"app","operator":"Exists"}]}]})"));
  ASSERT_TRUE(decoded.ok()) << to_string(decoded.problems);
  const auto& spec = decoded.value.spec;
  EXPECT_FALSE(spec.auto_assign);
  EXPECT_TRUE(spec.avoid_buggy_ips);
  ServiceAllocation expected;
  expected.priority = 50;
  expected.namespaces = {"shop"};
  expected.namespace_selectors = {{{{"tier", LabelOperator::kIn, {"public"}}}}, {}};
  expected.service_selectors = {{{{"app", LabelOperator::kExists, {}}}}};
  EXPECT_EQ(spec.service_allocation, expected);
}

// RFC 3768 5.3.7: whole seconds. The CRD's schema writes 250 where nobody says anything, and refuses it.
TEST(AddressPool, ThePeriodOfVersion2IsASecondUnlessSaidOtherwise) {
  EXPECT_EQ(decode_address_pool(with_vrrp(R"("version":2)")).value.spec.vrrp.advert_interval,
            Milliseconds(1000));
  EXPECT_EQ(decode_address_pool(with_vrrp(R"("version":2,"advertIntervalMs":2000)"))
                .value.spec.vrrp.advert_interval,
            Milliseconds(2000));
}

TEST(EncodeAddressPoolStatus, WritesStatusOnlyAndIsReadBack) {
  AddressPool pool;
  pool.meta.name = "public";
  pool.meta.resource_version = "5";
  pool.status = {1,
                 13,
                 0,
                 9007199254740992,
                 {"192.0.2.0/28"},
                 {{"Accepted", ConditionStatus::kTrue, "Accepted", "", 1, WallTime(Seconds(1))}}};
  const std::string text = encode_address_pool_status(pool);
  EXPECT_EQ(
      text,
      R"({"apiVersion":"fairlead.dev/v1alpha1","kind":"AddressPool","metadata":{"name":"public","resourceVersion":"5"},)"
      R"("status":{"assignedIPv4":1,"assignedIPv6":0,"availableIPv4":13,"availableIPv6":9007199254740992,)"
      R"("cidrs":["192.0.2.0/28"],"conditions":[{"lastTransitionTime":"1970-01-01T00:00:01Z","message":"",)"
      R"("observedGeneration":1,"reason":"Accepted","status":"True","type":"Accepted"}]}})");
  EXPECT_EQ(decode_address_pool(text).value.status, pool.status);
}

// metav1.LabelSelector.
TEST(LabelSelector, MatchesIfEveryRequirementHolds) {
  const Labels labels{{"edge", "true"}, {"zone", "a"}};
  const std::pair<LabelRequirement, bool> cases[] = {
      {{"edge", LabelOperator::kIn, {"true", "yes"}}, true},
      {{"edge", LabelOperator::kIn, {"no"}}, false},
      {{"none", LabelOperator::kIn, {"true"}}, false},
      {{"edge", LabelOperator::kNotIn, {"no"}}, true},
      {{"edge", LabelOperator::kNotIn, {"true"}}, false},
      {{"none", LabelOperator::kNotIn, {"true"}}, true},
      {{"edge", LabelOperator::kExists, {}}, true},
      {{"none", LabelOperator::kExists, {}}, false},
      {{"none", LabelOperator::kDoesNotExist, {}}, true},
      {{"edge", LabelOperator::kDoesNotExist, {}}, false},
  };
  for (const auto& [requirement, expected] : cases) {
    EXPECT_EQ(matches(LabelSelector{{requirement}}, labels), expected) << requirement.key;
    EXPECT_FALSE(matches(LabelSelector{{requirement, {"none", LabelOperator::kExists, {}}}}, labels));
  }
}

TEST(LabelSelector, MatchesEverythingIfEmpty) {
  EXPECT_TRUE(matches(LabelSelector{}, Labels{}));
  EXPECT_TRUE(matches(LabelSelector{}, Labels{{"a", "b"}}));
}

}  // namespace
}  // namespace fairlead::api

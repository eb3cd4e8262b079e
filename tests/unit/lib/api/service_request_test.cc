#include "lib/api/service_request.h"

#include <gtest/gtest.h>

#include <array>

// api.md, "Annotations on Services"; kubernetes.md 6, "Annotations".
namespace fairlead::api {
namespace {

Service with(const Labels& annotations) {
  Service out;
  out.meta.name = "web";
  out.meta.annotations = annotations;
  return out;
}
Service annotated(const std::string& name, const std::string& value) {
  return with({{"fairlead.dev/" + name, value}});
}
Decoded<VirtualIPSpec> asked(const Service& service) {
  return requested_spec(service, ForeignAnnotations::kIgnored);
}
VirtualIPSpec spec(const Service& service) {
  const auto out = asked(service);
  EXPECT_TRUE(out.ok()) << to_string(out.problems);
  EXPECT_TRUE(out.value.not_yet_supported.empty()) << out.value.not_yet_supported.front();
  return out.value;
}
net::IpAddress ip(const std::string& text) { return *net::parse_address(text); }

TEST(ServiceRequest, WithoutAnnotationsIsTheServiceAndNothingElse) {
  VirtualIPSpec wanted;
  wanted.service = "web";
  EXPECT_EQ(spec(with({})), wanted);
  EXPECT_EQ(spec(with({{"example.com/quorum", "5"}, {"fairlead.dev/quorum", " "}})), wanted);
}

TEST(ServiceRequest, AnnotationsBecomeFields) {
  EXPECT_EQ(spec(annotated("loadBalancerIPs", " 192.0.2.7 ")).addresses, std::vector{ip("192.0.2.7")});
  EXPECT_EQ(spec(annotated("address-pool", "public")).pool, "public");
  EXPECT_EQ(spec(annotated("sharing-key", " mail ")).sharing_key, "mail");
  EXPECT_EQ(spec(annotated("forwarding", "Delegate")).forwarding, Forwarding::kDelegate);
  EXPECT_EQ(spec(annotated("scheduler", "mh")).scheduler, Scheduler::kMh);
  EXPECT_EQ(spec(annotated("on-unhealthy", "Remove")).on_unhealthy, OnUnhealthy::kRemove);
  EXPECT_EQ(spec(annotated("on-no-endpoints", "Reject")).on_no_endpoints, OnNoEndpoints::kReject);
  EXPECT_EQ(spec(annotated("on-no-endpoints", "Withdraw")).on_no_endpoints, OnNoEndpoints::kWithdraw);
  EXPECT_EQ(spec(annotated("preferred-nodes", "node-b, node-a")).placement.preferred_nodes,
            (std::vector<std::string>{"node-b", "node-a"}));
}

TEST(ServiceRequest, AnotherNameBehindOursIsRefused) {
  for (const std::string name : {"loadbalancerIPs", "loadBalancerIP", "quorums", ""}) {
    const auto out = asked(annotated(name, "192.0.2.7"));
    ASSERT_EQ(out.problems.size(), 1U) << name;
    EXPECT_EQ(out.problems.front().path, "annotation fairlead.dev/" + name);
    EXPECT_NE(out.problems.front().message.find("it knows loadBalancerIPs, address-pool"), std::string::npos);
  }
}

TEST(ServiceRequest, HealthChecksAreAJsonList) {
  HealthCheck own;
  own.interval = Seconds(7);
  own.port = net::Port(8081);
  EXPECT_EQ(spec(annotated("health-checks", R"([{"tcp":{},"intervalSeconds":7,"port":8081}])")).health_checks,
            std::vector{own});
  EXPECT_EQ(spec(annotated("health-checks", "[]")).health_checks, std::vector<HealthCheck>{});
  EXPECT_EQ(spec(with({})).health_checks, std::nullopt);
}

TEST(ServiceRequest, BothFamiliesAreNamedInOneList) {
  const auto out = spec(with(
      {{"fairlead.dev/loadBalancerIPs", "192.0.2.7, 2001:db8::7"}, {"fairlead.dev/forwarding", "Delegate"}}));
  EXPECT_EQ(out.addresses, (std::vector{ip("192.0.2.7"), ip("2001:db8::7")}));
}

// One that is not built yet is refused where it differs from its default, by name.
TEST(ServiceRequest, WhatIsNotBuiltYetIsNamedOnlyWhereItChangesSomething) {
  for (const auto& [name, harmless, harmful] :
       std::vector<std::array<std::string, 3>>{{"health-checks", "[]", R"([{"http":{}}])"},
                                               {"quorum", "1", "2"},
                                               {"sorry-server", "", "10.0.0.9:80"},
                                               {"sorry-server", "", "[2001:db8::9]:80"},
                                               {"min-healthy-percent", "0", "50"},
                                               {"forwarding", "NAT", "Tunnel"},
                                               {"forwarding", "NAT", "DirectRouting"}}) {
    EXPECT_TRUE(asked(annotated(name, harmless)).value.not_yet_supported.empty()) << name;
    const auto out = asked(annotated(name, harmful));
    EXPECT_TRUE(out.ok()) << to_string(out.problems);
    ASSERT_EQ(out.value.not_yet_supported.size(), 1U) << name;
    EXPECT_TRUE(out.value.not_yet_supported[0].starts_with("annotation fairlead.dev/" + name))
        << out.value.not_yet_supported[0];
  }
}

TEST(ServiceRequest, WhatCannotBeReadIsToldInTheWordsOfTheAnnotation) {
  for (
      const auto& [name, value, message] : std::vector<std::array<std::string, 3>>{
          {"loadBalancerIPs", "192.0.2.300", R"(must be an IPv4 or IPv6 address, got "192.0.2.300")"},
          {"loadBalancerIPs", "127.0.0.1",
           R"(must be a unicast address (not loopback, multicast, unspecified, broadcast or IPv4-mapped), got "127.0.0.1")"},
          {"loadBalancerIPs", "192.0.2.7,192.0.2.8",
           R"(must be at most one address per family, got a second IPv4 address "192.0.2.8")"},
          {"loadBalancerIPs", "192.0.2.7,", R"(must be an IPv4 or IPv6 address, got "")"},
          {"sharing-key", std::string(254, 'k'), "must have at most 253 bytes, got 254"},
          {"forwarding", "nat", R"(must be one of NAT, DirectRouting, Tunnel, Delegate, got "nat")"},
          {"scheduler-flags", "fast", R"(must be one of sh-port, mh-port, got "fast")"},
          {"scheduler-flags", "sh-port", "sh-port is allowed with scheduler sh only, got wlc"},
          {"source-ranges", "10.0.0.0/33", R"(must be a CIDR (address/length), got "10.0.0.0/33")"},
          {"connection-limits", "100", R"(must be "upper,lower", got 100)"},
          {"connection-limits", "10,100", "must be at most upper (10), got 100"},
          {"connection-limits", "many,few",
           R"(must be "upper,lower", two whole numbers in digits, got many,few)"},
          {"connection-limits", "1e3,1", R"(must be "upper,lower", two whole numbers in digits, got 1e3,1)"},
          {"on-unhealthy", "Panic", R"(must be one of Drain, Remove, got "Panic")"},
          {"on-no-endpoints", "Drop", R"(must be one of Reject, Withdraw, got "Drop")"},
          {"quorum", "lots", R"(must be a whole number in digits, got "lots")"},
          {"quorum", "1e3", R"(must be a whole number in digits, got "1e3")"},
          {"drain-seconds", "1.5", R"(must be a whole number in digits, got "1.5")"},
          {"quorum", "-1", "must be 0..65535000, got -1"},
          {"min-healthy-percent", "101", "must be 0..100, got 101"},
          {"drain-seconds", "86401", "must be 0..86400, got 86401"},
          {"sorry-server", "10.0.0.9", R"(must be "address:port" (IPv6: "[address]:port"), got 10.0.0.9)"},
          {"sorry-server", "2001:db8::9",
           R"(must be "address:port" (IPv6: "[address]:port"), got 2001:db8::9)"},
          {"sorry-server", "10.0.0.9:http",
           R"(must be "address:port" (IPv6: "[address]:port"), got 10.0.0.9:http)"},
          {"sorry-server", "10.0.0.9:0", "must be 1..65535, got 0"}}) {
    const auto out = asked(annotated(name, value));
    ASSERT_EQ(out.problems.size(), 1U) << name << " " << value;
    EXPECT_EQ(out.problems[0].path, "annotation fairlead.dev/" + name);
    EXPECT_EQ(out.problems[0].message, message);
  }
}

TEST(ServiceRequest, InsideJsonTheFieldIsNamed) {
  const auto problems = asked(annotated("health-checks", R"([{"tcp":{},"retries":101}])")).problems;
  EXPECT_EQ(problems, (std::vector<Problem>{
                          {"annotation fairlead.dev/health-checks[0].retries", "must be 0..100, got 101"}}));
}

TEST(ServiceRequest, JsonIsOneListOfABoundedDepth) {
  for (const std::string text : {"tcp", "[", "[{}]]", R"([],"quorum":3)", R"({"tcp":{}})"}) {
    const auto problems = asked(annotated("health-checks", text)).problems;
    ASSERT_EQ(problems.size(), 1U) << text;
    EXPECT_EQ(problems[0].path, "annotation fairlead.dev/health-checks");
  }
  EXPECT_EQ(asked(annotated("health-checks", std::string(100000, '['))).problems.size(), 1U);
}

// Of a VirtualIP the schema says so.
TEST(ServiceRequest, AMisspeltFieldOfAHealthCheckIsNamed) {
  const auto problems = asked(annotated("health-checks", R"([{"tcp":{}},{"tcp":{},"prot":8081}])")).problems;
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(problems[0].path, "annotation fairlead.dev/health-checks[1].prot");
  EXPECT_NE(problems[0].message.find("port"), std::string::npos) << "what is allowed";
  EXPECT_TRUE(
      asked(annotated("health-checks", R"([{"tcp":{},"retries":1,"port":8081,"sourceAddress":"192.0.2.1",
      "intervalSeconds":7,"timeoutSeconds":2,"retryDelaySeconds":1}])"))
          .problems.empty());
}

TEST(ServiceRequest, EveryProblemIsToldAtOnce) {
  const auto out = asked(with({{"fairlead.dev/quorum", "lots"}, {"fairlead.dev/scheduler", "fair"}}));
  EXPECT_EQ(out.problems.size(), 2U);
}

// kubernetes.md 1, "Allocation order".
TEST(ServiceRequest, TheDeprecatedFieldCountsWhereNoAnnotationNamesAnAddress) {
  auto service = with({});
  service.load_balancer_ip = "192.0.2.9";
  EXPECT_EQ(spec(service).addresses, std::vector{ip("192.0.2.9")});
  EXPECT_TRUE(asks_by_deprecated_field(service, ForeignAnnotations::kIgnored));
  service.meta.annotations = {{"metallb.io/loadBalancerIPs", "192.0.2.8"}};
  EXPECT_TRUE(asks_by_deprecated_field(service, ForeignAnnotations::kIgnored));
  EXPECT_FALSE(asks_by_deprecated_field(service, ForeignAnnotations::kRead));
  service.meta.annotations = {{"fairlead.dev/loadBalancerIPs", "192.0.2.7"}};
  EXPECT_FALSE(asks_by_deprecated_field(service, ForeignAnnotations::kIgnored));
  EXPECT_EQ(spec(service).addresses, std::vector{ip("192.0.2.7")});
  service.meta.annotations.clear();
  service.load_balancer_ip = "lots";
  EXPECT_EQ(asked(service).problems.front().path, "spec.loadBalancerIP");
}

// kubernetes.md 1: sessionAffinity ClientIP with its own timeout.
TEST(ServiceRequest, ItsAffinityBecomesPersistence) {
  auto service = with({});
  service.client_ip_affinity = Seconds(60);
  EXPECT_EQ(spec(service).traffic.persistence, (Persistence{Seconds(60), std::nullopt}));
  service.client_ip_affinity.reset();
  EXPECT_EQ(spec(service).traffic, Traffic{});
}

TEST(ServiceRequest, FlagsAndLimitsAreListsWithCommas) {
  const auto flags =
      spec(with({{"fairlead.dev/scheduler", "mh"}, {"fairlead.dev/scheduler-flags", "mh-port"}})).traffic;
  EXPECT_EQ(flags.scheduler_flags, (SchedulerFlags{false, true}));
  EXPECT_EQ(spec(annotated("connection-limits", "100, 50")).traffic.connection_limits,
            (ConnectionLimits{100, 50}));
  EXPECT_EQ(spec(annotated("connection-limits", "0,0")).traffic, Traffic{});
}

// Nobody reads them there, and an annotation that does nothing is told.
TEST(ServiceRequest, WithDelegateLimitsAreRefused) {
  auto service = annotated("forwarding", "Delegate");
  service.meta.annotations["fairlead.dev/connection-limits"] = "100,50";
  EXPECT_EQ(asked(service).value.not_yet_supported,
            std::vector<std::string>{"annotation fairlead.dev/connection-limits (with forwarding Delegate)"});
}

// Those of the annotation come first. Kubernetes lets spaces stand around them.
TEST(ServiceRequest, ItsSourceRangesAreThoseOfTheAnnotationAndItsOwn) {
  auto service = annotated("source-ranges", "192.0.2.0/24");
  service.source_ranges = {" 10.0.0.0/8 ", "2001:db8::/32"};
  EXPECT_EQ(spec(service).traffic.source_ranges,
            (std::vector{*net::parse_prefix("192.0.2.0/24"), *net::parse_prefix("10.0.0.0/8"),
                         *net::parse_prefix("2001:db8::/32")}));
  EXPECT_TRUE(asked(service).value.not_yet_supported.empty());
}

TEST(ServiceRequest, ASourceRangeOfItsOwnThatCannotBeReadIsToldByThatName) {
  auto service = with({});
  service.source_ranges = {"10.0.0.0"};
  EXPECT_EQ(to_string(asked(service).problems),
            "spec.loadBalancerSourceRanges: must be a CIDR (address/length), got \"10.0.0.0\"");
}

// What it asks of nodes is the Service's own matter, and nothing of its VirtualIP's.
TEST(ServiceRequest, ExternalTrafficPolicyLocalChangesNothingOfTheSpec) {
  auto service = with({});
  service.external_traffic_local = true;
  EXPECT_EQ(spec(service), spec(with({})));
}

// kubernetes.md 1, "ipMode and kube-proxy": "With Proxy, source ranges, session affinity, ... are ours to
// do".
TEST(ServiceRequest, WithDelegateAffinityAndSourceRangesAreWhoeverForwardsTo) {
  auto service = annotated("forwarding", "Delegate");
  service.client_ip_affinity = Seconds(60);
  service.source_ranges = {"10.0.0.0/8"};
  EXPECT_EQ(spec(service), spec(annotated("forwarding", "Delegate")));
  service.meta.annotations["fairlead.dev/source-ranges"] = "10.0.0.0/8";  // that only we know
  EXPECT_EQ(asked(service).value.not_yet_supported,
            std::vector<std::string>{"annotation fairlead.dev/source-ranges (with forwarding Delegate)"});
}

TEST(ServiceRequest, ForeignAnnotationsAreReadOnlyIfWanted) {
  const auto service = with({{"metallb.io/loadBalancerIPs", "192.0.2.7"},
                             {"metallb.io/address-pool", "public"},
                             {"metallb.io/allow-shared-ip", "mail"}});
  EXPECT_EQ(spec(service), spec(with({})));
  const auto out = requested_spec(service, ForeignAnnotations::kRead).value;
  EXPECT_EQ(out.addresses, std::vector{ip("192.0.2.7")});
  EXPECT_EQ(out.pool, "public");
  EXPECT_EQ(out.sharing_key, "mail");
}

TEST(ServiceRequest, OursComesBeforeMetallbsAndThatBeforeKubeVips) {
  auto service = with({{"kube-vip.io/loadbalancerIPs", "192.0.2.9"}});
  const auto first = [&] { return requested_spec(service, ForeignAnnotations::kRead).value.addresses.at(0); };
  EXPECT_EQ(first(), ip("192.0.2.9"));
  service.meta.annotations["metallb.io/loadBalancerIPs"] = "192.0.2.8";
  EXPECT_EQ(first(), ip("192.0.2.8"));
  service.meta.annotations["fairlead.dev/loadBalancerIPs"] = "192.0.2.7";
  EXPECT_EQ(first(), ip("192.0.2.7"));
}

TEST(ServiceRequest, AForeignAnnotationIsToldByItsOwnName) {
  const auto out =
      requested_spec(with({{"kube-vip.io/loadbalancerIPs", "0.0.0.0"}}), ForeignAnnotations::kRead);
  ASSERT_EQ(out.problems.size(), 1U);
  EXPECT_EQ(out.problems[0].path, "annotation kube-vip.io/loadbalancerIPs");
}

}  // namespace
}  // namespace fairlead::api

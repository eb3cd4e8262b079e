#include <gtest/gtest.h>

#include "lib/api/virtual_ip.h"

// The fields healthChecks and onUnhealthy, as a VirtualIP has them (api.md).
namespace fairlead::api {
namespace {

// A VirtualIP of one address, server and port with this beside them.
std::string with_port(const std::string& rest) {
  return R"({"metadata":{"name":"web","namespace":"shop"},"spec":{"addresses":["192.0.2.10"],)"
         R"("servers":[{"address":"192.0.2.21"}],"ports":[{"port":80}],)" +
         rest + "}}";
}

TEST(HealthChecks, AreRefusedWithPathAndWhatIsAllowed) {
  const std::pair<std::string, std::string> refused[] = {
      {with_port(R"("healthChecks":[{}])"),
       "spec.healthChecks[0]: must have exactly one of tcp, http, https, udp, dns, ping, smtp, grpc, got 0"},
      {with_port(R"("healthChecks":[{"tcp":true}])"),
       "spec.healthChecks[0].tcp: must be an object, got a boolean"},
      {with_port(R"("healthChecks":[{"tcp":{"port":81}}])"),
       "spec.healthChecks[0].tcp.port: is no field of a tcp check; intervalSeconds, timeoutSeconds, retries, "
       "retryDelaySeconds, port and sourceAddress stand beside tcp"},
      {with_port(R"("healthChecks":[{"tcp":{},"intervalSeconds":0,"timeoutSeconds":0,"retries":-1,)"
                 R"("retryDelaySeconds":-1,"port":0,"sourceAddress":"x"}])"),
       "spec.healthChecks[0].intervalSeconds: must be 1..86400, got 0; "
       "spec.healthChecks[0].timeoutSeconds: must be 1..3600, got 0; "
       "spec.healthChecks[0].retries: must be 0..100, got -1; "
       "spec.healthChecks[0].retryDelaySeconds: must be 0..3600, got -1; "
       "spec.healthChecks[0].port: must be 1..65535, got 0; "
       "spec.healthChecks[0].sourceAddress: must be an IPv4 or IPv6 address, got \"x\""},
      {with_port(R"("healthChecks":[{"tcp":{},"sourceAddress":"2001:db8::1"}])"),
       "spec.healthChecks[0].sourceAddress: must be of the family of the virtual addresses, IPv4, got "
       "\"2001:db8::1\""},
      {with_port(R"("onUnhealthy":"Ignore")"),
       "spec.onUnhealthy: must be one of Drain, Remove, got \"Ignore\""},
  };
  for (const auto& [text, problems] : refused) {
    EXPECT_EQ(to_string(decode_virtual_ip(text).problems), problems) << text;
  }
}

// api.md: absent is the computed default, "[]" written out turns it off.
TEST(HealthChecks, NoneIsAnotherThingThanNotGiven) {
  EXPECT_EQ(decode_virtual_ip(with_port(R"("scheduler":"rr")")).value.spec.health_checks, std::nullopt);
  EXPECT_EQ(decode_virtual_ip(with_port(R"("healthChecks":[])")).value.spec.health_checks,
            std::vector<HealthCheck>{});
  const auto given =
      decode_virtual_ip(with_port(R"("healthChecks":[{"tcp":{},"retries":3}],"onUnhealthy":"Remove")"));
  HealthCheck check;
  check.retries = 3;
  EXPECT_EQ(given.value.spec.health_checks, std::vector{check});
  EXPECT_EQ(given.value.spec.on_unhealthy, OnUnhealthy::kRemove);
}

TEST(CheckKind, IsSpelledAsInApiMd) {
  EXPECT_EQ(to_string(CheckKind::kTcp), "tcp");
  EXPECT_EQ(to_string(CheckKind::kGrpc), "grpc");
  EXPECT_EQ(to_string(OnUnhealthy::kDrain), "Drain");
  EXPECT_EQ(to_string(OnUnhealthy::kRemove), "Remove");
}

}  // namespace
}  // namespace fairlead::api

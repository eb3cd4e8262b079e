#include "lib/net/endpoint.h"

#include <gtest/gtest.h>

namespace fairlead::net {
namespace {

TEST(MakePort, AllowsOneTo65535) {
  EXPECT_EQ(make_port(1)->value(), 1);
  EXPECT_EQ(make_port(65535)->value(), 65535);
  EXPECT_EQ(make_port(0).error(), fail(Code::kInvalid, "port must be 1..65535, got 0"));
  EXPECT_EQ(make_port(65536).error(), fail(Code::kInvalid, "port must be 1..65535, got 65536"));
}

TEST(Protocol, IsSpelledAsInKubernetes) {
  for (const auto protocol : {Protocol::kTcp, Protocol::kUdp, Protocol::kSctp}) {
    EXPECT_EQ(*parse_protocol(to_string(protocol)), protocol);
  }
  EXPECT_EQ(parse_protocol("tcp").error().message, "protocol must be TCP, UDP or SCTP, got \"tcp\"");
}

TEST(Endpoint, IsPrintedAndReadWithBracketsAroundIPv6Only) {
  for (const auto* text : {"192.0.2.1:80", "[2001:db8::1]:65535"}) {
    const auto endpoint = parse_endpoint(text);
    ASSERT_TRUE(endpoint.has_value()) << text;
    EXPECT_EQ(to_string(*endpoint), text);
  }
}

TEST(Endpoint, RefusesEverythingElse) {
  for (const auto* text : {"", "192.0.2.1", "192.0.2.1:", "192.0.2.1:0", "192.0.2.1:65536", "192.0.2.1:-1",
                           ":80", "2001:db8::1:80", "[2001:db8::1]", "[2001:db8::1]80", "[192.0.2.1]:80",
                           "[]:80", "host:80", "[2001:db8::1:80"}) {
    EXPECT_FALSE(parse_endpoint(text)) << text;
  }
}

TEST(MacAddress, IsPrintedInLowerCaseWithColons) {
  EXPECT_EQ(to_string(MacAddress{{0x00, 0x00, 0x5e, 0x00, 0x01, 0xff}}), "00:00:5e:00:01:ff");
}

}  // namespace
}  // namespace fairlead::net

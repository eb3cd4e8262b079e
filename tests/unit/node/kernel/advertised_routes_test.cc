#include "node/kernel/advertised_routes.h"

#include <gmock/gmock.h>

// /proc/net/ipv6_route of Linux 6.18, after one advertisement of a router and of a prefix on eth0.
namespace fairlead::kernel {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const std::string kZero(32, '0');
const std::string kMetric = "00000100 00000001 00000000 ";

std::string line(const std::string& destination, const std::string& flags, const std::string& interface) {
  return destination + " 40 " + kZero + " 00 " + kZero + " " + kMetric + flags + "      " + interface + "\n";
}

const std::string kLinkLocal = "fe800000000000000000000000000000";
const std::string kPrefix = "20010db8000500000000000000000000";

TEST(AdvertisedRoutes, AreThoseThatTheKernelTookFromARouter) {
  EXPECT_THAT(with_advertised_routes(line(kZero, "00450003", "eth0")), ElementsAre("eth0"));        // default
  EXPECT_THAT(with_advertised_routes(line(kPrefix, "004c0001", "eth1.5")), ElementsAre("eth1.5"));  // prefix
}

TEST(AdvertisedRoutes, AreNotThoseOfAddressesAndOfPeople) {
  const std::string routes = line(kLinkLocal, "00000001", "eth0") + line(kPrefix, "80200001", "eth0") +
                             line(kZero, "00000003", "eth0") + line(kZero, "00200200", "lo");
  EXPECT_THAT(with_advertised_routes(routes), IsEmpty());
}

TEST(AdvertisedRoutes, EachInterfaceIsNamedOnce) {
  EXPECT_THAT(with_advertised_routes(line(kZero, "00450003", "eth1") + line(kLinkLocal, "00000001", "eth2") +
                                     line(kPrefix, "004c0001", "eth1") + line(kPrefix, "004c0001", "eth0")),
              ElementsAre("eth0", "eth1"));
}

TEST(AdvertisedRoutes, LinesThatAreNotSoArePassedOver) {
  EXPECT_THAT(with_advertised_routes(""), IsEmpty());
  EXPECT_THAT(with_advertised_routes("\n\n"), IsEmpty());
  EXPECT_THAT(with_advertised_routes(line(kZero, "0045000x", "eth0")), IsEmpty());
  EXPECT_THAT(with_advertised_routes(line(kZero, "fffffffff", "eth0")), IsEmpty());
  EXPECT_THAT(with_advertised_routes(line(kZero, "00450003", "")), IsEmpty());
  EXPECT_THAT(with_advertised_routes(line(kZero, "00450003", "eth0 more")), IsEmpty());
}

}  // namespace
}  // namespace fairlead::kernel

#include "lib/reconcile/server_addresses.h"

#include <gtest/gtest.h>

namespace fairlead::reconcile {
namespace {

constexpr TimePoint kStart{Seconds(1000)};
const net::IpAddress kFirst = net::IpAddress::v4({192, 0, 2, 1});
const net::IpAddress kSecond = net::IpAddress::v4({192, 0, 2, 2});
const net::IpAddress kThird = net::IpAddress::v4({192, 0, 2, 3});

ServerAddresses resolved_to(std::vector<net::IpAddress> addresses) {
  ServerAddresses out{std::nullopt};
  out.found(std::move(addresses), kStart);
  return out;
}

TEST(ServerAddressesK13, AnAddressIsUsedAsItIsAndNeverResolved) {
  ServerAddresses server{kFirst};
  EXPECT_EQ(server.current(), kFirst);
  EXPECT_EQ(server.count(), 1U);
  EXPECT_FALSE(server.due(kStart));
  server.failed(kFirst);
  EXPECT_EQ(server.current(), kFirst);
  EXPECT_FALSE(server.due(kStart));
}

TEST(ServerAddressesK13, ANameHasNoAddressBeforeItIsResolved) {
  ServerAddresses server{std::nullopt};
  EXPECT_EQ(server.current(), std::nullopt);
  EXPECT_EQ(server.count(), 0U);
  EXPECT_TRUE(server.due(kStart));
  server.found({kSecond, kFirst}, kStart);
  EXPECT_EQ(server.current(), kSecond) << "the resolver's order counts";
  EXPECT_EQ(server.count(), 2U);
}

TEST(ServerAddressesK13, IsResolvedAgainAfter30Seconds) {
  const auto server = resolved_to({kFirst});
  EXPECT_FALSE(server.due(kStart + Seconds(30) - Microseconds(1)));
  EXPECT_TRUE(server.due(kStart + Seconds(30)));
}

TEST(ServerAddressesK13, TheOneInUseStaysWhileTheNameHasIt) {
  auto server = resolved_to({kFirst, kSecond});
  server.found({kThird, kFirst}, kStart + Seconds(30));
  EXPECT_EQ(server.current(), kFirst);
  EXPECT_EQ(server.count(), 2U);
}

TEST(ServerAddressesK13, OneThatTheNameHasNoMoreGivesWayToTheFirst) {
  auto server = resolved_to({kFirst});
  server.found({kThird, kSecond}, kStart + Seconds(30));
  EXPECT_EQ(server.current(), kThird);
}

TEST(ServerAddressesK13, AfterAFailureTheNextHasItsTurnAndTheNameIsResolvedAgain) {
  auto server = resolved_to({kFirst, kSecond});
  server.failed(kFirst);
  EXPECT_EQ(server.current(), kSecond);
  EXPECT_TRUE(server.due(kStart));
  server.failed(kSecond);
  EXPECT_EQ(server.current(), kFirst) << "behind the last the first";
}

TEST(ServerAddressesK13, AFailureOfAnotherThanTheCurrentOneChangesNothing) {
  auto server = resolved_to({kFirst, kSecond});
  server.failed(kFirst);
  server.found({kFirst, kSecond}, kStart);
  server.failed(kFirst);  // of a connection begun before
  EXPECT_EQ(server.current(), kSecond);
  EXPECT_FALSE(server.due(kStart));
}

TEST(ServerAddressesK13, WithoutAnAnswerOfTheResolverWhatIsKnownIsUsedFurther) {
  auto server = resolved_to({kFirst});
  server.not_found(kStart + Seconds(30));
  EXPECT_EQ(server.current(), kFirst);
  EXPECT_FALSE(server.due(kStart + Seconds(59)));
  EXPECT_TRUE(server.due(kStart + Seconds(60)));
}

TEST(ServerAddressesK13, ANameThatWasNeverFoundIsResolvedAtEachTry) {
  ServerAddresses server{std::nullopt};
  server.not_found(kStart);
  EXPECT_TRUE(server.due(kStart));
}

}  // namespace
}  // namespace fairlead::reconcile

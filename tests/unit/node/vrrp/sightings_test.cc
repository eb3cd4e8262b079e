#include "node/vrrp/sightings.h"

#include <gtest/gtest.h>

namespace fairlead::vrrp {
namespace {

net::IpAddress ip(std::string_view text) { return *net::parse_address(text); }

const TimePoint t0{Seconds(1000)};
constexpr Seconds kLong{10};
const net::IpAddress kOne = ip("192.0.2.8");
const net::IpAddress kOther = ip("192.0.2.9");

TEST(Sightings, AreToldOnceAndRememberedUntilTheSenderWasSilentForLongEnough) {
  Sightings sightings;
  EXPECT_TRUE(sightings.note(Oddity::kStranger, kOne, t0, kLong));
  EXPECT_FALSE(sightings.note(Oddity::kStranger, kOne, t0 + Seconds(9), kLong));
  EXPECT_EQ(sightings.next_forgotten(), t0 + Seconds(19));
  sightings.forget(t0 + Seconds(19) - Microseconds(1));
  EXPECT_EQ(sightings.sender_of(Oddity::kStranger), kOne);
  sightings.forget(t0 + Seconds(19));
  EXPECT_EQ(sightings.sender_of(Oddity::kStranger), std::nullopt);
  EXPECT_EQ(sightings.next_forgotten(), std::nullopt);
  EXPECT_TRUE(sightings.note(Oddity::kStranger, kOne, t0 + Seconds(20), kLong));
}

// A flood of made-up senders writes no line and changes no condition.
TEST(Sightings, AnotherSenderTakesThePlaceOnlyOfOneWhoFellSilent) {
  Sightings sightings;
  EXPECT_TRUE(sightings.note(RejectReason::kChecksum, kOne, t0, kLong));
  EXPECT_FALSE(sightings.note(RejectReason::kChecksum, kOther, t0 + Seconds(9), kLong));
  EXPECT_EQ(sightings.sender_of(RejectReason::kChecksum), kOne);
  EXPECT_TRUE(sightings.note(RejectReason::kChecksum, kOther, t0 + Seconds(10), kLong));
  EXPECT_EQ(sightings.sender_of(RejectReason::kChecksum), kOther);
}

TEST(Sightings, OwnAddressIsWorthTellingTheThirdTimeAndPriorityZeroTheFifth) {
  for (const auto& [what, times] : {std::pair{Oddity::kOwnAddress, 3}, std::pair{Oddity::kPriorityZero, 5}}) {
    Sightings sightings;
    for (int i = 1; i < times; ++i) EXPECT_FALSE(sightings.note(what, kOne, t0 + Seconds(i), kLong)) << i;
    EXPECT_EQ(sightings.sender_of(what), std::nullopt);
    EXPECT_TRUE(sightings.note(what, kOne, t0 + Seconds(times), kLong));
    EXPECT_EQ(sightings.sender_of(what), kOne);
    EXPECT_FALSE(sightings.note(what, kOne, t0 + Seconds(times + 1), kLong));
  }
}

TEST(Sightings, NowAndThenIsNotOverAndOver) {
  Sightings sightings;
  for (int i = 0; i < 20; ++i)
    EXPECT_FALSE(sightings.note(Oddity::kPriorityZero, kOne, t0 + i * kLong, kLong));
}

// vrrp.md 1.11: members follow a change of plan one after the other, and that is nothing to tell.
TEST(Sightings, WhatAChangeOfPlanBringsIsWorthTellingOnceItLasts) {
  for (const Oddity what : {Oddity::kAddresses, Oddity::kAddressOrder, Oddity::kInterval}) {
    Sightings sightings;
    for (int i = 0; i < 10; ++i) EXPECT_FALSE(sightings.note(what, kOne, t0 + Seconds(i), kLong)) << i;
    EXPECT_EQ(sightings.sender_of(what), std::nullopt);
    EXPECT_TRUE(sightings.note(what, kOne, t0 + Sightings::kLasting, kLong));
    EXPECT_EQ(sightings.sender_of(what), kOne);
    EXPECT_FALSE(sightings.note(what, kOne, t0 + Sightings::kLasting + Seconds(1), kLong));
  }
}

TEST(Sightings, WhatIsOverBeginsAnew) {
  Sightings sightings;
  for (int i = 0; i <= 9; ++i) EXPECT_FALSE(sightings.note(Oddity::kAddresses, kOne, t0 + Seconds(i), kLong));
  sightings.over(Oddity::kAddresses, kOther);  // he never did it
  EXPECT_TRUE(sightings.note(Oddity::kAddresses, kOne, t0 + Seconds(10), kLong));
  sightings.over(Oddity::kAddresses, kOne);
  EXPECT_EQ(sightings.sender_of(Oddity::kAddresses), std::nullopt);
  EXPECT_EQ(sightings.next_forgotten(), std::nullopt);
  EXPECT_FALSE(sightings.note(Oddity::kAddresses, kOne, t0 + Seconds(11), kLong));
}

TEST(Sightings, RefusalsAreListedApartFromOddities) {
  Sightings sightings;
  sightings.note(Oddity::kStranger, kOne, t0, kLong);
  sightings.note(RejectReason::kInterval, kOther, t0, kLong);
  sightings.note(RejectReason::kVersion, kOne, t0, kLong);
  EXPECT_EQ(sightings.refusals(), (std::vector<std::pair<RejectReason, net::IpAddress>>{
                                      {RejectReason::kVersion, kOne}, {RejectReason::kInterval, kOther}}));
}

TEST(ListsAnyOf, OneAddressInCommonIsEnough) {
  const std::set<net::IpAddress> ours{ip("192.0.2.100"), ip("192.0.2.101")};
  EXPECT_TRUE(lists_any_of({ip("192.0.2.7"), ip("192.0.2.101")}, ours));
  EXPECT_FALSE(lists_any_of({ip("192.0.2.7"), ip("192.0.2.102")}, ours));
}

// The default link-local address of a virtual router follows from its VRID (vrrp.md, VR-017).
TEST(ListsAnyOf, ALinkLocalAddressInCommonIsNoneWhereThereAreOthers) {
  const auto virtual_link_local = ip("fe80::5eff:fe00:233");
  const std::set<net::IpAddress> ours{virtual_link_local, ip("2001:db8::100")};
  EXPECT_FALSE(lists_any_of({virtual_link_local, ip("2001:db8::200")}, ours));
  EXPECT_TRUE(lists_any_of({virtual_link_local, ip("2001:db8::100")}, ours));
  EXPECT_TRUE(lists_any_of({virtual_link_local}, ours));
  EXPECT_TRUE(lists_any_of({virtual_link_local, ip("2001:db8::200")}, {virtual_link_local}));
}

}  // namespace
}  // namespace fairlead::vrrp

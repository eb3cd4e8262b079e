#include "node/filter/guard.h"

#include <gtest/gtest.h>

#include "unit/node/filter/guard_builders.h"

// datapath.md 5: what the table inet fairlead lets through, as a value.
namespace fairlead::filter {
namespace {

using testing::dns;
using testing::guard;
using testing::key;
using testing::six;
using testing::web;

TEST(Guard, TheFloatingAddressOfAVipIsTheVipItself) {
  const Guard value = guard({web(), dns(), six()});
  EXPECT_EQ(value.floating, (std::map<net::IpAddress, net::IpAddress>{{web().address, web().address},
                                                                      {dns().address, dns().address},
                                                                      {six().address, six().address}}));
  EXPECT_EQ(value.ports, (std::set<plan::VirtualServerKey>{web(), dns(), six()}));
}

TEST(Guard, OfNoVirtualServersIsEmpty) {
  EXPECT_TRUE(guard({}).empty());
  EXPECT_FALSE(guard({web()}).empty());
}

TEST(Guard, CoversServedPortsAndNoOthers) {
  const Guard value = guard({web()});
  EXPECT_TRUE(covers(value, web(), {Route::kMasqueraded}));
  EXPECT_FALSE(covers(value, key("192.0.2.100", 81, net::Protocol::kTcp), {Route::kMasqueraded}));
  EXPECT_FALSE(covers(value, key("192.0.2.100", 80, net::Protocol::kUdp), {Route::kMasqueraded}));
  EXPECT_FALSE(covers(value, dns(), {Route::kMasqueraded}));
}

TEST(Guard, CoversTheRouteThatItHas) {
  const Guard value = filter::guard({{web(), {Route::kDirect}}, {dns(), {Route::kMasqueraded}}});
  EXPECT_TRUE(covers(value, web(), {Route::kDirect}));
  EXPECT_FALSE(covers(value, web(), {Route::kMasqueraded}));
  EXPECT_TRUE(covers(value, dns(), {Route::kMasqueraded}));
  EXPECT_FALSE(covers(value, dns(), {Route::kDirect}));
}

// datapath.md 5: in force before the service exists, and never other clients than now.
TEST(Guard, CoversTheClientsThatItHasAndNoOthers) {
  const Clients ours{*net::parse_prefix("10.0.0.0/8")};
  const Clients others{*net::parse_prefix("10.0.0.0/9")};
  const Guard value = filter::guard({{web(), {Route::kMasqueraded, ours}}, {dns(), {}}});
  EXPECT_EQ(value.limited, (std::map<plan::VirtualServerKey, Clients>{{web(), ours}}));
  EXPECT_EQ(clients_of(value, web()), ours);
  EXPECT_EQ(clients_of(value, dns()), std::nullopt);
  EXPECT_TRUE(covers(value, web(), {Route::kMasqueraded, ours}));
  EXPECT_FALSE(covers(value, web(), {Route::kMasqueraded, others}));
  EXPECT_FALSE(covers(value, web(), {Route::kMasqueraded, Clients{}}));
  EXPECT_FALSE(covers(value, web(), {Route::kMasqueraded}));
  EXPECT_TRUE(covers(value, dns(), {}));
  EXPECT_FALSE(covers(value, dns(), {Route::kMasqueraded, Clients{}}));
}

}  // namespace
}  // namespace fairlead::filter

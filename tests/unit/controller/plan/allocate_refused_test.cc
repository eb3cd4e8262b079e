#include <gtest/gtest.h>

#include "unit/controller/plan/allocating.h"

// A VirtualIP gets all of its addresses or none; what it does not get is whoever's comes next.
namespace fairlead::controller {
namespace {

using namespace testing;

const std::vector<net::Family> kFamilies{net::Family::kIPv4, net::Family::kIPv6};

// Each pool has one address, and `holder` has that of IPv6.
Inputs with_two_addresses() {
  Inputs inputs = three_nodes();
  inputs.pools.clear();
  put(inputs.pools, pool("four", "192.0.2.100/32"));
  put(inputs.pools, pool("six", "2001:db8::1/128"));
  auto holder = vip("holder", "2001:db8::1");
  holder.spec.forwarding = api::Forwarding::kDelegate;
  put_claimed(inputs, holder);
  return inputs;
}
api::VirtualIP asking(const std::string& name, const std::vector<std::string>& addresses, int second) {
  auto out = open_vip(name, second);
  out.spec.forwarding = api::Forwarding::kDelegate;
  for (const auto& address : addresses) out.spec.addresses.push_back(ip(address));
  return out;
}
// It names no address, and wants one of each family.
api::VirtualIP wanting_both(const std::string& name, int second) {
  auto out = asking(name, {}, second);
  out.spec.ip_families = kFamilies;
  return out;
}
std::string told(const Inputs& inputs, const std::string& name) {
  const auto no = refusal_in(desired(inputs), name);
  return no ? no->message : "";
}
const std::string kHeld = "2001:db8::1 is held by VirtualIP shop/holder";
const std::vector<std::string> kFour{"192.0.2.100"};

TEST(Refused, WhoComesNextIsGivenWhatItNamedInVain) {
  Inputs inputs = with_two_addresses();
  put(inputs.virtual_ips, asking("old", {"192.0.2.100", "2001:db8::1"}, 10));
  put(inputs.virtual_ips, asking("young", kFour, 20));
  EXPECT_EQ(told(inputs, "old"), kHeld);
  EXPECT_EQ(told(inputs, "young"), "");
  EXPECT_EQ(addresses_in(desired(inputs)).at("young"), kFour);
}

// Who is refused in vain frees something for the next, and so on.
TEST(Refused, WhoIsRefusedHoldsUpNobodyFurtherOn) {
  Inputs inputs = with_two_addresses();
  put(inputs.pools, pool("more", "2001:db8::2/128"));
  put(inputs.virtual_ips, asking("a", {"192.0.2.100", "2001:db8::1"}, 10));
  put(inputs.virtual_ips, asking("b", {"192.0.2.100", "2001:db8::2"}, 20));
  put(inputs.virtual_ips, asking("c", {"2001:db8::2"}, 30));
  EXPECT_EQ(addresses_in(desired(inputs)).at("b"), (std::vector<std::string>{"192.0.2.100", "2001:db8::2"}));
  EXPECT_EQ(told(inputs, "a"), kHeld);
  EXPECT_EQ(told(inputs, "c"), "2001:db8::2 is held by VirtualIP shop/b");
}

TEST(Refused, ThePoolsLastAddressIsGivenToWhoComesNext) {
  for (const bool names : {true, false}) {
    Inputs inputs = with_two_addresses();
    put(inputs.virtual_ips,
        names ? asking("old", {"192.0.2.100", "2001:db8::1"}, 10) : wanting_both("old", 10));
    put(inputs.virtual_ips, asking("young", {}, 20));
    EXPECT_EQ(told(inputs, "old"), names ? kHeld : "no IPv6 address is left in AddressPool six");
    EXPECT_EQ(told(inputs, "young"), "") << names;
    EXPECT_EQ(addresses_in(desired(inputs)).at("young"), kFour) << names;
  }
}

// One that it shows already is no exception.
TEST(Refused, WhatItsServiceShowsIsGivenToWhoComesNext) {
  Inputs inputs = with_two_addresses();
  auto of_web = service("web", "");
  of_web.ingress = {{"192.0.2.100", "VIP"}};
  put(inputs.services, of_web);
  auto web = wanting_both("web", 10);
  web.spec.service = "web";
  web.spec.servers.clear();
  web.spec.ports.clear();
  web.meta.owner_references.push_back({"v1", "Service", "web", "uid-web", true});
  put(inputs.virtual_ips, web);
  put(inputs.virtual_ips, asking("young", {}, 20));
  EXPECT_EQ(told(inputs, "web"), "no IPv6 address is left in AddressPool six");
  EXPECT_EQ(addresses_in(desired(inputs)).at("young"), kFour);
}

// What it has it keeps, and so it is told.
TEST(Refused, WhatItHasIsNobodyElses) {
  Inputs inputs = with_two_addresses();
  put(inputs.virtual_ips, asking("old", {"192.0.2.100", "2001:db8::1"}, 10));
  put(inputs.claims, claim_for("192.0.2.100", "old"));
  put(inputs.virtual_ips, asking("young", kFour, 20));
  EXPECT_EQ(told(inputs, "old"), kHeld);
  EXPECT_EQ(told(inputs, "young"), "192.0.2.100 is held by VirtualIP shop/old");
}

}  // namespace
}  // namespace fairlead::controller

#include "controller/plan/pools.h"

#include <gtest/gtest.h>

#include <random>

#include "unit/controller/builders.h"

// api.md, AddressPool.
namespace fairlead::controller {
namespace {

using namespace testing;

TEST(Pools, OfTwoThatOverlapTheYoungerIsRefused) {
  Inputs inputs;
  put(inputs.pools, pool("a", "192.0.2.0/24"));
  auto younger = pool("b", "192.0.2.128-192.0.2.200");
  younger.meta.creation_timestamp = WallTime(Seconds(60));
  put(inputs.pools, younger);
  const auto refused = refused_pools(inputs);
  ASSERT_EQ(refused.size(), 1U);
  EXPECT_EQ(refused.at("b").reason, Reason::kOverlap);
  EXPECT_NE(refused.at("b").message.find("older pool a"), std::string::npos);
}

TEST(Pools, TheOlderAreOverlappedByTheYounger) {
  Inputs inputs;
  put(inputs.pools, pool("a", "192.0.2.0/26"));
  put(inputs.pools, pool("b", "192.0.2.64/26"));
  EXPECT_TRUE(overlapped_pools(inputs).empty());
  put(inputs.pools, pool("c", "192.0.2.32-192.0.2.80"));  // of the same age, and the greatest UID
  const std::map<std::string, std::set<std::string>> wanted{{"a", {"c"}}, {"b", {"c"}}};
  EXPECT_EQ(overlapped_pools(inputs), wanted);
}

// Every two of them are compared, one by one.
TEST(Pools, WhichOverlapIsFoundAsByLookingAtEveryTwo) {
  std::mt19937 random(1);
  int refused_ever = 0;
  for (int turn = 0; turn < 300; ++turn) {
    Inputs inputs;
    for (int i = 0; i < 6; ++i) {
      auto one = pool("p" + std::to_string(i), "192.0.2.1");
      one.meta.creation_timestamp = WallTime(Seconds(random() % 100));
      one.spec.addresses.clear();
      for (unsigned ranges = 1 + random() % 3; ranges > 0; --ranges) {
        const unsigned first = random() % 60;
        const std::string net = random() % 4 == 0 ? "2001:db8::" : "192.0.2.";
        one.spec.addresses.push_back(*net::parse_range(net + std::to_string(first) + "-" + net +
                                                       std::to_string(first + random() % 5)));
      }
      put(inputs.pools, one);
    }
    const auto refused = refused_pools(inputs);
    for (const auto& [key, one] : inputs.pools) {
      bool wanted = false;
      for (const auto& [other_key, other] : inputs.pools) {
        if (!older(other.meta, one.meta)) continue;
        for (const auto& a : one.spec.addresses) {
          for (const auto& b : other.spec.addresses)
            wanted = wanted || (a.first.family() == b.first.family() && a.overlaps(b));
        }
      }
      ASSERT_EQ(refused.contains(key.name), wanted) << "turn " << turn << ", " << key.name;
      refused_ever += wanted ? 1 : 0;
    }
  }
  EXPECT_GT(refused_ever, 100);
}

TEST(Pools, PoolsSideBySideAreAccepted) {
  Inputs inputs;
  put(inputs.pools, pool("a", "192.0.2.0/25"));
  put(inputs.pools, pool("b", "192.0.2.128/25"));
  EXPECT_TRUE(refused_pools(inputs).empty());
}

TEST(Pools, AnUnreadablePoolIsRefusedAndHarmsNoOther) {
  Inputs inputs;
  put(inputs.pools, pool("a", "192.0.2.0/24"));
  inputs.poisoned_pools.insert({{"", "bad"}, {meta("bad", ""), {{"spec.addresses", "required"}}}});
  EXPECT_EQ(refused_pools(inputs).at("bad").reason, Reason::kInvalidSpec);
  EXPECT_EQ(pool_for(inputs, refused_pools(inputs), ip("192.0.2.1"), "", {}).pool->meta.name, "a");
}

TEST(Pools, AnAddressFindsItsPool) {
  Inputs inputs;
  put(inputs.pools, pool("a", "192.0.2.0/25"));
  put(inputs.pools, pool("b", "192.0.2.128/25"));
  EXPECT_EQ(pool_for(inputs, {}, ip("192.0.2.200"), "", {}).pool->meta.name, "b");
  EXPECT_EQ(pool_for(inputs, {}, ip("192.0.2.200"), "b", {}).pool->meta.name, "b");
}

TEST(Pools, EveryNoHasItsReason) {
  Inputs inputs;
  put(inputs.pools, pool("a", "192.0.2.0/25"));
  EXPECT_EQ(pool_for(inputs, {}, ip("198.51.100.1"), "", {}).refusal->reason, Reason::kOutsidePool);
  EXPECT_EQ(pool_for(inputs, {}, ip("198.51.100.1"), "a", {}).refusal->reason, Reason::kOutsidePool);
  EXPECT_EQ(pool_for(inputs, {}, ip("192.0.2.1"), "absent", {}).refusal->reason, Reason::kPoolNotFound);
  const std::map<std::string, Refusal> refused{{"a", {Reason::kOverlap, ""}}};
  EXPECT_EQ(pool_for(inputs, refused, ip("192.0.2.1"), "a", {}).refusal->reason, Reason::kNotAdmitted);
  EXPECT_EQ(pool_for(inputs, refused, ip("192.0.2.1"), "", {}).refusal->reason, Reason::kOutsidePool);
}

TEST(Pools, StatusHasTheExactCoverAndCountsWhatIsUsed) {
  const auto status = pool_numbers(pool("a", "192.0.2.96-192.0.2.104"), {ip("192.0.2.100"), ip("192.0.2.1")},
                                   ReservedAddresses({}));
  EXPECT_EQ(status.cidrs, (std::vector<std::string>{"192.0.2.96/29", "192.0.2.104/32"}));
  EXPECT_EQ(status.assigned_ipv4, 1);
  EXPECT_EQ(status.available_ipv4, 8);
  EXPECT_EQ(status.available_ipv6, 0);
}

TEST(Pools, AvailableSaturates) {
  EXPECT_EQ(pool_numbers(pool("a", "2001:db8::/32"), {}, ReservedAddresses({})).available_ipv6,
            std::int64_t{1} << 53);
}

// One family may be used up while the other is not.
TEST(Pools, ExhaustionIsToldByFamily) {
  auto both = pool("a", "192.0.2.96-192.0.2.97");
  both.spec.addresses.push_back(*net::parse_range("2001:db8::/127"));
  const ReservedAddresses none({});
  const auto told = [&](const api::AddressPool& of, const std::vector<std::string>& used) {
    std::set<net::IpAddress> taken;
    for (const auto& address : used) taken.insert(ip(address));
    return exhaustion(of, pool_numbers(of, taken, none));
  };
  EXPECT_EQ(told(both, {"192.0.2.96", "2001:db8::"}), "");
  EXPECT_EQ(told(both, {"192.0.2.96", "192.0.2.97"}), "no IPv4 address is left");
  EXPECT_EQ(told(both, {"2001:db8::", "2001:db8::1"}), "no IPv6 address is left");
  EXPECT_EQ(told(both, {"192.0.2.96", "192.0.2.97", "2001:db8::", "2001:db8::1"}), "no address is left");
  EXPECT_EQ(told(pool("four", "192.0.2.96/32"), {}), "");
  EXPECT_EQ(told(pool("four", "192.0.2.96/32"), {"192.0.2.96"}), "no address is left");
}

// What allocate() passes by.
TEST(Pools, WhatIsReservedIsNotAvailable) {
  Inputs inputs = three_nodes();  // 192.0.2.1, .2 and .3 in 192.0.2.0/24, and .0 is the network's own
  inputs.nodes.begin()->second.pod_cidrs = {"192.0.2.8/29", "192.0.2.12/32", "2001:db8::/64"};
  const ReservedAddresses reserved(inputs);
  const auto count = [&](const std::string& range) {
    return pool_numbers(pool("a", range), {ip("192.0.2.2"), ip("192.0.2.20")}, reserved);
  };
  EXPECT_EQ(count("192.0.2.0/27").available_ipv4, 32 - 1 - 3 - 8 - 1);
  EXPECT_EQ(count("192.0.2.0/27").assigned_ipv4, 2);
  EXPECT_EQ(count("192.0.2.3-192.0.2.9").available_ipv4, 4);
  EXPECT_EQ(count("192.0.2.12-192.0.2.16").available_ipv4, 1);
  EXPECT_EQ(count("192.0.2.9-192.0.2.10").available_ipv4, 0);
  EXPECT_EQ(count("127.0.0.0/8").available_ipv4, 0);
  EXPECT_EQ(count("255.255.255.254/31").available_ipv4, 1);
  EXPECT_EQ(count("2001:db8::/63").available_ipv6, std::int64_t{1} << 53);  // the other half
  auto careful = pool("a", "192.0.2.0/27");
  careful.spec.avoid_buggy_ips = true;
  EXPECT_EQ(pool_numbers(careful, {}, reserved).available_ipv4, 32 - 1 - 3 - 8);
}

// MetalLB, avoidBuggyIPs.
TEST(Pools, BuggyAddressesAreNotAvailableWhereTheyAreAvoided) {
  for (const auto& [range, count] : std::vector<std::pair<std::string, int>>{{"192.0.2.0/24", 254},
                                                                             {"192.0.2.0/25", 127},
                                                                             {"192.0.2.1-192.0.2.254", 254},
                                                                             {"192.0.2.255-192.0.3.0", 0},
                                                                             {"10.0.0.0/16", 65536 - 512},
                                                                             {"0.0.0.1-0.0.0.254", 254}}) {
    auto object = pool("a", range);
    object.spec.avoid_buggy_ips = true;
    EXPECT_EQ(pool_numbers(object, {}, ReservedAddresses({})).available_ipv4, count) << range;
  }
}

TEST(Pools, ABuggyAddressThatIsSomebodysAlreadyCountsAsAssigned) {
  auto object = pool("a", "192.0.2.0/24");
  object.spec.avoid_buggy_ips = true;
  const auto status = pool_numbers(object, {ip("192.0.2.0"), ip("192.0.2.1")}, ReservedAddresses({}));
  EXPECT_EQ(status.assigned_ipv4, 2);
  EXPECT_EQ(status.available_ipv4, 253);
}

TEST(Pools, ABuggyAddressIsRefusedByNameToo) {
  Inputs inputs;
  auto object = pool("a", "192.0.2.0/24");
  object.spec.avoid_buggy_ips = true;
  put(inputs.pools, object);
  const auto no = pool_for(inputs, {}, ip("192.0.2.255"), "", {}).refusal;
  ASSERT_TRUE(no);
  EXPECT_EQ(no->reason, Reason::kOutsidePool);
  EXPECT_EQ(no->message, "AddressPool a does not give away 192.0.2.255 (avoidBuggyIPs)");
  EXPECT_FALSE(pool_for(inputs, {}, ip("192.0.2.254"), "", {}).refusal);
}

// MetalLB, serviceAllocation.
api::LabelSelector label(const std::string& key, const std::string& value) {
  return {{{key, api::LabelOperator::kIn, {value}}}};
}

TEST(Admission, APoolWithoutListsIsForEverybody) { EXPECT_TRUE(admits(pool("a", "192.0.2.0/24"), {})); }

TEST(Admission, ByNamespacesOrByTheirLabels) {
  auto object = pool("a", "192.0.2.0/24");
  object.spec.service_allocation.namespaces = {"shop"};
  EXPECT_TRUE(admits(object, {"shop", {}, {}}));
  EXPECT_FALSE(admits(object, {"bank", {{"tier", "public"}}, {}}));
  object.spec.service_allocation.namespace_selectors = {label("tier", "public")};
  EXPECT_TRUE(admits(object, {"shop", {}, {}}));
  EXPECT_TRUE(admits(object, {"bank", {{"tier", "public"}}, {}}));
  EXPECT_FALSE(admits(object, {"bank", {{"tier", "inner"}}, {}}));
}

TEST(Admission, ByLabelsOfWhoAsksBesides) {
  auto object = pool("a", "192.0.2.0/24");
  object.spec.service_allocation.service_selectors = {label("app", "web"), label("app", "api")};
  EXPECT_TRUE(admits(object, {"shop", {}, {{"app", "api"}}}));
  EXPECT_FALSE(admits(object, {"shop", {}, {{"app", "db"}}}));
  object.spec.service_allocation.namespaces = {"bank"};
  EXPECT_FALSE(admits(object, {"shop", {}, {{"app", "api"}}}));
}

TEST(Admission, TheLabelsAreThoseOfTheServiceThatIsNamed) {
  Inputs inputs;
  auto named = service("web", "");
  named.meta.labels = {{"app", "web"}};
  put(inputs.services, named);
  api::Namespace home;
  home.meta = meta("shop", "");
  home.meta.labels = {{"tier", "public"}};
  put(inputs.namespaces, home);
  auto object = vip("other", "192.0.2.1");
  object.meta.labels = {{"app", "own"}};
  EXPECT_EQ(asker_of(inputs, object).labels, object.meta.labels);
  EXPECT_EQ(asker_of(inputs, object).namespace_labels, home.meta.labels);
  object.spec.service = "web";
  EXPECT_EQ(asker_of(inputs, object).labels, named.meta.labels);
  object.spec.service = "absent";
  EXPECT_TRUE(asker_of(inputs, object).labels.empty());
}

TEST(Admission, AnAddressOfAPoolThatKeepsOneOutIsNotGivenByNameEither) {
  Inputs inputs;
  auto object = pool("a", "192.0.2.0/24");
  object.spec.service_allocation.namespaces = {"bank"};
  put(inputs.pools, object);
  for (const std::string wanted : {"", "a"}) {
    const auto no = pool_for(inputs, {}, ip("192.0.2.1"), wanted, {"shop", {}, {}}).refusal;
    ASSERT_TRUE(no);
    EXPECT_EQ(no->reason, Reason::kNotAdmitted);
    EXPECT_EQ(no->message, "AddressPool a does not admit namespace shop (serviceAllocation.namespaces)");
  }
}

std::vector<std::string> names(const PoolList& list) {
  std::vector<std::string> out;
  for (const auto* one : list.pools) out.push_back(one->meta.name);
  return out;
}

// kubernetes.md 1: lowest number first, 0 or unset last.
TEST(PoolsFor, ByPriorityThenByName) {
  Inputs inputs;
  int third = 1;
  for (const auto& [name, priority] :
       std::vector<std::pair<std::string, int>>{{"a", 0}, {"b", 20}, {"c", 10}, {"d", 20}}) {
    auto object = pool(name, "192.0." + std::to_string(third++) + ".0/24");
    object.spec.service_allocation.priority = priority;
    put(inputs.pools, object);
  }
  EXPECT_EQ(names(pools_for(inputs, {}, net::Family::kIPv4, "", {})),
            (std::vector<std::string>{"c", "b", "d", "a"}));
  EXPECT_EQ(names(pools_for(inputs, {}, net::Family::kIPv4, "d", {})), std::vector<std::string>{"d"});
}

TEST(PoolsFor, OneThatDoesNotAssignByItselfIsForThoseWhoNameIt) {
  Inputs inputs;
  auto object = pool("a", "192.0.2.0/24");
  object.spec.auto_assign = false;
  put(inputs.pools, object);
  EXPECT_EQ(names(pools_for(inputs, {}, net::Family::kIPv4, "a", {})), std::vector<std::string>{"a"});
  EXPECT_EQ(pools_for(inputs, {}, net::Family::kIPv4, "", {}).refusal->reason, Reason::kNotAdmitted);
  EXPECT_FALSE(pool_for(inputs, {}, ip("192.0.2.1"), "", {}).refusal);  // by address, too
}

TEST(PoolsFor, EveryNoHasItsReason) {
  Inputs inputs;
  const auto reason = [&](const std::string& wanted, const std::map<std::string, Refusal>& refused) {
    return pools_for(inputs, refused, net::Family::kIPv6, wanted, {"shop", {}, {}}).refusal->reason;
  };
  EXPECT_EQ(reason("", {}), Reason::kPoolNotFound);
  EXPECT_EQ(reason("a", {}), Reason::kPoolNotFound);
  put(inputs.pools, pool("a", "192.0.2.0/24"));
  EXPECT_EQ(reason("", {}), Reason::kNotAdmitted);
  EXPECT_EQ(reason("a", {}), Reason::kOutsidePool);
  EXPECT_EQ(reason("a", {{"a", {Reason::kOverlap, ""}}}), Reason::kNotAdmitted);
  inputs.pools.at({"", "a"}).spec.service_allocation.namespaces = {"bank"};
  EXPECT_EQ(reason("a", {}), Reason::kNotAdmitted);
}

}  // namespace
}  // namespace fairlead::controller

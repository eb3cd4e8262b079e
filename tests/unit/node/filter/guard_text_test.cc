#include "node/filter/guard_text.h"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <set>
#include <sstream>
#include <string>

#include "unit/node/filter/guard_builders.h"

// datapath.md 5: the table inet fairlead as text.
namespace fairlead::filter {
namespace {

using testing::dns;
using testing::guard;
using testing::key;
using testing::six;
using testing::web;

const char* const kStructure = R"(table inet fairlead
delete table inet fairlead
table inet fairlead {
  counter denied4 { }
  counter denied6 { }
  counter closed4 { }
  counter closed6 { }
  set vip4 { type ipv4_addr; }
  set vip6 { type ipv6_addr; }
  set nat4 { type ipv4_addr; }
  set nat6 { type ipv6_addr; }
  set port4 { type ipv4_addr . inet_proto . inet_service; }
  set port6 { type ipv6_addr . inet_proto . inet_service; }
  set limited4 { type ipv4_addr . inet_proto . inet_service; }
  set limited6 { type ipv6_addr . inet_proto . inet_service; }
  set allow4 { type ipv4_addr . inet_proto . inet_service . ipv4_addr; flags interval; }
  set allow6 { type ipv6_addr . inet_proto . inet_service . ipv6_addr; flags interval; }
  map float4 { type ipv4_addr : ipv4_addr; }
  map float6 { type ipv6_addr : ipv6_addr; }
  chain raw {
    type filter hook prerouting priority raw;
    ip saddr @nat4 notrack
    ip daddr @nat4 fib daddr type != local notrack
    ip6 saddr @nat6 notrack
    ip6 daddr @nat6 fib daddr type != local notrack
  }
  chain vip_in {
    type filter hook input priority filter - 10;
    ip daddr @vip4 goto vip4_in
    ip6 daddr @vip6 goto vip6_in
  }
  chain vip4_in {
    ip daddr . meta l4proto . th dport @limited4 ip daddr . meta l4proto . th dport . ip saddr != @allow4 counter name "denied4" drop
    ip daddr . meta l4proto . th dport @port4 accept
    ct state established,related accept
    icmp type { echo-request, destination-unreachable, time-exceeded, parameter-problem } accept
    tcp flags & (fin|syn|rst|ack) == syn limit rate 100/second reject with tcp reset
    counter name "closed4" drop
  }
  chain vip6_in {
    ip6 daddr . meta l4proto . th dport @limited6 ip6 daddr . meta l4proto . th dport . ip6 saddr != @allow6 counter name "denied6" drop
    ip6 daddr . meta l4proto . th dport @port6 accept
    ct state established,related accept
    icmpv6 type { echo-request, destination-unreachable, packet-too-big, time-exceeded, parameter-problem, nd-neighbor-solicit, nd-neighbor-advert } accept
    tcp flags & (fin|syn|rst|ack) == syn limit rate 100/second reject with tcp reset
    counter name "closed6" drop
  }
  chain post {
    type nat hook postrouting priority srcnat - 5;
    fib saddr type local return
    meta l4proto { tcp, udp, sctp } snat ip to ct original ip daddr map @float4
    meta l4proto { tcp, udp, sctp } snat ip6 to ct original ip6 daddr map @float6
  }
  chain self_out {
    type route hook output priority -90;
    oifname != "lo" ct original ip daddr @nat4 fib daddr type local meta mark set meta mark xor 0x10000
    oifname != "lo" ct original ip6 daddr @nat6 fib daddr type local meta mark set meta mark xor 0x10000
  }
  chain self_mark {
    type filter hook output priority -89;
    oifname != "lo" ct original ip daddr @nat4 fib daddr type local meta mark set meta mark xor 0x10000
    oifname != "lo" ct original ip6 daddr @nat6 fib daddr type local meta mark set meta mark xor 0x10000
  }
}
)";

using Names = std::array<std::string, 12>;
const Names kFour{"ipv4_addr", "ip saddr", "ip daddr", "ip to",  "vip4",    "nat4",
                  "port4",     "float4",   "limited4", "allow4", "denied4", "closed4"};
const Names kSix{"ipv6_addr", "ip6 saddr", "ip6 daddr", "ip6 to", "vip6",    "nat6",
                 "port6",     "float6",    "limited6",  "allow6", "denied6", "closed6"};

std::string with_names(std::string line, const Names& from, const Names& to) {
  for (std::size_t i = 0; i < from.size(); ++i) {
    for (auto at = line.find(from[i]); at != std::string::npos; at = line.find(from[i], at + to[i].size())) {
      line.replace(at, from[i].size(), to[i]);
    }
  }
  return line;
}

// datapath.md 5: dsr4 has part in the default deny, and in neither raw nor post: the client's address stays.
TEST(Guard, OfDirectRoutingIsTheDefaultDenyAlone) {
  const Guard value = filter::guard({{web(), {Route::kDirect}}, {six(), {Route::kDirect}}});
  EXPECT_EQ(value.direct, (std::set<net::IpAddress>{web().address, six().address}));
  EXPECT_TRUE(value.floating.empty());
  EXPECT_EQ(full_text(value), std::string(kStructure) +
                                  "add element inet fairlead port4 { 192.0.2.100 . tcp . 80 }\n"
                                  "add element inet fairlead port6 { 2001:db8::100 . tcp . 443 }\n"
                                  "add element inet fairlead vip4 { 192.0.2.100 }\n"
                                  "add element inet fairlead vip6 { 2001:db8::100 }\n");
  EXPECT_EQ(element_count(value), 4);
  EXPECT_FALSE(value.empty());
}

TEST(UpdateText, OfAnotherRouteChangesWhatNatNeedsAlone) {
  EXPECT_EQ(update_text(guard({web()}), filter::guard({{web(), {Route::kDirect}}})),
            "delete element inet fairlead float4 { 192.0.2.100 : 192.0.2.100 }\n"
            "delete element inet fairlead nat4 { 192.0.2.100 }\n");
}

TEST(FullText, ReplacesTheTableAndFillsItInOneTransaction) {
  EXPECT_EQ(full_text(guard({web(), dns()})),
            std::string(kStructure) +
                "add element inet fairlead float4 { 192.0.2.100 : 192.0.2.100, 192.0.2.101 : 192.0.2.101 }\n"
                "add element inet fairlead nat4 { 192.0.2.100, 192.0.2.101 }\n"
                "add element inet fairlead port4 { 192.0.2.100 . tcp . 80, 192.0.2.101 . udp . 53 }\n"
                "add element inet fairlead vip4 { 192.0.2.100, 192.0.2.101 }\n");
}

TEST(FullText, PutsEachAddressIntoTheSetsOfItsFamily) {
  EXPECT_EQ(full_text(guard({web(), six()})),
            std::string(kStructure) +
                "add element inet fairlead float4 { 192.0.2.100 : 192.0.2.100 }\n"
                "add element inet fairlead float6 { 2001:db8::100 : 2001:db8::100 }\n"
                "add element inet fairlead nat4 { 192.0.2.100 }\n"
                "add element inet fairlead nat6 { 2001:db8::100 }\n"
                "add element inet fairlead port4 { 192.0.2.100 . tcp . 80 }\n"
                "add element inet fairlead port6 { 2001:db8::100 . tcp . 443 }\n"
                "add element inet fairlead vip4 { 192.0.2.100 }\n"
                "add element inet fairlead vip6 { 2001:db8::100 }\n");
}

// What a rule says of one family another must say of the other; but for the messages of ICMP.
TEST(FullText, SaysTheSameOfBothFamilies) {
  std::multiset<std::string> expected;
  std::multiset<std::string> found;
  std::istringstream lines(full_text(Guard{}));
  for (std::string line; std::getline(lines, line);) {
    if (const std::string other = with_names(line, kFour, kSix); other != line) expected.insert(other);
    if (with_names(line, kSix, kFour) != line) found.insert(line);
  }
  EXPECT_EQ(expected.size(), 18U);
  EXPECT_EQ(found, expected);
}

// nft 1.0.6 refuses elements that overlap; one element a range, by which a damaged table is told (FN-33).
TEST(FullText, OfAVirtualServerWithSourceRangesHasThemAsElements) {
  const Clients four{*net::parse_prefix("10.0.0.0/8"), *net::parse_prefix("192.0.2.9/32")};
  const Guard value = filter::guard(
      {{web(), {Route::kDirect, four}}, {six(), {Route::kDirect, Clients{*net::parse_prefix("fd00::/64")}}}});
  EXPECT_EQ(full_text(value),
            std::string(kStructure) +
                "add element inet fairlead allow4 { 192.0.2.100 . tcp . 80 . 10.0.0.0/8, "
                "192.0.2.100 . tcp . 80 . 192.0.2.9/32 }\n"
                "add element inet fairlead allow6 { 2001:db8::100 . tcp . 443 . fd00::/64 }\n"
                "add element inet fairlead limited4 { 192.0.2.100 . tcp . 80 }\n"
                "add element inet fairlead limited6 { 2001:db8::100 . tcp . 443 }\n"
                "add element inet fairlead port4 { 192.0.2.100 . tcp . 80 }\n"
                "add element inet fairlead port6 { 2001:db8::100 . tcp . 443 }\n"
                "add element inet fairlead vip4 { 192.0.2.100 }\n"
                "add element inet fairlead vip6 { 2001:db8::100 }\n");
  EXPECT_EQ(element_count(value), 9);
}

TEST(FullText, OfAVirtualServerThatNobodyMayUseLimitsItToNoClients) {
  EXPECT_EQ(element_count(filter::guard({{web(), {Route::kDirect, Clients{}}}})), 3);
}

// One transaction: what is deleted and what is added come into force at once.
TEST(UpdateText, OfOtherSourceRangesChangesTheseAlone) {
  const auto with = [](const char* range) {
    return filter::guard({{web(), {Route::kMasqueraded, Clients{*net::parse_prefix(range)}}}});
  };
  EXPECT_EQ(update_text(with("10.0.0.0/8"), with("10.0.0.0/9")),
            "delete element inet fairlead allow4 { 192.0.2.100 . tcp . 80 . 10.0.0.0/8 }\n"
            "add element inet fairlead allow4 { 192.0.2.100 . tcp . 80 . 10.0.0.0/9 }\n");
  EXPECT_EQ(update_text(guard({web()}), with("10.0.0.0/8")),
            "add element inet fairlead allow4 { 192.0.2.100 . tcp . 80 . 10.0.0.0/8 }\n"
            "add element inet fairlead limited4 { 192.0.2.100 . tcp . 80 }\n");
}

TEST(FullText, OfAnEmptyGuardHasNoElements) { EXPECT_EQ(full_text(Guard{}), kStructure); }

TEST(UpdateText, OfEqualGuardsIsEmpty) { EXPECT_EQ(update_text(guard({web()}), guard({web()})), ""); }

TEST(UpdateText, OfASecondPortAddsThatElementAlone) {
  const auto tls = key("192.0.2.100", 443, net::Protocol::kTcp);
  EXPECT_EQ(update_text(guard({web()}), guard({web(), tls})),
            "add element inet fairlead port4 { 192.0.2.100 . tcp . 443 }\n");
}

TEST(UpdateText, OfAVipOfTheOtherFamilyAddsToTheSetsOfThat) {
  EXPECT_EQ(update_text(guard({web()}), guard({web(), six()})),
            "add element inet fairlead float6 { 2001:db8::100 : 2001:db8::100 }\n"
            "add element inet fairlead nat6 { 2001:db8::100 }\n"
            "add element inet fairlead port6 { 2001:db8::100 . tcp . 443 }\n"
            "add element inet fairlead vip6 { 2001:db8::100 }\n");
}

TEST(UpdateText, OfAReplacedVipDeletesThenAdds) {
  EXPECT_EQ(update_text(guard({web()}), guard({dns()})),
            "delete element inet fairlead float4 { 192.0.2.100 : 192.0.2.100 }\n"
            "delete element inet fairlead nat4 { 192.0.2.100 }\n"
            "delete element inet fairlead port4 { 192.0.2.100 . tcp . 80 }\n"
            "delete element inet fairlead vip4 { 192.0.2.100 }\n"
            "add element inet fairlead float4 { 192.0.2.101 : 192.0.2.101 }\n"
            "add element inet fairlead nat4 { 192.0.2.101 }\n"
            "add element inet fairlead port4 { 192.0.2.101 . udp . 53 }\n"
            "add element inet fairlead vip4 { 192.0.2.101 }\n");
}

TEST(UpdateText, OfAFloatingAddressStillUsedByAnotherVipKeepsIt) {
  Guard before = guard({web(), dns()});
  before.floating[dns().address] = web().address;
  Guard after = before;
  after.floating.erase(dns().address);
  EXPECT_EQ(update_text(before, after),
            "delete element inet fairlead float4 { 192.0.2.101 : 192.0.2.100 }\n"
            "delete element inet fairlead vip4 { 192.0.2.101 }\n");
}

TEST(UpdateText, NeverTouchesTheStructure) {
  EXPECT_EQ(update_text(guard({web()}), guard({dns()})).find("chain"), std::string::npos);
  EXPECT_EQ(update_text(guard({web()}), guard({dns()})).find("table"), std::string::npos);
}

TEST(RemoveText, WorksWhetherOrNotTheTableExists) {
  EXPECT_EQ(remove_text(), "table inet fairlead\ndelete table inet fairlead\n");
}

TEST(ElementCount, CountsEverySet) {
  EXPECT_EQ(element_count(Guard{}), 0);
  EXPECT_EQ(element_count(guard({web()})), 4);
  EXPECT_EQ(element_count(guard({web(), key("192.0.2.100", 443, net::Protocol::kTcp)})), 5);
  EXPECT_EQ(element_count(guard({web(), six()})), 8);
}

// The trace of a whole table must show this many rules, or it counts as damaged (FN-33).
TEST(RuleCount, IsTheNumberOfRulesInTheText) {
  int rules = 0;
  bool in_chain = false;
  std::string line;
  for (const char c : std::string(kStructure)) {
    if (c != '\n') {
      line += c;
      continue;
    }
    if (line.starts_with("  chain"))
      in_chain = true;
    else if (line.starts_with("  }"))
      in_chain = false;
    else if (in_chain && !line.starts_with("    type "))
      ++rules;
    line.clear();
  }
  EXPECT_EQ(rule_count(), rules);
}

}  // namespace
}  // namespace fairlead::filter

#include "node/filter/guard_text.h"

#include <string_view>
#include <vector>

#include "lib/base/text.h"
#include "node/filter/guard_elements.h"

namespace fairlead::filter {
namespace {

// What is dropped is counted under a name: dropped.h.
constexpr std::string_view kSets = R"(  counter denied4 { }
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
)";

constexpr std::string_view kChains = R"(  chain raw {
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
)";

std::string commands(std::string_view verb, const Elements& all) {
  std::string text;
  for (const auto& [set, list] : all) {
    if (list.empty()) continue;
    const std::vector<std::string> parts(list.begin(), list.end());
    text += std::string(verb) + " element inet fairlead " + set + " { " + join(parts, ", ") + " }\n";
  }
  return text;
}

}  // namespace

int rule_count() { return 25; }

int element_count(const Guard& guard) {
  int count = 0;
  for (const auto& [set, list] : elements(guard)) count += static_cast<int>(list.size());
  return count;
}

std::string full_text(const Guard& guard) {
  std::string text = remove_text() + "table inet fairlead {\n";
  text += kSets;
  text += kChains;
  return text + "}\n" + commands("add", elements(guard));
}

std::string update_text(const Guard& from, const Guard& to) {
  const Elements before = elements(from);
  const Elements after = elements(to);
  return commands("delete", without(before, after)) + commands("add", without(after, before));
}

std::string remove_text() { return "table inet fairlead\ndelete table inet fairlead\n"; }

}  // namespace fairlead::filter

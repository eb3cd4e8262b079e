#include "node/kernel/fence_filter_messages.h"

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netlink.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "node/kernel/fence_filter_rules.h"
#include "node/kernel/nft_objects.h"

namespace fairlead::kernel {
namespace {

using Group = filter::FenceTable::Group;
using Groups = std::map<filter::FenceKey, Group>;

constexpr std::uint32_t kMostLive = 65535;

// Ingress before everything else of nftables, egress after it.
constexpr int kIngressPriority = -300;
constexpr int kEgressPriority = 300;

// What nft(8) calls the keys and values, for `nft list` alone: six bits a part.
constexpr std::uint32_t kTypeAddress4 = 7;
constexpr std::uint32_t kTypeAddress6 = 8;
constexpr std::uint32_t kTypeGroup = 20U << 12U | 10U << 6U | 12U;  // iface_index . ether_type . inet_proto

std::string ingress_chain(int interface) { return "in_" + std::to_string(interface); }
std::string egress_chain(int interface) { return "out_" + std::to_string(interface); }

constexpr NftSet kSets[] = {
    {"vip4", 0, kTypeAddress4, 4, 0, 0, 0},
    {"vip6", 0, kTypeAddress6, 16, 0, 0, 0},
    {"live4", NFT_SET_TIMEOUT | NFT_SET_EVAL, kTypeAddress4, 4, 0, 0, kMostLive},
    {"live6", NFT_SET_TIMEOUT | NFT_SET_EVAL, kTypeAddress6, 16, 0, 0, kMostLive},
    {"beats", NFT_SET_MAP, kTypeGroup, kFenceKeySize, NFT_DATA_VERDICT, 0, 0},
    {"beating", NFT_SET_TIMEOUT | NFT_SET_EVAL, kTypeGroup, kFenceKeySize, 0, 0, kMostLive},
};

void append_interface(NftTransaction& transaction, int interface, const std::string& name) {
  const std::string in = ingress_chain(interface);
  const std::string out = egress_chain(interface);
  append_hook(transaction, kFenceTable, {in, name, NF_NETDEV_INGRESS, kIngressPriority});
  NftRule(transaction, kFenceTable, in).jump("in").end();
  append_hook(transaction, kFenceTable, {out, name, NF_NETDEV_EGRESS, kEgressPriority});
  NftRule(transaction, kFenceTable, out).jump("out").end();
}

std::vector<std::uint8_t> vector_of(std::span<const std::uint8_t> bytes) {
  return {bytes.begin(), bytes.end()};
}

// Deletions look at keys alone.
void append_beats(NftTransaction& transaction, int message, const Groups& groups) {
  NftElements elements;
  for (const auto& [key, group] : groups) {
    elements.push_back({vector_of(bytes_of(key)), {}, group_chain(key), {}});
    if (message == NFT_MSG_DELSETELEM) elements.back().chain.clear();
  }
  append_elements(transaction, kFenceTable, message, "beats", elements);
}

void append_addresses(NftTransaction& transaction, int message, const std::set<net::IpAddress>& addresses) {
  for (const auto family : {net::Family::kIPv4, net::Family::kIPv6}) {
    NftElements elements;
    for (const net::IpAddress& address : addresses) {
      if (address.family() == family) elements.push_back({vector_of(address.bytes()), {}, {}, {}});
    }
    append_elements(transaction, kFenceTable, message, vip_set(family), elements);
  }
}

// For so long these addresses may be heard, unless an advert leaves meanwhile.
using Times = std::map<net::IpAddress, Milliseconds>;
void add_times(Times& times, const std::set<net::IpAddress>& addresses, Milliseconds rest) {
  if (rest <= Milliseconds(0)) return;  // to the kernel 0 would be no time-out at all
  for (const auto& address : addresses) times[address] = std::max(times[address], rest);
}

void append_live(NftTransaction& transaction, const Times& times) {
  for (const auto family : {net::Family::kIPv4, net::Family::kIPv6}) {
    NftElements elements;
    for (const auto& [address, silent_after] : times) {
      if (address.family() == family) elements.push_back({vector_of(address.bytes()), {}, {}, silent_after});
    }
    append_elements(transaction, kFenceTable, NFT_MSG_NEWSETELEM, live_set(family), elements);
  }
}

std::set<net::IpAddress> addresses_of(const filter::FenceTable& table) {
  std::set<net::IpAddress> all;
  for (const auto& [key, group] : table.groups) all.insert(group.addresses.begin(), group.addresses.end());
  return all;
}

std::set<net::IpAddress> without(const std::set<net::IpAddress>& a, const std::set<net::IpAddress>& b) {
  std::set<net::IpAddress> rest;
  std::set_difference(a.begin(), a.end(), b.begin(), b.end(), std::inserter(rest, rest.end()));
  return rest;
}

// What is in `a` and not in `b`.
Groups without(const Groups& a, const Groups& b) {
  Groups rest;
  for (const auto& [key, group] : a) {
    if (!b.contains(key)) rest.emplace(key, group);
  }
  return rest;
}

std::map<int, std::string> changed(const std::map<int, std::string>& a, const std::map<int, std::string>& b) {
  std::map<int, std::string> rest;
  std::set_difference(a.begin(), a.end(), b.begin(), b.end(), std::inserter(rest, rest.end()));
  return rest;
}

// New chains, changed ones, and the time of addresses that are new in a group that may be beating.
void append_group_chains(NftTransaction& transaction, const Groups& from, const Groups& to,
                         Microseconds idle) {
  Times times;
  for (const auto& [key, group] : to) {
    const auto before = from.find(key);
    if (before != from.end() && before->second == group) continue;
    if (before == from.end()) {
      append_chain(transaction, kFenceTable, NFT_MSG_NEWCHAIN, group_chain(key));
    } else {
      append_chain_flush(transaction, kFenceTable, group_chain(key));
      add_times(times, without(group.addresses, before->second.addresses), filter::reopened_for(group, idle));
    }
    append_group_rules(transaction, key, group);
  }
  append_live(transaction, times);
}

}  // namespace

void append_fence(NftTransaction& transaction, const filter::FenceTable& table,
                  std::optional<Microseconds> idle) {
  append_fence_removal(transaction);
  append_table(transaction, kFenceTable, NFT_MSG_NEWTABLE);
  std::uint32_t id = 0;
  for (const NftSet& set : kSets) append_set(transaction, kFenceTable, set, ++id);
  append_chain(transaction, kFenceTable, NFT_MSG_NEWCHAIN, "in");
  append_chain(transaction, kFenceTable, NFT_MSG_NEWCHAIN, "out");
  append_ingress_rules(transaction);
  append_egress_rules(transaction);
  append_fence_changes(transaction, {}, table, Microseconds(0));
  if (!idle) return;
  NftElements elements;
  Times times;
  for (const auto& [key, group] : table.groups) {
    const Milliseconds rest = filter::reopened_for(group, *idle);
    add_times(times, group.addresses, rest);
    if (rest > Milliseconds(0)) elements.push_back({vector_of(bytes_of(key)), {}, {}, rest});
  }
  append_elements(transaction, kFenceTable, NFT_MSG_NEWSETELEM, "beating", elements);
  append_live(transaction, times);
}

// Deletions first, and users before what they use: an element before the chain it jumps to.
void append_fence_changes(NftTransaction& transaction, const filter::FenceTable& from,
                          const filter::FenceTable& to, Microseconds idle) {
  const auto before = addresses_of(from);
  const auto after = addresses_of(to);
  const Groups gone = without(from.groups, to.groups);
  append_addresses(transaction, NFT_MSG_DELSETELEM, without(before, after));
  append_beats(transaction, NFT_MSG_DELSETELEM, gone);
  for (const auto& [key, group] : gone) {
    append_chain(transaction, kFenceTable, NFT_MSG_DELCHAIN, group_chain(key));
  }
  for (const auto& [interface, name] : changed(from.interfaces, to.interfaces)) {
    append_chain(transaction, kFenceTable, NFT_MSG_DELCHAIN, ingress_chain(interface));
    append_chain(transaction, kFenceTable, NFT_MSG_DELCHAIN, egress_chain(interface));
  }
  append_group_chains(transaction, from.groups, to.groups, idle);
  append_beats(transaction, NFT_MSG_NEWSETELEM, without(to.groups, from.groups));
  append_addresses(transaction, NFT_MSG_NEWSETELEM, without(after, before));
  for (const auto& [interface, name] : changed(to.interfaces, from.interfaces)) {
    append_interface(transaction, interface, name);
  }
}

void append_fence_removal(NftTransaction& transaction) {
  append_table(transaction, kFenceTable, NFT_MSG_NEWTABLE);
  append_table(transaction, kFenceTable, NFT_MSG_DELTABLE);
}

}  // namespace fairlead::kernel

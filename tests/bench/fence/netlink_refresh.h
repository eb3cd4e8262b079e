#pragma once

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netlink.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <vector>

#include "node/kernel/genl_socket.h"
#include "node/kernel/nft_objects.h"
#include "tests/bench/fence/beats.h"

// A live set as the finer fence might have had, in two families, whose elements are deleted and added again.
namespace fairlead::bench {

constexpr const char* kTable = "fairlead_bench";
constexpr const char* kLive[] = {"live_inet", "live_arp"};

class NetlinkRefresh {
 public:
  NetlinkRefresh() : socket_(*kernel::GenlSocket::open(NETLINK_NETFILTER)) {
    commit([](kernel::NftTransaction& transaction) {
      kernel::append_table(transaction, kTable, NFT_MSG_NEWTABLE);
      kernel::append_table(transaction, kTable, NFT_MSG_DELTABLE);
      kernel::append_table(transaction, kTable, NFT_MSG_NEWTABLE);
      std::uint32_t id = 0;
      for (const char* set : kLive)
        kernel::append_set(transaction, kTable, {set, NFT_SET_TIMEOUT, 7, 4, 0, 0, 0}, ++id);
    });
  }
  ~NetlinkRefresh() {
    commit([](kernel::NftTransaction& transaction) {
      kernel::append_table(transaction, kTable, NFT_MSG_DELTABLE);
    });
    std::printf(" expired=%d failed=%d", expired_, failed_);
  }
  NetlinkRefresh(const NetlinkRefresh&) = delete;
  NetlinkRefresh& operator=(const NetlinkRefresh&) = delete;

  void refresh(const std::vector<int>& groups, Milliseconds timeout) {
    kernel::NftElements elements;
    for (const int group : groups) {
      const auto address = vip(group);
      elements.push_back({{address.bytes().begin(), address.bytes().end()}, {}, {}, timeout});
    }
    const bool first = std::any_of(groups.begin(), groups.end(), [&](int g) { return !seen_[g]; });
    for (const int group : groups) seen_[group] = true;
    if (first ? commit([&](auto& t) { add(t, elements); }) : commit([&](auto& t) {
          remove(t, elements);
          add(t, elements);
        }))
      return;
    // An element that has run out cannot be deleted.
    ++expired_;
    if (!commit([&](auto& t) { add(t, elements); })) ++failed_;
  }

 private:
  static void add(kernel::NftTransaction& transaction, const kernel::NftElements& elements) {
    for (const char* set : kLive)
      kernel::append_elements(transaction, kTable, NFT_MSG_NEWSETELEM, set, elements);
  }
  static void remove(kernel::NftTransaction& transaction, const kernel::NftElements& elements) {
    for (const char* set : kLive)
      kernel::append_elements(transaction, kTable, NFT_MSG_DELSETELEM, set, elements);
  }
  bool commit(const std::function<void(kernel::NftTransaction&)>& fill) {
    const std::uint32_t first = socket_.next_sequence();
    kernel::NftTransaction transaction(NFPROTO_INET, first);
    fill(transaction);
    transaction.finish();
    const auto outcome = socket_.transact(transaction.batch(), first, transaction.barrier());
    return outcome && outcome->complete && outcome->failed.empty();
  }

  kernel::GenlSocket socket_;
  bool seen_[1 << 16] = {};
  int expired_ = 0;
  int failed_ = 0;
};

}  // namespace fairlead::bench

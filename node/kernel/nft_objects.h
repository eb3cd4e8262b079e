#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/time.h"
#include "node/kernel/nft_transaction.h"

// The things of an nf_tables table, each as one message (many elements: several).
namespace fairlead::kernel {

// `message`: NFT_MSG_NEWTABLE (no error if it is there) or NFT_MSG_DELTABLE.
void append_table(NftTransaction& transaction, std::string_view table, int message);

struct NftSet {
  const char* name;
  std::uint32_t flags;     // NFT_SET_*
  std::uint32_t key_type;  // what nft(8) calls it; the kernel only keeps it
  std::uint32_t key_size;
  std::uint32_t value_type;  // of a map: NFT_DATA_VERDICT, or as key_type
  std::uint32_t value_size;  // of a map without verdicts
  std::uint32_t most;        // elements; 0: no limit
};
// `id`: different for each set of a transaction.
void append_set(NftTransaction& transaction, std::string_view table, const NftSet& set, std::uint32_t id);

// A chain that others jump to. `message`: NFT_MSG_NEWCHAIN, or NFT_MSG_DELCHAIN of any chain with its rules.
void append_chain(NftTransaction& transaction, std::string_view table, int message, const std::string& name);

// Deletes the rules of a chain.
void append_chain_flush(NftTransaction& transaction, std::string_view table, const std::string& name);

// A chain that packets of an interface run through, policy accept.
struct NftHook {
  std::string chain;
  std::string interface;
  std::uint32_t hook = 0;  // NF_NETDEV_*
  int priority = 0;
};
void append_hook(NftTransaction& transaction, std::string_view table, const NftHook& hook);

struct NftElement {
  std::vector<std::uint8_t> key;
  std::vector<std::uint8_t> value;  // of a map without verdicts
  std::string chain;                // of a verdict map: where it jumps to
  Milliseconds timeout{0};          // 0: lasts
};
using NftElements = std::vector<NftElement>;
// `message`: NFT_MSG_NEWSETELEM, or NFT_MSG_DELSETELEM, which looks at keys alone. None: no message.
void append_elements(NftTransaction& transaction, std::string_view table, int message, const std::string& set,
                     std::span<const NftElement> elements);

}  // namespace fairlead::kernel

#include "node/kernel/nft_objects.h"

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netlink.h>

#include <algorithm>

namespace fairlead::kernel {
namespace {

// How many elements go into one message; a nested attribute holds 64 kB.
constexpr std::size_t kElementsOfMessage = 400;

void put_element(GenlBatch& batch, const NftElement& element) {
  const std::size_t nest = batch.nest(NFTA_LIST_ELEM);
  const std::size_t key = batch.nest(NFTA_SET_ELEM_KEY);
  batch.put(NFTA_DATA_VALUE, element.key);
  batch.unnest(key);
  if (!element.chain.empty()) put_verdict(batch, NFTA_SET_ELEM_DATA, NFT_JUMP, element.chain);
  if (!element.value.empty()) {
    const std::size_t value = batch.nest(NFTA_SET_ELEM_DATA);
    batch.put(NFTA_DATA_VALUE, element.value);
    batch.unnest(value);
  }
  if (element.timeout.count() != 0) {
    put_be64(batch, NFTA_SET_ELEM_TIMEOUT, static_cast<std::uint64_t>(element.timeout.count()));
  }
  batch.unnest(nest);
}

}  // namespace

void append_table(NftTransaction& transaction, std::string_view table, int message) {
  const std::uint16_t flags = message == NFT_MSG_NEWTABLE ? NLM_F_CREATE : 0;
  GenlBatch& batch = transaction.begin(message, flags, "table " + std::string(table));
  batch.put_string(NFTA_TABLE_NAME, table);
  transaction.end();
}

void append_set(NftTransaction& transaction, std::string_view table, const NftSet& set, std::uint32_t id) {
  GenlBatch& batch = transaction.begin(NFT_MSG_NEWSET, NLM_F_CREATE, std::string("set ") + set.name);
  batch.put_string(NFTA_SET_TABLE, table);
  batch.put_string(NFTA_SET_NAME, set.name);
  batch.put_be32(NFTA_SET_FLAGS, set.flags);
  batch.put_be32(NFTA_SET_KEY_TYPE, set.key_type);
  batch.put_be32(NFTA_SET_KEY_LEN, set.key_size);
  if ((set.flags & NFT_SET_MAP) != 0) {
    batch.put_be32(NFTA_SET_DATA_TYPE, set.value_type);
    if (set.value_type != NFT_DATA_VERDICT) batch.put_be32(NFTA_SET_DATA_LEN, set.value_size);
  }
  if (set.most != 0) {
    const std::size_t description = batch.nest(NFTA_SET_DESC);
    batch.put_be32(NFTA_SET_DESC_SIZE, set.most);
    batch.unnest(description);
  }
  batch.put_be32(NFTA_SET_ID, id);
  transaction.end();
}

void append_chain(NftTransaction& transaction, std::string_view table, int message, const std::string& name) {
  const std::uint16_t flags = message == NFT_MSG_NEWCHAIN ? NLM_F_CREATE : 0;
  GenlBatch& batch = transaction.begin(message, flags, "chain " + name);
  batch.put_string(NFTA_CHAIN_TABLE, table);
  batch.put_string(NFTA_CHAIN_NAME, name);
  transaction.end();
}

void append_chain_flush(NftTransaction& transaction, std::string_view table, const std::string& name) {
  GenlBatch& batch = transaction.begin(NFT_MSG_DELRULE, 0, "rules of chain " + name);
  batch.put_string(NFTA_RULE_TABLE, table);
  batch.put_string(NFTA_RULE_CHAIN, name);
  transaction.end();
}

void append_hook(NftTransaction& transaction, std::string_view table, const NftHook& hook) {
  GenlBatch& batch = transaction.begin(NFT_MSG_NEWCHAIN, NLM_F_CREATE,
                                       "chain " + hook.chain + " on interface " + hook.interface);
  batch.put_string(NFTA_CHAIN_TABLE, table);
  batch.put_string(NFTA_CHAIN_NAME, hook.chain);
  const std::size_t nest = batch.nest(NFTA_CHAIN_HOOK);
  batch.put_be32(NFTA_HOOK_HOOKNUM, hook.hook);
  batch.put_be32(NFTA_HOOK_PRIORITY, static_cast<std::uint32_t>(hook.priority));
  batch.put_string(NFTA_HOOK_DEV, hook.interface);
  batch.unnest(nest);
  batch.put_string(NFTA_CHAIN_TYPE, "filter");
  batch.put_be32(NFTA_CHAIN_POLICY, NF_ACCEPT);
  transaction.end();
}

void append_elements(NftTransaction& transaction, std::string_view table, int message, const std::string& set,
                     std::span<const NftElement> elements) {
  while (!elements.empty()) {
    const auto part = elements.first(std::min(elements.size(), kElementsOfMessage));
    const std::uint16_t flags = message == NFT_MSG_NEWSETELEM ? NLM_F_CREATE : 0;
    GenlBatch& batch = transaction.begin(message, flags, "elements of set " + set);
    batch.put_string(NFTA_SET_ELEM_LIST_TABLE, table);
    batch.put_string(NFTA_SET_ELEM_LIST_SET, set);
    const std::size_t list = batch.nest(NFTA_SET_ELEM_LIST_ELEMENTS);
    for (const NftElement& element : part) put_element(batch, element);
    batch.unnest(list);
    transaction.end();
    elements = elements.subspan(part.size());
  }
}

}  // namespace fairlead::kernel

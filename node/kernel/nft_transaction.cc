#include "node/kernel/nft_transaction.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>

#include <cassert>
#include <cstring>
#include <utility>

namespace fairlead::kernel {

NftTransaction::NftTransaction(std::uint8_t family, std::uint32_t first, std::optional<Generation> generation)
    : family_(family), sequence_(first) {
  frame(NFNL_MSG_BATCH_BEGIN, generation);
}

void NftTransaction::frame(int type, std::optional<Generation> generation) {
  const std::uint8_t header[sizeof(nfgenmsg)] = {AF_UNSPEC, NFNETLINK_V0, 0, NFNL_SUBSYS_NFTABLES};
  batch_.begin({static_cast<std::uint16_t>(type), 0, type == NFNL_MSG_BATCH_END ? sequence_ + 1 : sequence_},
               header);
  if (generation) batch_.put_be32(NFNL_BATCH_GENID, generation->value());
  batch_.end();
}

GenlBatch& NftTransaction::begin(int message, std::uint16_t flags, std::string what) {
  const std::uint8_t header[sizeof(nfgenmsg)] = {family_, NFNETLINK_V0, 0, 0};
  what_[++sequence_] = std::move(what);
  batch_.begin({static_cast<std::uint16_t>(NFNL_SUBSYS_NFTABLES << 8 | message), flags, sequence_}, header);
  return batch_;
}

void NftTransaction::finish() {
  assert(!empty());
  batch_.acknowledge_last();
  frame(NFNL_MSG_BATCH_END, std::nullopt);
}

std::string NftTransaction::what(std::uint32_t sequence) const {
  const auto found = what_.find(sequence);
  return found == what_.end() ? "transaction" : found->second;
}

NftRegister part_of(NftRegister wide, std::uint32_t n) { return NFT_REG32_00 + (wide - NFT_REG_1) * 4 + n; }

void put_verdict(GenlBatch& batch, std::uint16_t attribute, int code, std::string_view chain) {
  const std::size_t data = batch.nest(attribute);
  const std::size_t verdict = batch.nest(NFTA_DATA_VERDICT);
  batch.put_be32(NFTA_VERDICT_CODE, static_cast<std::uint32_t>(code));
  if (!chain.empty()) batch.put_string(NFTA_VERDICT_CHAIN, chain);
  batch.unnest(verdict);
  batch.unnest(data);
}

void put_be64(GenlBatch& batch, std::uint16_t attribute, std::uint64_t value) {
  std::uint8_t bytes[8];
  for (int i = 0; i < 8; ++i) bytes[i] = static_cast<std::uint8_t>(value >> (56 - 8 * i));
  batch.put(attribute, bytes);
}

NftRule::NftRule(NftTransaction& transaction, std::string_view table, const std::string& chain)
    : transaction_(transaction),
      batch_(transaction.begin(NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND, "rule of chain " + chain)) {
  batch_.put_string(NFTA_RULE_TABLE, table);
  batch_.put_string(NFTA_RULE_CHAIN, chain);
  expressions_ = batch_.nest(NFTA_RULE_EXPRESSIONS);
}

std::size_t NftRule::expression(std::string_view name) {
  element_ = batch_.nest(NFTA_LIST_ELEM);
  batch_.put_string(NFTA_EXPR_NAME, name);
  return batch_.nest(NFTA_EXPR_DATA);
}

void NftRule::end_expression(std::size_t data) {
  batch_.unnest(data);
  batch_.unnest(element_);
}

NftRule& NftRule::load_meta(std::uint32_t key, NftRegister to) {
  const std::size_t data = expression("meta");
  batch_.put_be32(NFTA_META_KEY, key);
  batch_.put_be32(NFTA_META_DREG, to);
  end_expression(data);
  return *this;
}

NftRule& NftRule::load_payload(std::uint32_t base, std::uint32_t offset, std::uint32_t size, NftRegister to) {
  const std::size_t data = expression("payload");
  batch_.put_be32(NFTA_PAYLOAD_DREG, to);
  batch_.put_be32(NFTA_PAYLOAD_BASE, base);
  batch_.put_be32(NFTA_PAYLOAD_OFFSET, offset);
  batch_.put_be32(NFTA_PAYLOAD_LEN, size);
  end_expression(data);
  return *this;
}

NftRule& NftRule::load_constant(std::span<const std::uint8_t> value, NftRegister to) {
  const std::size_t data = expression("immediate");
  batch_.put_be32(NFTA_IMMEDIATE_DREG, to);
  const std::size_t constant = batch_.nest(NFTA_IMMEDIATE_DATA);
  batch_.put(NFTA_DATA_VALUE, value);
  batch_.unnest(constant);
  end_expression(data);
  return *this;
}

NftRule& NftRule::load_destination_type(NftRegister to) {
  const std::size_t data = expression("fib");
  batch_.put_be32(NFTA_FIB_DREG, to);
  batch_.put_be32(NFTA_FIB_RESULT, NFT_FIB_RESULT_ADDRTYPE);
  batch_.put_be32(NFTA_FIB_FLAGS, NFTA_FIB_F_DADDR);
  end_expression(data);
  return *this;
}

NftRule& NftRule::equals(NftRegister from, std::span<const std::uint8_t> value) {
  const std::size_t data = expression("cmp");
  batch_.put_be32(NFTA_CMP_SREG, from);
  batch_.put_be32(NFTA_CMP_OP, NFT_CMP_EQ);
  const std::size_t constant = batch_.nest(NFTA_CMP_DATA);
  batch_.put(NFTA_DATA_VALUE, value);
  batch_.unnest(constant);
  end_expression(data);
  return *this;
}

NftRule& NftRule::equals_number(NftRegister from, std::uint32_t value) {
  std::uint8_t bytes[sizeof value];
  std::memcpy(bytes, &value, sizeof value);
  return equals(from, bytes);
}

NftRule& NftRule::look_up(std::string_view set, NftRegister key, std::uint32_t flags) {
  const std::size_t data = expression("lookup");
  batch_.put_string(NFTA_LOOKUP_SET, set);
  batch_.put_be32(NFTA_LOOKUP_SREG, key);
  batch_.put_be32(NFTA_LOOKUP_FLAGS, flags);
  end_expression(data);
  return *this;
}

NftRule& NftRule::is_in(std::string_view set, NftRegister key) { return look_up(set, key, 0); }
NftRule& NftRule::is_not_in(std::string_view set, NftRegister key) {
  return look_up(set, key, NFT_LOOKUP_F_INV);
}

NftRule& NftRule::decide_by(std::string_view map, NftRegister key) {
  const std::size_t data = expression("lookup");
  batch_.put_string(NFTA_LOOKUP_SET, map);
  batch_.put_be32(NFTA_LOOKUP_SREG, key);
  batch_.put_be32(NFTA_LOOKUP_DREG, NFT_REG_VERDICT);
  end_expression(data);
  return *this;
}

NftRule& NftRule::update(std::string_view set, NftRegister key, Milliseconds timeout) {
  const std::size_t data = expression("dynset");
  batch_.put_string(NFTA_DYNSET_SET_NAME, set);
  batch_.put_be32(NFTA_DYNSET_OP, NFT_DYNSET_OP_UPDATE);
  batch_.put_be32(NFTA_DYNSET_SREG_KEY, key);
  put_be64(batch_, NFTA_DYNSET_TIMEOUT, static_cast<std::uint64_t>(timeout.count()));
  end_expression(data);
  return *this;
}

NftRule& NftRule::verdict(int code) {
  const std::size_t data = expression("immediate");
  batch_.put_be32(NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
  put_verdict(batch_, NFTA_IMMEDIATE_DATA, code, {});
  end_expression(data);
  return *this;
}

NftRule& NftRule::jump(std::string_view chain) {
  const std::size_t data = expression("immediate");
  batch_.put_be32(NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
  put_verdict(batch_, NFTA_IMMEDIATE_DATA, NFT_JUMP, chain);
  end_expression(data);
  return *this;
}

void NftRule::end() {
  batch_.unnest(expressions_);
  transaction_.end();
}

}  // namespace fairlead::kernel

#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/time.h"
#include "node/kernel/genl_batch.h"
#include "node/kernel/nft_trace.h"

namespace fairlead::kernel {

// The messages of one nf_tables transaction: all of it happens or none.
//
//     NFNL_MSG_BATCH_BEGIN | messages, each nlmsghdr, nfgenmsg, attributes | NFNL_MSG_BATCH_END
//
// The last message before the end asks for the acknowledgement, which comes after the commit (older kernels
// never acknowledge the end itself).
class NftTransaction {
 public:
  // `family`: NFPROTO_*. Messages are numbered from `first` on.
  NftTransaction(std::uint8_t family, std::uint32_t first) : NftTransaction(family, first, std::nullopt) {}
  // With `generation` the kernel refuses it, by ERESTART to message `first`, if another was committed since
  // that generation: while this one waited for its turn, too.
  NftTransaction(std::uint8_t family, std::uint32_t first, std::optional<Generation> generation);

  // Begins message NFT_MSG_*; `what` names it to people. NLM_F_REQUEST is added to the flags.
  GenlBatch& begin(int message, std::uint16_t flags, std::string what);
  void end() { batch_.end(); }
  // Closes the transaction. REQUIRES: a message was begun and ended.
  void finish();

  GenlBatch& batch() { return batch_; }
  bool empty() const { return what_.empty(); }
  // The message that carries the acknowledgement.
  std::uint32_t barrier() const { return sequence_; }
  // "chain out_7 on eth1"; of the frame around the messages: "transaction".
  std::string what(std::uint32_t sequence) const;

 private:
  void frame(int type, std::optional<Generation> generation);

  GenlBatch batch_;
  std::uint8_t family_;
  std::uint32_t sequence_;
  std::map<std::uint32_t, std::string> what_;
};

// Registers of a rule: four of 16 bytes, each of which is four of 4 bytes.
using NftRegister = std::uint32_t;
// The n-th 4 bytes of register `wide` (NFT_REG_1..4); a concatenated key is made of such.
NftRegister part_of(NftRegister wide, std::uint32_t n);

// Appends one rule to a chain: expressions in order, each of which may end the rule's evaluation.
class NftRule {
 public:
  NftRule(NftTransaction& transaction, std::string_view table, const std::string& chain);

  NftRule& load_meta(std::uint32_t key, NftRegister to);
  NftRule& load_payload(std::uint32_t base, std::uint32_t offset, std::uint32_t size, NftRegister to);
  NftRule& load_constant(std::span<const std::uint8_t> value, NftRegister to);
  // The address type (RTN_*) of the packet's destination.
  NftRule& load_destination_type(NftRegister to);
  // Goes on if the register starts with these bytes.
  NftRule& equals(NftRegister from, std::span<const std::uint8_t> value);
  NftRule& equals_number(NftRegister from, std::uint32_t value);  // host order, 4 bytes
  // Goes on if the set has the key, or has it not.
  NftRule& is_in(std::string_view set, NftRegister key);
  NftRule& is_not_in(std::string_view set, NftRegister key);
  // Does what the verdict map says of the key.
  NftRule& decide_by(std::string_view map, NftRegister key);
  // Adds the key to a set with time-outs, or lets its time begin anew.
  NftRule& update(std::string_view set, NftRegister key, Milliseconds timeout);
  NftRule& verdict(int code);  // NF_* or NFT_*
  NftRule& jump(std::string_view chain);
  void end();

 private:
  std::size_t expression(std::string_view name);
  void end_expression(std::size_t data);
  NftRule& look_up(std::string_view set, NftRegister key, std::uint32_t flags);

  NftTransaction& transaction_;
  GenlBatch& batch_;
  std::size_t expressions_ = 0;
  std::size_t element_ = 0;
};

// A nested attribute that holds a verdict, `chain` empty for one without.
void put_verdict(GenlBatch& batch, std::uint16_t attribute, int code, std::string_view chain);
void put_be64(GenlBatch& batch, std::uint16_t attribute, std::uint64_t value);

}  // namespace fairlead::kernel

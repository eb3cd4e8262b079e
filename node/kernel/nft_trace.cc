#include "node/kernel/nft_trace.h"

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>

#include <functional>
#include <set>

#include "lib/sys/loop.h"
#include "node/kernel/patience.h"

namespace fairlead::kernel {
namespace {

constexpr int kDumpAttempts = 30;

std::uint16_t type_of(int message) { return static_cast<std::uint16_t>(NFNL_SUBSYS_NFTABLES << 8 | message); }

// Asks one NFT_MSG_GET*; `attributes` name what of.
Result<> ask(GenlSocket& socket, std::uint8_t family, int message,
             const std::function<void(GenlBatch&)>& attributes,
             const std::function<void(const Reply&)>& on_reply) {
  const bool dump = message != NFT_MSG_GETTABLE && message != NFT_MSG_GETGEN;  // those are one thing
  GenlBatch batch;
  const std::uint32_t sequence = socket.next_sequence();
  const std::uint8_t header[sizeof(nfgenmsg)] = {family, NFNETLINK_V0, 0, 0};
  const int flags = dump ? NLM_F_DUMP : 0;
  batch.begin({type_of(message), static_cast<std::uint16_t>(flags), sequence}, header);
  attributes(batch);
  batch.end();
  return socket.ask(batch, sequence, dump, on_reply);
}

// Asks for one table once.
class TraceReader {
 public:
  TraceReader(GenlSocket& socket, const NftTableName& table)
      : socket_(socket), table_(table), reading_(table.name) {}

  Result<std::optional<TableTrace>> read() {
    const auto there = ask(socket_, table_.family, NFT_MSG_GETTABLE, named(NFTA_TABLE_NAME),
                           [&](const Reply& reply) { reading_.note_table(reply.payload); });
    if (!there && there.error().code == Code::kNotFound) return std::optional<TableTrace>{};
    if (!there) return there.error();
    if (auto rest = read_contents(); !rest) return rest.error();
    return std::optional(reading_.trace());
  }

 private:
  Result<> read_contents() {
    // The kernel tells the chains of all tables of the family.
    const auto chains = dump(
        NFT_MSG_GETCHAIN, [](GenlBatch&) {}, [&](const Reply& reply) { reading_.note_chain(reply.payload); });
    if (!chains) return chains.error();
    const auto rules = dump(NFT_MSG_GETRULE, named(NFTA_RULE_TABLE),
                            [&](const Reply& reply) { reading_.note_rule(reply.payload); });
    if (!rules) return rules.error();
    const auto sets = dump(NFT_MSG_GETSET, named(NFTA_SET_TABLE),
                           [&](const Reply& reply) { reading_.note_set(reply.payload); });
    if (!sets) return sets.error();
    for (const std::string& set : reading_.sets()) {
      const auto elements = dump(
          NFT_MSG_GETSETELEM,
          [&](GenlBatch& batch) {
            batch.put_string(NFTA_SET_ELEM_LIST_TABLE, table_.name);
            batch.put_string(NFTA_SET_ELEM_LIST_SET, set);
          },
          [&](const Reply& reply) { reading_.note_elements(set, reply.payload); });
      if (!elements) return elements.error();
    }
    return Done{};
  }

  Result<> dump(int message, const std::function<void(GenlBatch&)>& attributes,
                const std::function<void(const Reply&)>& on_reply) {
    return ask(socket_, table_.family, message, attributes, on_reply);
  }
  std::function<void(GenlBatch&)> named(std::uint16_t attribute) const {
    return [this, attribute](GenlBatch& batch) { batch.put_string(attribute, table_.name); };
  }

  GenlSocket& socket_;
  const NftTableName& table_;
  TraceReading reading_;
};

Result<NftCounters> read_counters_once(GenlSocket& socket, const NftTableName& table) {
  NftCounters counters;
  const auto asked = ask(
      socket, table.family, NFT_MSG_GETOBJ,
      [&](GenlBatch& batch) {
        batch.put_string(NFTA_OBJ_TABLE, table.name);
        batch.put_be32(NFTA_OBJ_TYPE, NFT_OBJECT_COUNTER);
      },
      [&](const Reply& reply) {
        if (const auto one = counter_of(reply.payload, table.name)) counters.insert(*one);
      });
  if (!asked) return asked.error();
  return counters;
}

}  // namespace

Error without_nf_tables(const Error& error) {
  if (error.code != Code::kNotFound && error.code != Code::kInvalid) return error;
  return fail(Code::kNotFound, "the kernel has no nf_tables: load module nf_tables");
}

Result<Generation> read_generation(GenlSocket& socket) {
  Generation generation{0};
  const auto asked = ask(
      socket, NFPROTO_UNSPEC, NFT_MSG_GETGEN, [](GenlBatch&) {},
      [&](const Reply& reply) { generation = generation_of(reply.payload).value_or(generation); });
  if (!asked) return without_nf_tables(asked.error());
  return generation;
}

Result<std::optional<TableTrace>> read_trace(GenlSocket& socket, const NftTableName& table) {
  const TimePoint begun = sys::now();
  Result<std::optional<TableTrace>> traced = std::optional<TableTrace>{};
  for (int attempt = 0; attempt < kDumpAttempts; ++attempt) {
    traced = TraceReader(socket, table).read();
    if (traced || !worth_asking_again(traced.error(), sys::now() - begun)) break;
  }
  return traced;
}

Result<NftCounters> read_counters(GenlSocket& socket, const NftTableName& table) {
  const TimePoint begun = sys::now();
  Result<NftCounters> counters = NftCounters{};
  for (int attempt = 0; attempt < kDumpAttempts; ++attempt) {
    counters = read_counters_once(socket, table);
    if (counters || !worth_asking_again(counters.error(), sys::now() - begun)) break;
  }
  return counters;
}

}  // namespace fairlead::kernel

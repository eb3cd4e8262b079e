#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "lib/base/strong.h"

// What the kernel tells of nf_tables, read from its replies. A payload is what follows the nlmsghdr:
//
//     nfgenmsg (4 bytes) | attributes
//
// Pure; any bytes are read, none beyond the end.
namespace fairlead::kernel {

// The number of nf_tables transactions in this namespace, by anybody.
using Generation = Strong<struct NftGenerationTag, std::uint32_t>;

// What can be seen of a table. Equal traces: nobody touched it.
struct TableTrace {
  int rules = 0;
  int elements = 0;               // of its sets and maps, but those that run out by themselves
  std::uint64_t fingerprint = 0;  // over table, chains with hook and policy, rule handles and those elements
  friend bool operator==(const TableTrace&, const TableTrace&) = default;
};

// nullopt: this reply says nothing of it.
std::optional<Generation> generation_of(std::span<const std::uint8_t> payload);

// Packets by the name of a counter.
using NftCounters = std::map<std::string, std::uint64_t>;
// To NFT_MSG_GETOBJ: a counter of that table. nullopt: another thing, or of another table.
std::optional<NftCounters::value_type> counter_of(std::span<const std::uint8_t> payload,
                                                  std::string_view table);

// The trace of one table, reply by reply: its table, then chains, then rules, then sets, then the elements of
// each set. Within chains and rules the order counts, among elements it does not: a hash table tells them in
// another order after it has grown. What the replies tell of other tables is passed over.
class TraceReading {
 public:
  explicit TraceReading(std::string table);

  // To NFT_MSG_GETTABLE.
  void note_table(std::span<const std::uint8_t> payload);
  // To NFT_MSG_GETCHAIN. Chains that packets run through: a policy or a hook can be changed and no rule with
  // it.
  void note_chain(std::span<const std::uint8_t> payload);
  // To NFT_MSG_GETRULE. Rules by handle alone: their counters move with traffic.
  void note_rule(std::span<const std::uint8_t> payload);
  // To NFT_MSG_GETSET: its name is one of sets(), but that of an anonymous one.
  void note_set(std::span<const std::uint8_t> payload);
  // To NFT_MSG_GETSETELEM of this set. An element that runs out comes and goes; one that lasts where others
  // run out counts, too.
  void note_elements(const std::string& set, std::span<const std::uint8_t> payload);

  const std::set<std::string>& sets() const { return sets_; }
  const TableTrace& trace() const { return trace_; }

 private:
  std::string table_;
  std::set<std::string> sets_;
  TableTrace trace_;
};

}  // namespace fairlead::kernel

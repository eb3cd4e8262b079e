#include "node/kernel/nft_trace.h"

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>

#include <algorithm>
#include <set>
#include <span>
#include <utility>

#include "lib/sys/loop.h"
#include "node/kernel/patience.h"

namespace fairlead::kernel {
namespace {

constexpr int kDumpAttempts = 30;
constexpr std::uint64_t kHashStart = 0xcbf29ce484222325ULL;

std::uint16_t type_of(int message) { return static_cast<std::uint16_t>(NFNL_SUBSYS_NFTABLES << 8 | message); }

void begin(GenlBatch& batch, std::uint8_t family, const MessageType& type) {
  const std::uint8_t header[sizeof(nfgenmsg)] = {family, NFNETLINK_V0, 0, 0};
  batch.begin(type, header);
}

std::vector<Attribute> attributes_after_header(const Reply& reply) {
  if (reply.payload.size() < sizeof(nfgenmsg)) return {};
  return attributes_of(reply.payload.subspan(sizeof(nfgenmsg)));
}

// FNV-1a.
void mix(std::uint64_t& hash, std::span<const std::uint8_t> bytes) {
  for (const std::uint8_t byte : bytes) hash = (hash ^ byte) * 0x100000001b3ULL;
}

bool runs_out(const Attribute& element) {
  const auto parts = attributes_of(element.value);
  return std::any_of(parts.begin(), parts.end(),
                     [](const Attribute& part) { return part.type == NFTA_SET_ELEM_EXPIRATION; });
}

// Reads one table once.
class TraceReader {
 public:
  TraceReader(GenlSocket& socket, const NftTableName& table) : socket_(socket), table_(table) {}

  Result<std::optional<TableTrace>> read() {
    TableTrace trace;
    trace.fingerprint = kHashStart;
    if (auto table = read_table(trace); !table) {
      if (table.error().code == Code::kNotFound) return std::optional<TableTrace>{};
      return table.error();
    }
    std::set<std::string> sets;
    if (auto chains = read_chains(trace); !chains) return chains.error();
    if (auto rules = read_rules(trace); !rules) return rules.error();
    if (auto named = read_sets(sets); !named) return named.error();
    for (const std::string& set : sets) {
      if (auto elements = read_elements(set, trace); !elements) return elements.error();
    }
    return std::optional(trace);
  }

 private:
  Result<> read_table(TableTrace& trace) {
    GenlBatch batch;
    const std::uint32_t sequence = socket_.next_sequence();
    begin(batch, table_.family, {type_of(NFT_MSG_GETTABLE), 0, sequence});
    batch.put_string(NFTA_TABLE_NAME, table_.name);
    batch.end();
    return socket_.ask(batch, sequence, false, [&](const Reply& reply) {
      for (const Attribute& attribute : attributes_after_header(reply))
        mix(trace.fingerprint, attribute.value);
    });
  }

  // Those that packets run through: a policy or a hook can be changed and no rule with it. The kernel tells
  // the chains of all tables of the family.
  Result<> read_chains(TableTrace& trace) {
    GenlBatch batch;
    const std::uint32_t sequence = socket_.next_sequence();
    begin(batch, table_.family, {type_of(NFT_MSG_GETCHAIN), NLM_F_DUMP, sequence});
    batch.end();
    return socket_.ask(batch, sequence, true, [&](const Reply& reply) {
      bool ours = false;
      std::uint64_t hash = trace.fingerprint;
      for (const Attribute& attribute : attributes_after_header(reply)) {
        if (attribute.type == NFTA_CHAIN_TABLE) ours = string_of(attribute) == table_.name;
        if (attribute.type == NFTA_CHAIN_NAME || attribute.type == NFTA_CHAIN_POLICY ||
            attribute.type == NFTA_CHAIN_HOOK)
          mix(hash, attribute.value);
      }
      if (ours) trace.fingerprint = hash;
    });
  }

  // Rules by handle alone: their counters move with traffic.
  Result<> read_rules(TableTrace& trace) {
    GenlBatch batch;
    const std::uint32_t sequence = socket_.next_sequence();
    begin(batch, table_.family, {type_of(NFT_MSG_GETRULE), NLM_F_DUMP, sequence});
    batch.put_string(NFTA_RULE_TABLE, table_.name);
    batch.end();
    return socket_.ask(batch, sequence, true, [&](const Reply& reply) {
      bool ours = false;
      std::uint64_t hash = trace.fingerprint;
      for (const Attribute& attribute : attributes_after_header(reply)) {
        if (attribute.type == NFTA_RULE_TABLE) ours = string_of(attribute) == table_.name;
        if (attribute.type == NFTA_RULE_HANDLE || attribute.type == NFTA_RULE_CHAIN)
          mix(hash, attribute.value);
      }
      if (!ours) return;
      trace.fingerprint = hash;
      ++trace.rules;
    });
  }

  Result<> read_sets(std::set<std::string>& sets) {
    GenlBatch batch;
    const std::uint32_t sequence = socket_.next_sequence();
    begin(batch, table_.family, {type_of(NFT_MSG_GETSET), NLM_F_DUMP, sequence});
    batch.put_string(NFTA_SET_TABLE, table_.name);
    batch.end();
    return socket_.ask(batch, sequence, true, [&](const Reply& reply) {
      std::string name;
      bool anonymous = false;
      for (const Attribute& attribute : attributes_after_header(reply)) {
        if (attribute.type == NFTA_SET_NAME) name = string_of(attribute);
        if (attribute.type == NFTA_SET_FLAGS) anonymous = (be32_of(attribute) & NFT_SET_ANONYMOUS) != 0;
      }
      if (!anonymous && !name.empty()) sets.insert(name);
    });
  }

  // Elements are summed up: a hash table tells them in another order after it has grown. One that runs out
  // comes and goes; one that lasts where others run out counts, too.
  Result<> read_elements(const std::string& set, TableTrace& trace) {
    std::uint64_t of_set = kHashStart;
    mix(of_set, {reinterpret_cast<const std::uint8_t*>(set.data()), set.size()});
    GenlBatch batch;
    const std::uint32_t sequence = socket_.next_sequence();
    begin(batch, table_.family, {type_of(NFT_MSG_GETSETELEM), NLM_F_DUMP, sequence});
    batch.put_string(NFTA_SET_ELEM_LIST_TABLE, table_.name);
    batch.put_string(NFTA_SET_ELEM_LIST_SET, set);
    batch.end();
    return socket_.ask(batch, sequence, true, [&](const Reply& reply) {
      for (const Attribute& list : attributes_after_header(reply)) {
        if (list.type != NFTA_SET_ELEM_LIST_ELEMENTS) continue;
        for (const Attribute& element : attributes_of(list.value)) {
          if (runs_out(element)) continue;
          std::uint64_t hash = of_set;
          mix(hash, element.value);
          trace.fingerprint += hash;
          ++trace.elements;
        }
      }
    });
  }

  GenlSocket& socket_;
  const NftTableName& table_;
};

}  // namespace

Error without_nf_tables(const Error& error) {
  if (error.code != Code::kNotFound && error.code != Code::kInvalid) return error;
  return fail(Code::kNotFound, "the kernel has no nf_tables: load module nf_tables");
}

Result<Generation> read_generation(GenlSocket& socket) {
  Generation generation{0};
  GenlBatch batch;
  const std::uint32_t sequence = socket.next_sequence();
  begin(batch, NFPROTO_UNSPEC, {type_of(NFT_MSG_GETGEN), 0, sequence});
  batch.end();
  const auto asked = socket.ask(batch, sequence, false, [&](const Reply& reply) {
    for (const Attribute& attribute : attributes_after_header(reply)) {
      if (attribute.type == NFTA_GEN_ID) generation = Generation{be32_of(attribute)};
    }
  });
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

}  // namespace fairlead::kernel

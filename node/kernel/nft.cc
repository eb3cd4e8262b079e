#include "node/kernel/nft.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>

#include <algorithm>
#include <functional>
#include <set>
#include <utility>

#include "lib/base/text.h"
#include "node/kernel/genl_socket.h"
#include "node/kernel/nft_child.h"

namespace fairlead::kernel {
namespace {

constexpr const char* kProgram = "/usr/sbin/nft";
constexpr const char* kTable = "fairlead";
constexpr Milliseconds kTimeout{10'000};
constexpr int kDumpAttempts = 30;
constexpr std::uint64_t kHashStart = 0xcbf29ce484222325ULL;

std::uint16_t type_of(int message) { return static_cast<std::uint16_t>(NFNL_SUBSYS_NFTABLES << 8 | message); }

void begin(GenlBatch& batch, int message, std::uint16_t flags, std::uint32_t sequence) {
  const std::uint8_t header[sizeof(nfgenmsg)] = {NFPROTO_INET, NFNETLINK_V0, 0, 0};
  batch.begin({type_of(message), flags, sequence}, header);
}

std::vector<Attribute> attributes_after_header(const Reply& reply) {
  if (reply.payload.size() < sizeof(nfgenmsg)) return {};
  return attributes_of(reply.payload.subspan(sizeof(nfgenmsg)));
}

// FNV-1a.
void mix(std::uint64_t& hash, std::span<const std::uint8_t> bytes) {
  for (const std::uint8_t byte : bytes) hash = (hash ^ byte) * 0x100000001b3ULL;
}

Result<> run(const std::string& option, const std::string& rules) {
  const auto child = run_nft_child(kProgram, option, rules, kTimeout);
  if (!child) return child.error();
  if (child->exit_code == 0) return Done{};
  std::string said(trim(child->output));
  std::replace(said.begin(), said.end(), '\n', ' ');
  const bool denied = said.find("Operation not permitted") != std::string::npos;
  return fail(denied ? Code::kDenied : Code::kInvalid,
              "nft ended with " + std::to_string(child->exit_code) + ": " + said);
}

class KernelNft : public Nft {
 public:
  Result<> apply(const std::string& rules) override { return run("--numeric", rules); }

  Result<Generation> generation() override {
    if (auto ready = open(); !ready) return ready.error();
    Generation generation{0};
    GenlBatch batch;
    const std::uint32_t sequence = socket_->next_sequence();
    begin(batch, NFT_MSG_GETGEN, 0, sequence);
    batch.end();
    const auto asked = socket_->ask(batch, sequence, false, [&](const Reply& reply) {
      for (const Attribute& attribute : attributes_after_header(reply)) {
        if (attribute.type == NFTA_GEN_ID) generation = Generation{be32_of(attribute)};
      }
    });
    if (!asked) return absent(asked.error());
    return generation;
  }

  Result<std::optional<TableTrace>> trace() override {
    Result<std::optional<TableTrace>> traced = std::optional<TableTrace>{};
    for (int attempt = 0; attempt < kDumpAttempts; ++attempt) {
      traced = trace_once();
      if (traced || traced.error().code != Code::kUnavailable) break;
    }
    return traced;
  }

 private:
  Result<> open() {
    if (socket_) return Done{};
    auto opened = GenlSocket::open(NETLINK_NETFILTER);
    if (!opened) return absent(opened.error());
    socket_ = std::make_unique<GenlSocket>(*std::move(opened));
    return Done{};
  }

  static Error absent(const Error& error) {
    if (error.code != Code::kNotFound && error.code != Code::kInvalid) return error;
    return fail(Code::kNotFound, "the kernel has no nf_tables: load module nf_tables");
  }

  Result<std::optional<TableTrace>> trace_once() {
    if (auto ready = open(); !ready) return ready.error();
    TableTrace trace;
    trace.fingerprint = kHashStart;
    if (auto table = read_table(trace); !table) {
      if (table.error().code == Code::kNotFound) return std::optional<TableTrace>{};
      return table.error();
    }
    std::set<std::string> sets;
    if (auto rules = read_rules(trace); !rules) return rules.error();
    if (auto named = read_sets(sets); !named) return named.error();
    for (const std::string& set : sets) {
      if (auto elements = read_elements(set, trace); !elements) return elements.error();
    }
    return std::optional(trace);
  }

  Result<> read_table(TableTrace& trace) {
    GenlBatch batch;
    const std::uint32_t sequence = socket_->next_sequence();
    begin(batch, NFT_MSG_GETTABLE, 0, sequence);
    batch.put_string(NFTA_TABLE_NAME, kTable);
    batch.end();
    return socket_->ask(batch, sequence, false, [&](const Reply& reply) {
      for (const Attribute& attribute : attributes_after_header(reply))
        mix(trace.fingerprint, attribute.value);
    });
  }

  // Rules by handle alone: their counters move with traffic.
  Result<> read_rules(TableTrace& trace) {
    GenlBatch batch;
    const std::uint32_t sequence = socket_->next_sequence();
    begin(batch, NFT_MSG_GETRULE, NLM_F_DUMP, sequence);
    batch.put_string(NFTA_RULE_TABLE, kTable);
    batch.end();
    return socket_->ask(batch, sequence, true, [&](const Reply& reply) {
      bool ours = false;
      std::uint64_t hash = trace.fingerprint;
      for (const Attribute& attribute : attributes_after_header(reply)) {
        if (attribute.type == NFTA_RULE_TABLE) ours = string_of(attribute) == kTable;
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
    const std::uint32_t sequence = socket_->next_sequence();
    begin(batch, NFT_MSG_GETSET, NLM_F_DUMP, sequence);
    batch.put_string(NFTA_SET_TABLE, kTable);
    batch.end();
    return socket_->ask(batch, sequence, true, [&](const Reply& reply) {
      std::string name;
      bool anonymous = false;
      for (const Attribute& attribute : attributes_after_header(reply)) {
        if (attribute.type == NFTA_SET_NAME) name = string_of(attribute);
        if (attribute.type == NFTA_SET_FLAGS) anonymous = (be32_of(attribute) & NFT_SET_ANONYMOUS) != 0;
      }
      if (!anonymous && !name.empty()) sets.insert(name);
    });
  }

  // Elements are summed up: a hash table tells them in another order after it has grown.
  Result<> read_elements(const std::string& set, TableTrace& trace) {
    std::uint64_t of_set = kHashStart;
    mix(of_set, {reinterpret_cast<const std::uint8_t*>(set.data()), set.size()});
    GenlBatch batch;
    const std::uint32_t sequence = socket_->next_sequence();
    begin(batch, NFT_MSG_GETSETELEM, NLM_F_DUMP, sequence);
    batch.put_string(NFTA_SET_ELEM_LIST_TABLE, kTable);
    batch.put_string(NFTA_SET_ELEM_LIST_SET, set);
    batch.end();
    return socket_->ask(batch, sequence, true, [&](const Reply& reply) {
      for (const Attribute& list : attributes_after_header(reply)) {
        if (list.type != NFTA_SET_ELEM_LIST_ELEMENTS) continue;
        for (const Attribute& element : attributes_of(list.value)) {
          std::uint64_t hash = of_set;
          mix(hash, element.value);
          trace.fingerprint += hash;
          ++trace.elements;
        }
      }
    });
  }

  std::unique_ptr<GenlSocket> socket_;
};

}  // namespace

Result<> check_rules(const std::string& rules) { return run("--check", rules); }

std::unique_ptr<Nft> open_nft() { return std::make_unique<KernelNft>(); }

}  // namespace fairlead::kernel

#include "node/kernel/nft_replies.h"

#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include <algorithm>
#include <vector>

#include "node/kernel/genl_batch.h"

namespace fairlead::kernel {
namespace {

constexpr std::uint64_t kHashStart = 0xcbf29ce484222325ULL;

std::vector<Attribute> attributes_after_header(std::span<const std::uint8_t> payload) {
  if (payload.size() < sizeof(nfgenmsg)) return {};
  return attributes_of(payload.subspan(sizeof(nfgenmsg)));
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

}  // namespace

std::optional<Generation> generation_of(std::span<const std::uint8_t> payload) {
  std::optional<Generation> found;
  for (const Attribute& attribute : attributes_after_header(payload)) {
    if (attribute.type == NFTA_GEN_ID) found = Generation{be32_of(attribute)};
  }
  return found;
}

std::optional<NftCounters::value_type> counter_of(std::span<const std::uint8_t> payload,
                                                  std::string_view table) {
  std::string name;
  bool ours = false;
  bool counts = false;
  std::optional<std::uint64_t> packets;
  for (const Attribute& attribute : attributes_after_header(payload)) {
    if (attribute.type == NFTA_OBJ_TABLE) ours = string_of(attribute) == table;
    if (attribute.type == NFTA_OBJ_NAME) name = string_of(attribute);
    if (attribute.type == NFTA_OBJ_TYPE) counts = be32_of(attribute) == NFT_OBJECT_COUNTER;
    if (attribute.type != NFTA_OBJ_DATA) continue;
    for (const Attribute& part : attributes_of(attribute.value)) {
      if (part.type == NFTA_COUNTER_PACKETS) packets = be64_of(part);
    }
  }
  if (!ours || !counts || name.empty() || !packets) return std::nullopt;
  return NftCounters::value_type{name, *packets};
}

TraceReading::TraceReading(std::string table) : table_(std::move(table)) { trace_.fingerprint = kHashStart; }

void TraceReading::note_table(std::span<const std::uint8_t> payload) {
  for (const Attribute& attribute : attributes_after_header(payload))
    mix(trace_.fingerprint, attribute.value);
}

void TraceReading::note_chain(std::span<const std::uint8_t> payload) {
  bool ours = false;
  std::uint64_t hash = trace_.fingerprint;
  for (const Attribute& attribute : attributes_after_header(payload)) {
    if (attribute.type == NFTA_CHAIN_TABLE) ours = string_of(attribute) == table_;
    if (attribute.type == NFTA_CHAIN_NAME || attribute.type == NFTA_CHAIN_POLICY ||
        attribute.type == NFTA_CHAIN_HOOK)
      mix(hash, attribute.value);
  }
  if (ours) trace_.fingerprint = hash;
}

void TraceReading::note_rule(std::span<const std::uint8_t> payload) {
  bool ours = false;
  std::uint64_t hash = trace_.fingerprint;
  for (const Attribute& attribute : attributes_after_header(payload)) {
    if (attribute.type == NFTA_RULE_TABLE) ours = string_of(attribute) == table_;
    if (attribute.type == NFTA_RULE_HANDLE || attribute.type == NFTA_RULE_CHAIN) mix(hash, attribute.value);
  }
  if (!ours) return;
  trace_.fingerprint = hash;
  ++trace_.rules;
}

void TraceReading::note_set(std::span<const std::uint8_t> payload) {
  std::string name;
  bool anonymous = false;
  for (const Attribute& attribute : attributes_after_header(payload)) {
    if (attribute.type == NFTA_SET_NAME) name = string_of(attribute);
    if (attribute.type == NFTA_SET_FLAGS) anonymous = (be32_of(attribute) & NFT_SET_ANONYMOUS) != 0;
  }
  if (!anonymous && !name.empty()) sets_.insert(name);
}

void TraceReading::note_elements(const std::string& set, std::span<const std::uint8_t> payload) {
  std::uint64_t of_set = kHashStart;
  mix(of_set, {reinterpret_cast<const std::uint8_t*>(set.data()), set.size()});
  for (const Attribute& list : attributes_after_header(payload)) {
    if (list.type != NFTA_SET_ELEM_LIST_ELEMENTS) continue;
    for (const Attribute& element : attributes_of(list.value)) {
      if (runs_out(element)) continue;
      std::uint64_t hash = of_set;
      mix(hash, element.value);
      trace_.fingerprint += hash;
      ++trace_.elements;
    }
  }
}

}  // namespace fairlead::kernel

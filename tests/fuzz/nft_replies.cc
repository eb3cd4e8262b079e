// F-6: replies of any bytes about an nf_tables table. Rules, elements and sets are those that a naive reader
// counts, and counters too; in which order elements come does not change the trace; and what was read twice
// is the same.
//
// Input: replies, each a byte that says of what (modulo 7: table, chain, rule, set, elements, generation,
// object) and its payload behind its length in two bytes. Elements of one set are all of set "vip4", as
// another reads them.

#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "node/kernel/nft_replies.h"
#include "tests/fuzz/input.h"

namespace fairlead::kernel {
namespace {

using fuzz::require;

const std::string kTable = "fairlead";
const std::string kSet = "vip4";

struct Told {
  int what = 0;
  net::Bytes payload;
};

using Take = std::function<void(int type, const net::Bytes& value)>;

void naive_attributes(const net::Bytes& bytes, std::size_t at, const Take& take) {
  while (at + 4 <= bytes.size()) {
    std::uint16_t head[2];
    std::memcpy(head, bytes.data() + at, sizeof head);
    const std::size_t length = head[0];
    if (length < 4 || at + length > bytes.size()) return;
    const auto from = bytes.begin() + static_cast<std::ptrdiff_t>(at);
    take(head[1] & 0x3fff, {from + 4, from + static_cast<std::ptrdiff_t>(length)});
    at += (length + 3) / 4 * 4;
  }
}

std::string text(const net::Bytes& bytes) {
  const std::string out(bytes.begin(), bytes.end());
  return out.substr(0, out.find('\0'));
}

int naive_rules(const std::vector<Told>& replies) {
  int rules = 0;
  for (const Told& one : replies) {
    bool ours = false;
    naive_attributes(one.payload, 4, [&](int type, const net::Bytes& value) {
      if (type == NFTA_RULE_TABLE) ours = text(value) == kTable;
    });
    if (one.what == 2 && ours) ++rules;
  }
  return rules;
}

int naive_elements(const std::vector<Told>& replies) {
  int elements = 0;
  for (const Told& one : replies) {
    if (one.what != 4) continue;
    naive_attributes(one.payload, 4, [&](int type, const net::Bytes& list) {
      if (type != NFTA_SET_ELEM_LIST_ELEMENTS) return;
      naive_attributes(list, 0, [&](int, const net::Bytes& element) {
        bool passes = false;
        naive_attributes(element, 0, [&](int part, const net::Bytes&) {
          passes = passes || part == NFTA_SET_ELEM_EXPIRATION;
        });
        if (!passes) ++elements;
      });
    });
  }
  return elements;
}

std::set<std::string> naive_sets(const std::vector<Told>& replies) {
  std::set<std::string> sets;
  for (const Told& one : replies) {
    if (one.what != 3) continue;
    std::string name;
    bool anonymous = false;
    naive_attributes(one.payload, 4, [&](int type, const net::Bytes& value) {
      if (type == NFTA_SET_NAME) name = text(value);
      if (type == NFTA_SET_FLAGS) anonymous = value.size() >= 4 && (value[3] & NFT_SET_ANONYMOUS) != 0;
    });
    if (!anonymous && !name.empty()) sets.insert(name);
  }
  return sets;
}

std::uint64_t big(const net::Bytes& bytes, std::size_t size) {
  std::uint64_t out = 0;
  if (bytes.size() < size) return out;
  for (std::size_t i = 0; i < size; ++i) out = out << 8 | bytes[i];
  return out;
}

std::optional<NftCounters::value_type> naive_counter(const net::Bytes& payload) {
  std::string table;
  std::string name;
  std::uint64_t kind = 0;
  std::optional<std::uint64_t> packets;
  naive_attributes(payload, 4, [&](int type, const net::Bytes& value) {
    if (type == NFTA_OBJ_TABLE) table = text(value);
    if (type == NFTA_OBJ_NAME) name = text(value);
    if (type == NFTA_OBJ_TYPE) kind = big(value, 4);
    if (type != NFTA_OBJ_DATA) return;
    naive_attributes(value, 0, [&](int part, const net::Bytes& number) {
      if (part == NFTA_COUNTER_PACKETS) packets = big(number, 8);
    });
  });
  if (table != kTable || name.empty() || kind != NFT_OBJECT_COUNTER || !packets) return std::nullopt;
  return NftCounters::value_type{name, *packets};
}

// As the kernel is asked: elements last.
TraceReading read(const std::vector<Told>& replies) {
  TraceReading reading(kTable);
  for (const Told& one : replies) {
    if (one.what == 0) reading.note_table(one.payload);
    if (one.what == 1) reading.note_chain(one.payload);
    if (one.what == 2) reading.note_rule(one.payload);
    if (one.what == 3) reading.note_set(one.payload);
    if (one.what == 5) static_cast<void>(generation_of(one.payload));
  }
  for (const Told& one : replies) {
    if (one.what == 4) reading.note_elements(kSet, one.payload);
  }
  return reading;
}

// The same, those of elements from the last to the first.
std::vector<Told> with_elements_reversed(std::vector<Told> replies) {
  std::vector<Told> elements;
  for (const Told& one : replies) {
    if (one.what == 4) elements.push_back(one);
  }
  for (Told& one : replies) {
    if (one.what != 4) continue;
    one = std::move(elements.back());
    elements.pop_back();
  }
  return replies;
}

}  // namespace

void run(const std::uint8_t* data, std::size_t size) {
  fuzz::Input in(data, size);
  std::vector<Told> replies;
  while (!in.empty()) {
    const int what = in.byte() % 7;
    const std::size_t length = in.word();
    replies.push_back({what, in.bytes(length)});
  }
  for (const Told& one : replies) {
    if (one.what != 6) continue;
    require(counter_of(one.payload, kTable) == naive_counter(one.payload),
            "a counter as a naive reader reads it");
  }
  const TraceReading reading = read(replies);
  require(reading.trace().rules == naive_rules(replies), "as many rules as a naive reader counts");
  require(reading.trace().elements == naive_elements(replies), "as many elements");
  require(reading.sets() == naive_sets(replies), "the same sets");
  require(read(replies).trace() == reading.trace(), "read twice, the same");
  require(read(with_elements_reversed(replies)).trace() == reading.trace(),
          "in whatever order elements come");
}

}  // namespace fairlead::kernel

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fairlead::kernel::run(data, size);
  return 0;
}

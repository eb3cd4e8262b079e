#include "node/kernel/nft_replies.h"

#include <gtest/gtest.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include <functional>
#include <initializer_list>
#include <utility>

#include "lib/net/bytes.h"
#include "node/kernel/genl_batch.h"

// What changes the trace of a table, and what does not.
namespace fairlead::kernel {
namespace {

constexpr std::size_t kNetlinkHeader = 16;

net::Bytes payload(const std::function<void(GenlBatch&)>& attributes) {
  GenlBatch batch;
  const std::uint8_t header[sizeof(nfgenmsg)] = {NFPROTO_INET, NFNETLINK_V0, 0, 0};
  batch.begin({}, header);
  attributes(batch);
  batch.end();
  return {batch.bytes().begin() + kNetlinkHeader, batch.bytes().end()};
}

net::Bytes object(const std::string& table, std::uint32_t type, std::uint8_t packets) {
  return payload([&](GenlBatch& batch) {
    batch.put_string(NFTA_OBJ_TABLE, table);
    batch.put_string(NFTA_OBJ_NAME, "denied4");
    batch.put_be32(NFTA_OBJ_TYPE, type);
    const auto data = batch.nest(NFTA_OBJ_DATA);
    batch.put(NFTA_COUNTER_BYTES, net::Bytes{0, 0, 0, 0, 0, 0, 9, 9});
    batch.put(NFTA_COUNTER_PACKETS, net::Bytes{0, 0, 0, 0, 0, 0, 1, packets});
    batch.unnest(data);
  });
}

// 64 bits, big-endian.
TEST(CounterOf, HasItsNameAndItsPackets) {
  EXPECT_EQ(counter_of(object("fairlead", NFT_OBJECT_COUNTER, 7), "fairlead"),
            (NftCounters::value_type{"denied4", 263}));
}

TEST(CounterOf, IsNothingOfAnotherTableOrAnotherThing) {
  EXPECT_EQ(counter_of(object("fairlead2", NFT_OBJECT_COUNTER, 7), "fairlead"), std::nullopt);
  EXPECT_EQ(counter_of(object("fairlead", NFT_OBJECT_QUOTA, 7), "fairlead"), std::nullopt);
}

// Whatever is cut off, no reading past the end (run under ASan).
TEST(CounterOf, IsNothingOfWhatIsCutShort) {
  const net::Bytes whole = object("fairlead", NFT_OBJECT_COUNTER, 7);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_EQ(counter_of(std::span(whole).first(size), "fairlead"), std::nullopt) << size;
  }
}

net::Bytes chain(const std::string& table, const std::string& name, std::uint32_t policy) {
  return payload([&](GenlBatch& batch) {
    batch.put_string(NFTA_CHAIN_TABLE, table);
    batch.put_string(NFTA_CHAIN_NAME, name);
    batch.put_be32(NFTA_CHAIN_POLICY, policy);
  });
}

net::Bytes rule(const std::string& table, std::uint32_t handle, std::uint32_t packets) {
  return payload([&](GenlBatch& batch) {
    batch.put_string(NFTA_RULE_TABLE, table);
    batch.put_string(NFTA_RULE_CHAIN, "in");
    batch.put_be32(NFTA_RULE_HANDLE, handle);
    batch.put_be32(NFTA_RULE_EXPRESSIONS, packets);
  });
}

net::Bytes set(const std::string& name, std::uint32_t flags) {
  return payload([&](GenlBatch& batch) {
    batch.put_string(NFTA_SET_TABLE, "fairlead");
    batch.put_string(NFTA_SET_NAME, name);
    batch.put_be32(NFTA_SET_FLAGS, flags);
  });
}

// Elements of these keys; of those in `passing` it is told when they run out.
net::Bytes elements(std::initializer_list<std::uint32_t> keys,
                    std::initializer_list<std::uint32_t> passing = {}) {
  return payload([&](GenlBatch& batch) {
    const auto list = batch.nest(NFTA_SET_ELEM_LIST_ELEMENTS);
    const auto put = [&](std::uint32_t key, bool passes) {
      const auto element = batch.nest(NFTA_LIST_ELEM);
      batch.put_be32(NFTA_SET_ELEM_KEY, key);
      if (passes) batch.put_be32(NFTA_SET_ELEM_EXPIRATION, 1);
      batch.unnest(element);
    };
    for (const auto key : keys) put(key, false);
    for (const auto key : passing) put(key, true);
    batch.unnest(list);
  });
}

TableTrace traced(const std::function<void(TraceReading&)>& replies) {
  TraceReading reading("fairlead");
  replies(reading);
  return reading.trace();
}

TEST(TraceReading, ChainsOfOtherTablesArePassedOver) {
  const auto alone = traced([](auto& r) { r.note_chain(chain("fairlead", "in", NF_DROP)); });
  const auto beside = traced([](auto& r) {
    r.note_chain(chain("other", "in", NF_DROP));
    r.note_chain(chain("fairlead", "in", NF_DROP));
    r.note_chain(chain("fairlead2", "in", NF_DROP));
  });
  EXPECT_EQ(alone, beside);
  EXPECT_NE(alone, traced([](auto&) {}));
}

TEST(TraceReading, AChainsPolicyCounts) {
  EXPECT_NE(traced([](auto& r) { r.note_chain(chain("fairlead", "in", NF_DROP)); }),
            traced([](auto& r) { r.note_chain(chain("fairlead", "in", NF_ACCEPT)); }));
}

TEST(TraceReading, RulesAreCountedAndToldApartByHandleNotByTraffic) {
  const auto first = traced([](auto& r) { r.note_rule(rule("fairlead", 7, 0)); });
  EXPECT_EQ(first.rules, 1);
  EXPECT_EQ(first, traced([](auto& r) { r.note_rule(rule("fairlead", 7, 999)); }));
  EXPECT_NE(first, traced([](auto& r) { r.note_rule(rule("fairlead", 8, 0)); }));
  EXPECT_EQ(traced([](auto& r) { r.note_rule(rule("other", 7, 0)); }).rules, 0);
}

TEST(TraceReading, SetsWithoutANameOfTheirOwnArePassedOver) {
  TraceReading reading("fairlead");
  reading.note_set(set("vip4", 0));
  reading.note_set(set("__set0", NFT_SET_ANONYMOUS | NFT_SET_CONSTANT));
  reading.note_set(set("", 0));
  EXPECT_EQ(reading.sets(), std::set<std::string>{"vip4"});
}

// A hash table tells its elements in another order after it has grown, and in other messages.
TEST(TraceReading, TheOrderOfElementsDoesNotCount) {
  const auto once = traced([](auto& r) { r.note_elements("vip4", elements({1, 2, 3})); });
  const auto parted = traced([](auto& r) {
    r.note_elements("vip4", elements({3}));
    r.note_elements("vip4", elements({2, 1}));
  });
  EXPECT_EQ(once.elements, 3);
  EXPECT_EQ(once, parted);
}

TEST(TraceReading, InWhichSetAnElementIsCounts) {
  EXPECT_NE(traced([](auto& r) { r.note_elements("vip4", elements({1})); }),
            traced([](auto& r) { r.note_elements("nat4", elements({1})); }));
}

TEST(TraceReading, ElementsThatRunOutDoNotCount) {
  EXPECT_EQ(traced([](auto& r) {
              r.note_elements("live", elements({1}, {2, 3}));
            }),
            traced([](auto& r) { r.note_elements("live", elements({1})); }));
}

TEST(TraceReading, OfACutReplyNothingIsReadBeyondIt) {
  const net::Bytes whole = elements({1, 2});
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const net::Bytes cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_EQ(traced([&](auto& r) { r.note_elements("vip4", cut); }).elements, 0) << size;
  }
}

TEST(GenerationOf, IsToldByItsAttributeOrNotAtAll) {
  EXPECT_EQ(generation_of(payload([](GenlBatch& batch) { batch.put_be32(NFTA_GEN_ID, 77); })),
            Generation{77});
  const auto other = payload([](GenlBatch& batch) { batch.put_be32(NFTA_GEN_PROC_PID, 77); });
  EXPECT_FALSE(generation_of(other).has_value());
  EXPECT_FALSE(generation_of({}).has_value());
}

}  // namespace
}  // namespace fairlead::kernel

#include "node/kernel/conntrack_server_message.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

// datapath.md 5: entries of connection tracking, bytes and back.
namespace fairlead::kernel {
namespace {

using Bytes = std::vector<std::uint8_t>;
constexpr std::size_t kNetlinkHeader = 16;

net::Endpoint at(const std::string& text) { return *net::parse_endpoint(text); }

void put_tuple(GenlBatch& batch, std::uint16_t which, const net::Endpoint& from, const net::Endpoint& to,
               std::uint8_t protocol) {
  const bool v4 = from.address.is_v4();
  const auto tuple = batch.nest(which);
  const auto ip = batch.nest(1);
  batch.put(v4 ? 1 : 3, from.address.bytes());
  batch.put(v4 ? 2 : 4, to.address.bytes());
  batch.unnest(ip);
  const auto proto = batch.nest(2);
  batch.put(1, std::vector{protocol});
  batch.put_be16(2, from.port.value());
  batch.put_be16(3, to.port.value());
  batch.unnest(proto);
  batch.unnest(tuple);
}

// As the kernel tells of an entry, from the nfgenmsg on.
Bytes entry(const net::Endpoint& client, const net::Endpoint& asked, const net::Endpoint& answering,
            const net::Endpoint& answered, std::uint8_t protocol) {
  GenlBatch batch;
  const std::uint8_t header[4] = {client.address.is_v4() ? std::uint8_t{2} : std::uint8_t{10}, 0, 0, 0};
  batch.begin({0x0100, 0, 7}, header);
  put_tuple(batch, 1, client, asked, protocol);
  put_tuple(batch, 2, answering, answered, protocol);
  batch.put_be32(3, 0x18e);
  batch.put_be32(12, 0x12345678);
  batch.end();
  return {batch.bytes().begin() + kNetlinkHeader, batch.bytes().end()};
}

const net::Endpoint kClient = at("198.51.100.9:4000");
const net::Endpoint kVip = at("192.0.2.100:53");
const net::Endpoint kReal = at("10.0.0.1:5353");

TEST(ReadServed, HasWhatWasAskedAndWhoAnswers) {
  const Bytes payload = entry(kClient, kVip, kReal, at("192.0.2.100:4000"), 17);
  const auto read = read_served(payload);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->original, (plan::VirtualServerKey{kVip.address, net::Protocol::kUdp, kVip.port}));
  EXPECT_EQ(read->answering, kReal);
  EXPECT_EQ(Bytes(read->id.begin(), read->id.end()), (Bytes{0x12, 0x34, 0x56, 0x78}));
}

TEST(ReadServed, ReadsIPv6Too) {
  const Bytes payload = entry(at("[2001:db8::9]:4000"), at("[2001:db8::1]:53"), at("[fd00::1]:5353"),
                              at("[2001:db8::1]:4000"), 6);
  const auto read = read_served(payload);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->original,
            (plan::VirtualServerKey{*net::parse_address("2001:db8::1"), net::Protocol::kTcp, net::Port{53}}));
  EXPECT_EQ(read->answering, at("[fd00::1]:5353"));
}

TEST(ReadServed, PassesOverProtocolsWithoutPorts) {
  EXPECT_FALSE(read_served(entry(kClient, kVip, kReal, kVip, 1)));
}

// Whatever is cut off: nothing that makes no sense, and no reading past the end (run under ASan).
TEST(ReadServed, OfACutMessageReadsNothingBeyondIt) {
  const Bytes whole = entry(kClient, kVip, kReal, kVip, 17);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const Bytes cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    const auto read = read_served(cut);
    EXPECT_TRUE(!read || (read->original.address == kVip.address && read->answering == kReal)) << size;
  }
}

// Family 0: both. A dump is flags REQUEST and DUMP.
TEST(AppendServedDump, AsksForBothFamilies) {
  GenlBatch batch;
  append_served_dump(batch, 7);
  EXPECT_EQ(Bytes(batch.bytes().begin(), batch.bytes().end()),
            (Bytes{20, 0, 0, 0, 1, 1, 1, 3, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}));
}

TEST(AppendServedDelete, NamesTheEntryByFamilyTupleAndId) {
  const Bytes payload = entry(kClient, kVip, kReal, kVip, 17);
  const auto read = read_served(payload);
  ASSERT_TRUE(read);
  GenlBatch batch;
  append_served_delete(batch, 7, *read);
  const Bytes sent(batch.bytes().begin(), batch.bytes().end());
  EXPECT_EQ(Bytes(sent.begin() + 4, sent.begin() + 6), (Bytes{2, 1}));  // delete, of connection tracking
  EXPECT_EQ(sent.at(kNetlinkHeader), 2);                                // AF_INET
  const auto attributes = attributes_of(std::span(sent).subspan(kNetlinkHeader + 4));
  ASSERT_EQ(attributes.size(), 2U);
  EXPECT_EQ(attributes[0].type, 1);
  EXPECT_TRUE(std::ranges::equal(attributes[0].value, read->tuple));
  EXPECT_EQ(attributes[1].type, 12);
  EXPECT_TRUE(std::ranges::equal(attributes[1].value, read->id));
}

TEST(AppendServedDelete, OfIPv6IsOfThatFamily) {
  const Bytes payload = entry(at("[2001:db8::9]:4000"), at("[2001:db8::1]:53"), at("[fd00::1]:5353"),
                              at("[2001:db8::1]:4000"), 17);
  const auto read = read_served(payload);
  ASSERT_TRUE(read);
  GenlBatch batch;
  append_served_delete(batch, 7, *read);
  EXPECT_EQ(batch.bytes()[kNetlinkHeader], 10);
}

}  // namespace
}  // namespace fairlead::kernel

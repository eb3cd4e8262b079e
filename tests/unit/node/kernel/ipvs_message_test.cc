#include "node/kernel/ipvs_message.h"

#include <gtest/gtest.h>
#include <linux/ip_vs.h>

#include <cstring>

// datapath.md 4: IPVS commands of generic netlink, bytes and back. Host order is little-endian here.
namespace fairlead::kernel {
namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr std::uint16_t kFamily = 0x1234;
const ipvs::Key kWeb{*net::parse_address("192.0.2.100"), net::Protocol::kTcp, net::Port{80}};
const ipvs::Key kSix{*net::parse_address("2001:db8::1"), net::Protocol::kUdp, net::Port{53}};
const net::Endpoint kReal = *net::parse_endpoint("10.0.0.1:8080");
constexpr std::size_t kNetlinkHeader = 16;

Bytes bytes_of(const ipvs::Change& change) {
  GenlBatch batch;
  append_change(batch, kFamily, 7, change);
  return {batch.bytes().begin(), batch.bytes().end()};
}

// What the kernel answers has the shape of what we send.
std::span<const std::uint8_t> payload_of(const Bytes& message) {
  return std::span(message).subspan(kNetlinkHeader);
}

ipvs::Service hashing() {
  ipvs::Service service;
  service.scheduler = "mh";
  service.flags = ipvs::kHashFallback;
  return service;
}

TEST(AppendChange, DeleteServiceIsTheKeyAlone) {
  EXPECT_EQ(bytes_of(ipvs::DeleteService{kWeb}), (Bytes{56,
                                                        0,
                                                        0,
                                                        0,
                                                        0x34,
                                                        0x12,
                                                        1,
                                                        0,
                                                        7,
                                                        0,
                                                        0,
                                                        0,
                                                        0,
                                                        0,
                                                        0,
                                                        0,  // nlmsghdr: length, type, REQUEST, 7
                                                        IPVS_CMD_DEL_SERVICE,
                                                        1,
                                                        0,
                                                        0,  // genlmsghdr
                                                        36,
                                                        0,
                                                        1,
                                                        0x80,  // SERVICE, nested
                                                        6,
                                                        0,
                                                        1,
                                                        0,
                                                        2,
                                                        0,
                                                        0,
                                                        0,  // AF 2
                                                        6,
                                                        0,
                                                        2,
                                                        0,
                                                        6,
                                                        0,
                                                        0,
                                                        0,  // PROTOCOL 6
                                                        8,
                                                        0,
                                                        3,
                                                        0,
                                                        192,
                                                        0,
                                                        2,
                                                        100,  // ADDR
                                                        6,
                                                        0,
                                                        4,
                                                        0,
                                                        0,
                                                        80,
                                                        0,
                                                        0}));  // PORT, big-endian
}

TEST(AppendChange, AServiceIsReadBackAsItWasWritten) {
  const auto read = read_service(payload_of(bytes_of(ipvs::AddService{kWeb, hashing()})));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->first, kWeb);
  EXPECT_EQ(read->second, hashing());
}

TEST(AppendChange, AnIPv6ServiceIsReadBackAsItWasWritten) {
  ipvs::Service service;
  service.netmask = ipvs::kIPv6Host;
  const auto read = read_service(payload_of(bytes_of(ipvs::SetService{kSix, service})));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->first, kSix);
  EXPECT_EQ(read->second, service);
}

TEST(AppendChange, ADestinationIsReadBackAsItWasWritten) {
  const ipvs::Destination destination{ipvs::Method::kMasquerade, ipvs::Weight{3}, 9, 4};
  const auto read = read_destination(payload_of(bytes_of(ipvs::AddDestination{kWeb, kReal, destination})),
                                     net::Family::kIPv4);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->first, kReal);
  EXPECT_EQ(read->second, (ipvs::SeenDestination{destination, {}}));
}

// sh and mh have the same numbers for their two.
TEST(AppendChange, FlagsHaveTheKernelsNumbers) {
  EXPECT_EQ(ipvs::kPersistent.value(), std::uint32_t{IP_VS_SVC_F_PERSISTENT});
  EXPECT_EQ(ipvs::kOnePacket.value(), std::uint32_t{IP_VS_SVC_F_ONEPACKET});
  EXPECT_EQ(ipvs::kHashFallback.value(), std::uint32_t{IP_VS_SVC_F_SCHED1});
  EXPECT_EQ(ipvs::kHashPort.value(), std::uint32_t{IP_VS_SVC_F_SCHED2});
}

TEST(AppendChange, UsesTheCommandOfEachChange) {
  const std::vector<std::pair<ipvs::Change, std::uint8_t>> all = {
      {ipvs::AddService{kWeb, {}}, IPVS_CMD_NEW_SERVICE},
      {ipvs::SetService{kWeb, {}}, IPVS_CMD_SET_SERVICE},
      {ipvs::DeleteService{kWeb}, IPVS_CMD_DEL_SERVICE},
      {ipvs::AddDestination{kWeb, kReal, {}}, IPVS_CMD_NEW_DEST},
      {ipvs::SetDestination{kWeb, kReal, {}}, IPVS_CMD_SET_DEST},
      {ipvs::DeleteDestination{kWeb, kReal}, IPVS_CMD_DEL_DEST},
  };
  for (const auto& [change, command] : all) EXPECT_EQ(bytes_of(change).at(kNetlinkHeader), command);
}

// S-4: nothing of ours flushes the whole table.
TEST(AppendChange, NoChangeIsAFlush) {
  for (const ipvs::Change& change :
       {ipvs::Change{ipvs::DeleteService{kWeb}}, ipvs::Change{ipvs::DeleteDestination{kWeb, kReal}}}) {
    EXPECT_NE(bytes_of(change).at(kNetlinkHeader), IPVS_CMD_FLUSH);
    EXPECT_NE(bytes_of(change).at(kNetlinkHeader), IPVS_CMD_ZERO);
  }
}

TEST(ReadService, StripsTheKernelsOwnHashedFlag) {
  ipvs::Service hashed = hashing();
  hashed.flags = ipvs::Flags{ipvs::kHashFallback.value() | IP_VS_SVC_F_HASHED};
  EXPECT_EQ(read_service(payload_of(bytes_of(ipvs::AddService{kWeb, hashed})))->second.flags,
            ipvs::kHashFallback);
}

TEST(ReadService, PassesOverServicesNamedByAMark) {
  GenlBatch batch;
  const std::uint8_t header[4] = {IPVS_CMD_NEW_SERVICE, 1, 0, 0};
  batch.begin({kFamily, 0, 7}, header);
  const auto mark = batch.nest(IPVS_CMD_ATTR_SERVICE);
  batch.put_u16(IPVS_SVC_ATTR_AF, 2);
  batch.put_u32(IPVS_SVC_ATTR_FWMARK, 5);
  batch.unnest(mark);
  batch.end();
  const Bytes message(batch.bytes().begin(), batch.bytes().end());
  EXPECT_FALSE(read_service(payload_of(message)));
}

TEST(ReadService, PassesOverOtherProtocols) {
  ipvs::Key odd = kWeb;
  odd.protocol = static_cast<net::Protocol>(50);
  EXPECT_FALSE(read_service(payload_of(bytes_of(ipvs::AddService{odd, {}}))));
}

// Whatever is cut off: no value that makes no sense, and no reading past the end (run under ASan).
TEST(ReadService, OfACutMessageReadsNothingBeyondIt) {
  const Bytes whole = bytes_of(ipvs::AddService{kWeb, hashing()});
  for (std::size_t size = kNetlinkHeader; size < whole.size(); ++size) {
    const Bytes cut(whole.begin() + kNetlinkHeader, whole.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_FALSE(read_service(cut)) << size;
  }
}

TEST(ReadDestination, KnowsTheKernelsChoiceOfLocal) {
  const ipvs::Destination local{ipvs::Method::kLocal, ipvs::Weight{1}, 0, 0};
  const auto read =
      read_destination(payload_of(bytes_of(ipvs::AddDestination{kWeb, kReal, local})), net::Family::kIPv4);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->second.destination.method, ipvs::Method::kLocal);
}

// datapath.md 4: attributes 7 to 9, of replies alone.
TEST(ReadDestination, HasItsConnections) {
  GenlBatch batch;
  const std::uint8_t header[4] = {IPVS_CMD_NEW_DEST, 1, 0, 0};
  batch.begin({kFamily, 0, 7}, header);
  const auto mark = batch.nest(IPVS_CMD_ATTR_DEST);
  batch.put(1, kReal.address.bytes());
  batch.put_be16(2, kReal.port.value());
  batch.put_u32(4, 6);
  batch.put_u32(7, 3);
  batch.put_u32(8, 70'000);
  batch.put_u32(9, 1);
  batch.unnest(mark);
  batch.end();
  const Bytes message(batch.bytes().begin(), batch.bytes().end());
  const auto read = read_destination(payload_of(message), net::Family::kIPv4);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->first, kReal);
  EXPECT_EQ(read->second.connections, (ipvs::Connections{3, 70'000, 1}));
  EXPECT_EQ(read->second.destination, (ipvs::Destination{ipvs::Method::kMasquerade, ipvs::Weight{6}, 0, 0}));
}

// Nobody asks the kernel for connections.
TEST(AppendChange, NoDestinationIsWrittenWithConnections) {
  for (const ipvs::Change& change : {ipvs::Change{ipvs::AddDestination{kWeb, kReal, {}}},
                                     ipvs::Change{ipvs::SetDestination{kWeb, kReal, {}}}}) {
    const auto read = read_destination(payload_of(bytes_of(change)), net::Family::kIPv4);
    ASSERT_TRUE(read);
    EXPECT_TRUE(ipvs::is_idle(read->second.connections));
  }
}

TEST(GenlBatch, AsksForAnAcknowledgementOfItsLastMessageOnly) {
  GenlBatch batch;
  append_change(batch, kFamily, 1, ipvs::DeleteService{kWeb});
  append_change(batch, kFamily, 2, ipvs::DeleteService{kWeb});
  batch.acknowledge_last();
  ASSERT_EQ(batch.bytes().size(), 112U);
  EXPECT_EQ(batch.bytes()[6], 1);       // NLM_F_REQUEST
  EXPECT_EQ(batch.bytes()[56 + 6], 5);  // and NLM_F_ACK
  EXPECT_EQ(batch.count(), 2U);
}

}  // namespace
}  // namespace fairlead::kernel

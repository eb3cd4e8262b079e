#include "node/kernel/conntrack_message.h"

#include <gtest/gtest.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <string>

// libraries.md 2, datapath.md 5: entries of connection tracking, bytes and back. Host order is little-endian
// here.
namespace fairlead::kernel {
namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr std::size_t kNetlinkHeader = 16;
constexpr std::uint32_t kRewritten = IPS_DST_NAT | IPS_CONFIRMED;
const Bytes kId{0, 0, 0, 42};

net::Endpoint at(const std::string& text) { return *net::parse_endpoint(text); }

// Who sends to whom, and where it goes.
struct Walk {
  net::Endpoint client;
  net::Endpoint asked;
  net::Endpoint answering;
};
const Walk kWalk{at("198.51.100.9:4000"), at("192.0.2.100:53"), at("10.0.0.1:5353")};
const Walk kWalk6{at("[2001:db8::9]:4000"), at("[2001:db8::100]:53"), at("[fd00::1]:5353")};

void put_tuple(GenlBatch& batch, std::uint16_t which, const net::Endpoint& from, const net::Endpoint& to,
               std::uint8_t protocol) {
  const bool v6 = !from.address.is_v4();
  const auto tuple = batch.nest(which);
  const auto addresses = batch.nest(CTA_TUPLE_IP);
  batch.put(v6 ? CTA_IP_V6_SRC : CTA_IP_V4_SRC, from.address.bytes());
  batch.put(v6 ? CTA_IP_V6_DST : CTA_IP_V4_DST, to.address.bytes());
  batch.unnest(addresses);
  const auto ports = batch.nest(CTA_TUPLE_PROTO);
  batch.put(CTA_PROTO_NUM, Bytes{protocol});
  batch.put_be16(CTA_PROTO_SRC_PORT, from.port.value());
  batch.put_be16(CTA_PROTO_DST_PORT, to.port.value());
  batch.unnest(ports);
  batch.unnest(tuple);
}

// As the kernel tells of an entry, from the nfgenmsg on. Answers go to the VIP (SNAT).
Bytes entry(const Walk& walk, std::uint8_t protocol, std::uint32_t status) {
  const bool v6 = !walk.asked.address.is_v4();
  const std::uint8_t header[4] = {static_cast<std::uint8_t>(v6 ? AF_INET6 : AF_INET), 0, 0, 0};
  GenlBatch batch;
  batch.begin({0, 0, 1}, header);
  put_tuple(batch, CTA_TUPLE_ORIG, walk.client, walk.asked, protocol);
  put_tuple(batch, CTA_TUPLE_REPLY, walk.answering, {walk.asked.address, walk.client.port}, protocol);
  batch.put_be32(CTA_STATUS, status);
  batch.put(CTA_ID, kId);
  batch.end();
  return {batch.bytes().begin() + kNetlinkHeader, batch.bytes().end()};
}

TEST(ReadConnection, TellsOfEitherFamilyWhatWasAskedAndWhoAnswers) {
  for (const Walk& walk : {kWalk, kWalk6}) {
    const auto read = read_connection(entry(walk, IPPROTO_UDP, IPS_CONFIRMED));
    ASSERT_TRUE(read.has_value());
    const plan::VirtualServerKey asked{walk.asked.address, net::Protocol::kUdp, walk.asked.port};
    EXPECT_EQ(read->asked, asked);
    EXPECT_EQ(read->answering, walk.answering);
    EXPECT_EQ(read->id, kId);
  }
}

// kubernetes#101607: kube-proxy's translation of a VIP that IPVS serves from now on. IPVS's own entries, and
// those whose source alone was rewritten, are not marked so.
TEST(ReadConnection, TellsWhetherSomebodyHasRewrittenTheDestination) {
  for (const Walk& walk : {kWalk, kWalk6}) {
    EXPECT_TRUE(read_connection(entry(walk, IPPROTO_TCP, kRewritten))->translated);
    EXPECT_FALSE(read_connection(entry(walk, IPPROTO_TCP, IPS_CONFIRMED | IPS_SRC_NAT))->translated);
  }
}

TEST(ReadConnection, IsNothingOfAProtocolWithoutPorts) {
  EXPECT_EQ(read_connection(entry(kWalk, IPPROTO_ICMP, kRewritten)), std::nullopt);
  EXPECT_EQ(read_connection(entry(kWalk6, IPPROTO_ICMPV6, kRewritten)), std::nullopt);
}

// An address is read as its family says, however long it is.
TEST(ReadConnection, IsNothingWhereFamilyAndAddressDiffer) {
  Bytes other = entry(kWalk6, IPPROTO_TCP, kRewritten);
  other[0] = AF_INET;
  EXPECT_EQ(read_connection(other), std::nullopt);
}

// Whatever is cut off: nothing that makes no sense, and no reading past the end (run under ASan).
TEST(ReadConnection, OfACutEntryIsNothingOrWhatIsThere) {
  for (const Walk& walk : {kWalk, kWalk6}) {
    const Bytes whole = entry(walk, IPPROTO_TCP, kRewritten);
    const std::size_t with_status = whole.size() - (sizeof(nlattr) + kId.size());
    const std::size_t with_tuples = with_status - (sizeof(nlattr) + sizeof(std::uint32_t));
    for (std::size_t size = 0; size < whole.size(); ++size) {
      const auto read = read_connection(std::span(whole).first(size));
      EXPECT_EQ(read.has_value(), size >= with_tuples) << size;
      if (!read) continue;
      EXPECT_EQ(read->translated, size >= with_status) << size;
      EXPECT_EQ(read->answering, walk.answering) << size;
    }
  }
}

TEST(AppendConnectionDump, AsksForBothFamilies) {
  GenlBatch batch;
  append_connection_dump(batch, 7);
  const Bytes bytes(batch.bytes().begin(), batch.bytes().end());
  // nlmsghdr: length, ctnetlink GET, REQUEST with DUMP, sequence, port; nfgenmsg: AF_UNSPEC, version, 0
  EXPECT_EQ(bytes, (Bytes{20, 0, 0, 0, 1, 1, 1, 3, 7, 0, 0, 0, 0, 0, 0, 0, AF_UNSPEC, 0, 0, 0}));
}

// The kernel reads the tuple as the family says: IPv4 would not find an entry of IPv6.
TEST(AppendConnectionDelete, GivesBackWhatNamesTheEntryWithItsFamily) {
  for (const Walk& walk : {kWalk, kWalk6}) {
    const Bytes told = entry(walk, IPPROTO_TCP, kRewritten);
    const auto read = read_connection(told);
    ASSERT_TRUE(read.has_value());
    GenlBatch batch;
    append_connection_delete(batch, 7, *read);
    const Bytes message(batch.bytes().begin(), batch.bytes().end());
    EXPECT_EQ(message[4], IPCTNL_MSG_CT_DELETE);
    EXPECT_EQ(message[5], 1);  // ctnetlink
    EXPECT_EQ(message[kNetlinkHeader], told[0]);
    const auto attributes = attributes_of(std::span(message).subspan(kNetlinkHeader + 4));
    ASSERT_EQ(attributes.size(), 2U);
    EXPECT_EQ(attributes[0].type, CTA_TUPLE_ORIG);
    EXPECT_EQ(Bytes(attributes[0].value.begin(), attributes[0].value.end()), read->tuple);
    EXPECT_EQ(attributes[1].type, CTA_ID);
    EXPECT_EQ(Bytes(attributes[1].value.begin(), attributes[1].value.end()), kId);
  }
}

}  // namespace
}  // namespace fairlead::kernel

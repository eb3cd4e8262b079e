#include "node/kernel/conntrack_message.h"

#include <gtest/gtest.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <sys/socket.h>

// libraries.md 2: entries of connection tracking, bytes and back. Host order is little-endian here.
namespace fairlead::kernel {
namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr std::size_t kNetlinkHeader = 16;
constexpr std::uint32_t kRewritten = IPS_DST_NAT | IPS_CONFIRMED;
const Bytes kId{0, 0, 0, 42};

net::IpAddress ip(const std::string& text) { return *net::parse_address(text); }

// An entry of a connection to `destination`, port 443, as the kernel writes it, from the nfgenmsg on.
Bytes entry(const net::IpAddress& destination, std::uint8_t protocol, std::uint32_t status) {
  const bool v6 = !destination.is_v4();
  const std::uint8_t header[4] = {static_cast<std::uint8_t>(v6 ? AF_INET6 : AF_INET), 0, 0, 0};
  GenlBatch batch;
  batch.begin({0, 0, 1}, header);
  const auto tuple = batch.nest(CTA_TUPLE_ORIG);
  const auto addresses = batch.nest(CTA_TUPLE_IP);
  batch.put(v6 ? CTA_IP_V6_SRC : CTA_IP_V4_SRC, ip(v6 ? "2001:db8::9" : "192.0.2.9").bytes());
  batch.put(v6 ? CTA_IP_V6_DST : CTA_IP_V4_DST, destination.bytes());
  batch.unnest(addresses);
  const auto ports = batch.nest(CTA_TUPLE_PROTO);
  batch.put(CTA_PROTO_NUM, Bytes{protocol});
  batch.put_be16(CTA_PROTO_SRC_PORT, 50000);
  batch.put_be16(CTA_PROTO_DST_PORT, 443);
  batch.unnest(ports);
  batch.unnest(tuple);
  batch.put_be32(CTA_STATUS, status);
  batch.put(CTA_ID, kId);
  batch.end();
  return {batch.bytes().begin() + kNetlinkHeader, batch.bytes().end()};
}

// kubernetes#101607: kube-proxy's translation of a VIP that IPVS serves from now on.
TEST(ReadTranslated, TellsOfEitherFamilyWhatTheClientAskedFor) {
  for (const std::string address : {"192.0.2.100", "2001:db8::100"}) {
    const auto read = read_translated(entry(ip(address), IPPROTO_TCP, kRewritten));
    ASSERT_TRUE(read.has_value()) << address;
    EXPECT_EQ(read->destination, (plan::VirtualServerKey{ip(address), net::Protocol::kTcp, net::Port{443}}));
    EXPECT_EQ(read->id, kId) << address;
  }
}

TEST(ReadTranslated, IsNothingOfWhatNobodyHasRewritten) {
  for (const std::string address : {"192.0.2.100", "2001:db8::100"}) {
    EXPECT_EQ(read_translated(entry(ip(address), IPPROTO_TCP, IPS_CONFIRMED | IPS_SRC_NAT)), std::nullopt);
  }
}

TEST(ReadTranslated, IsNothingOfAProtocolWithoutPorts) {
  EXPECT_EQ(read_translated(entry(ip("192.0.2.100"), IPPROTO_ICMP, kRewritten)), std::nullopt);
  EXPECT_EQ(read_translated(entry(ip("2001:db8::100"), IPPROTO_ICMPV6, kRewritten)), std::nullopt);
}

// An address is read as its family says, however long it is.
TEST(ReadTranslated, IsNothingWhereFamilyAndAddressDiffer) {
  Bytes other = entry(ip("2001:db8::100"), IPPROTO_TCP, kRewritten);
  other[0] = AF_INET;
  EXPECT_EQ(read_translated(other), std::nullopt);
}

TEST(ReadTranslated, IsNothingOfAnEntryThatIsCutShort) {
  for (const std::string address : {"192.0.2.100", "2001:db8::100"}) {
    const Bytes whole = entry(ip(address), IPPROTO_TCP, kRewritten);
    const std::size_t with_status = whole.size() - (sizeof(nlattr) + kId.size());
    for (std::size_t size = 0; size < with_status; ++size) {
      EXPECT_EQ(read_translated(std::span(whole).first(size)), std::nullopt) << size;
    }
    EXPECT_TRUE(read_translated(std::span(whole).first(with_status)).has_value());
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
  for (const std::string address : {"192.0.2.100", "2001:db8::100"}) {
    const Bytes told = entry(ip(address), IPPROTO_TCP, kRewritten);
    const auto read = read_translated(told);
    ASSERT_TRUE(read.has_value()) << address;
    GenlBatch batch;
    append_connection_delete(batch, 7, *read);
    const Bytes message(batch.bytes().begin(), batch.bytes().end());
    EXPECT_EQ(message[4], IPCTNL_MSG_CT_DELETE) << address;
    EXPECT_EQ(message[5], 1) << address;  // ctnetlink
    EXPECT_EQ(message[kNetlinkHeader], told[0]) << address;
    const auto attributes = attributes_of(std::span(message).subspan(kNetlinkHeader + 4));
    ASSERT_EQ(attributes.size(), 2U) << address;
    EXPECT_EQ(attributes[0].type, CTA_TUPLE_ORIG) << address;
    EXPECT_EQ(Bytes(attributes[0].value.begin(), attributes[0].value.end()), read->tuple) << address;
    EXPECT_EQ(attributes[1].type, CTA_ID) << address;
    EXPECT_EQ(Bytes(attributes[1].value.begin(), attributes[1].value.end()), kId) << address;
  }
}

}  // namespace
}  // namespace fairlead::kernel

#include "node/neighbor/arp.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "support/hex.h"

namespace fairlead::neighbor {
namespace {

using test::hex;

const net::MacAddress kMac{{0x02, 0, 0, 0, 0, 0x10}};
const net::IpAddress kVip = net::IpAddress::v4({192, 0, 2, 100});

// vrrp.md 2, G1, G2, G3.
const char* const kG1 =
    "ff ff ff ff ff ff 02 00 00 00 00 10 08 06 00 01 08 00 06 04 00 01 02 00 00 00 00 10 c0 00 02 64 "
    "02 00 00 00 00 10 c0 00 02 64";
const char* const kG2 =
    "ff ff ff ff ff ff 02 00 00 00 00 10 08 06 00 01 08 00 06 04 00 02 02 00 00 00 00 10 c0 00 02 64 "
    "02 00 00 00 00 10 c0 00 02 64";
const char* const kG3 =
    "ff ff ff ff ff ff 02 00 00 00 00 10 08 06 00 01 08 00 06 04 00 01 02 00 00 00 00 10 c0 00 02 64 "
    "ff ff ff ff ff ff c0 00 02 64";
const char* const kG3VirtualMac =
    "ff ff ff ff ff ff 00 00 5e 00 01 33 08 06 00 01 08 00 06 04 00 01 00 00 5e 00 01 33 c0 00 02 64 "
    "00 00 5e 00 01 33 c0 00 02 64";

// VR-062: request and reply, the announced MAC in both fields.
TEST(GratuitousArp, IsTheRequestOfVectorG1) {
  EXPECT_EQ(encode(gratuitous_arp(kMac, kVip, ArpOperation::kRequest)), hex(kG1));
  EXPECT_EQ(decode_arp(hex(kG1)), gratuitous_arp(kMac, kVip, ArpOperation::kRequest));
}

TEST(GratuitousArp, IsTheReplyOfVectorG2) {
  EXPECT_EQ(encode(gratuitous_arp(kMac, kVip, ArpOperation::kReply)), hex(kG2));
  EXPECT_EQ(decode_arp(hex(kG2)), gratuitous_arp(kMac, kVip, ArpOperation::kReply));
}

// vrrp.md 7.6: keepalived and FRR put the broadcast address into the target MAC, or the virtual MAC.
TEST(GratuitousArp, IsRecognizedInThePeersForms) {
  for (const char* form : {kG1, kG2, kG3, kG3VirtualMac}) {
    const auto frame = decode_arp(hex(form));
    ASSERT_TRUE(frame);
    EXPECT_TRUE(is_gratuitous(*frame));
    EXPECT_EQ(frame->sender_ip, kVip);
  }
}

TEST(GratuitousArp, AProbeOrAnOrdinaryRequestIsNone) {
  ArpFrame frame = gratuitous_arp(kMac, kVip, ArpOperation::kRequest);
  frame.target_ip = net::IpAddress::v4({192, 0, 2, 1});
  EXPECT_FALSE(is_gratuitous(frame));
  frame.sender_ip = frame.target_ip = net::IpAddress();
  EXPECT_FALSE(is_gratuitous(frame));
}

TEST(DecodeArp, RefusesWhatIsNotEthernetIpv4Arp) {
  net::Bytes cut = hex(kG1);
  cut.pop_back();
  EXPECT_EQ(decode_arp(cut), std::nullopt);
  for (const std::size_t at : {12U, 13U, 14U, 15U, 16U, 18U, 19U, 20U, 21U}) {
    net::Bytes changed = hex(kG1);
    changed[at] = 0x77;
    EXPECT_EQ(decode_arp(changed), std::nullopt) << at;
  }
}

// F3: any frame goes there and back; Ethernet padding is ignored.
TEST(DecodeArp, ReadsBackEveryEncodedFrame) {
  EXPECT_TRUE(rc::check([](std::array<std::uint8_t, 6> mac, std::array<std::uint8_t, 4> ip, bool reply) {
    const auto frame = gratuitous_arp(net::MacAddress{mac}, net::IpAddress::v4(ip),
                                      reply ? ArpOperation::kReply : ArpOperation::kRequest);
    net::Bytes bytes = encode(frame);
    bytes.resize(60, 0);
    RC_ASSERT(decode_arp(bytes) == frame);
  }));
  EXPECT_TRUE(rc::check([](const net::Bytes& bytes) { (void)decode_arp(bytes); }));
}

}  // namespace
}  // namespace fairlead::neighbor

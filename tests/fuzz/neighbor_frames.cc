// F-3: Ethernet frames of any bytes, read as ARP and as neighbour discovery. What is read can be written
// again.
//
// Input: MAC(6) IPv4 address(4) IPv6 address(16) settings(1), from which announcements are made; then the
// frame.

#include <algorithm>

#include "lib/net/checksum.h"
#include "node/neighbor/advertisement.h"
#include "node/neighbor/arp.h"
#include "tests/fuzz/input.h"

namespace fairlead::neighbor {
namespace {

using fuzz::require;

constexpr std::size_t kArpFrame = 42;

void check_arp(const net::Bytes& bytes) {
  const auto frame = decode_arp(bytes);
  if (!frame) return;
  require(frame->sender_ip.is_v4() && frame->target_ip.is_v4(), "ARP is of IPv4");
  const net::Bytes again = encode(*frame);
  require(again.size() == kArpFrame && bytes.size() >= kArpFrame, "a whole frame was read");
  require(std::equal(again.begin(), again.end(), bytes.begin()), "encode(decode(x)) is x");
  if (is_gratuitous(*frame)) require(frame->sender_ip == frame->target_ip, "gratuitous: of one address");
}

// RFC 4861 7.1.1 and 7.1.2, on what was accepted; the offsets are those of advertisement.h.
void check_ndp(const net::Bytes& bytes) {
  const auto advertisement = decode_neighbor_advertisement(bytes);
  const auto solicitation = decode_neighbor_solicitation(bytes);
  require(!advertisement || !solicitation, "a frame is one or the other");
  if (!advertisement && !solicitation) return;
  require(bytes.size() >= 78 && bytes[21] == 255 && bytes[20] == 58, "hop limit 255, ICMPv6");
  const net::IpAddress target = advertisement ? advertisement->target : solicitation->target;
  require(!target.is_v4() && !target.is_multicast(), "the target is an IPv6 address, and of one host");
  if (!advertisement) return;
  const auto again = decode_neighbor_advertisement(encode(*advertisement));
  require(again == advertisement, "decode(encode(x)) is x");
}

// The checksum of the ICMPv6 message, put in, so that what lies behind it is reached.
void put_right(net::Bytes& frame) {
  if (frame.size() < 78) return;
  const std::size_t length = std::min<std::size_t>(net::u16_at(frame, 18), frame.size() - 54);
  frame[56] = frame[57] = 0;
  const auto all = std::span<const std::uint8_t>(frame);
  std::uint16_t sum = net::ones_complement_sum(all.subspan(22, 32), static_cast<std::uint16_t>(length + 58));
  sum = net::ones_complement_sum(all.subspan(54, length), sum);
  frame[56] = static_cast<std::uint8_t>(~sum >> 8 & 0xff);
  frame[57] = static_cast<std::uint8_t>(~sum & 0xff);
}

// What we announce is read as an announcement of it.
void check_own(const net::MacAddress& mac, const net::IpAddress& vip, const net::IpAddress& vip6,
               bool router) {
  for (const auto operation : {ArpOperation::kRequest, ArpOperation::kReply}) {
    const ArpFrame frame = gratuitous_arp(mac, vip, operation);
    require(decode_arp(encode(frame)) == frame, "decode(encode(x)) is x");
    require(is_gratuitous(frame) == !vip.is_unspecified(), "an announcement is gratuitous");
  }
  const auto advertisement = unsolicited_advertisement(mac, vip6, router);
  if (vip6.is_multicast()) return;
  const auto read = decode_neighbor_advertisement(encode(advertisement));
  require(read == advertisement, "an unsolicited advertisement reads as itself");
}

void run(fuzz::Input in) {
  net::MacAddress mac;
  for (auto& byte : mac.bytes) byte = in.byte();
  net::Bytes four = in.bytes(4);
  net::Bytes sixteen = in.bytes(16);
  four.resize(4);
  sixteen.resize(16);
  const std::uint8_t settings = in.byte();
  check_own(mac, net::IpAddress::from_bytes(four), net::IpAddress::from_bytes(sixteen), (settings & 1) != 0);
  net::Bytes frame = in.rest();
  if ((settings & 2) != 0) put_right(frame);
  check_arp(frame);
  check_ndp(frame);
}

}  // namespace
}  // namespace fairlead::neighbor

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fairlead::neighbor::run({data, size});
  return 0;
}

#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "lib/net/address.h"
#include "lib/net/bytes.h"
#include "lib/net/endpoint.h"

// Gratuitous ARP as whole Ethernet frames. RFC 826, and RFC 9568 section 6.4.2 for what it must say:
//
//    0: destination(6) source(6) 0x0806       14: 0x0001 0x0800 6 4 operation(2)
//   22: sender MAC(6) sender IPv4(4)          32: target MAC(6) target IPv4(4)
namespace fairlead::neighbor {

enum class ArpOperation : std::uint16_t { kRequest = 1, kReply = 2 };

struct ArpFrame {
  net::MacAddress destination;
  net::MacAddress source;
  ArpOperation operation = ArpOperation::kRequest;
  net::MacAddress sender_mac;
  net::IpAddress sender_ip;
  net::MacAddress target_mac;
  net::IpAddress target_ip;
  friend bool operator==(const ArpFrame&, const ArpFrame&) = default;
};

// What tells a segment that `vip` is at `mac`: broadcast, both addresses the VIP, target MAC = the
// announced one (RFC 9568; keepalived and FRR put ff:ff:ff:ff:ff:ff there). REQUIRES: vip is IPv4.
ArpFrame gratuitous_arp(const net::MacAddress& mac, const net::IpAddress& vip, ArpOperation operation);

// 42 bytes. REQUIRES: both addresses are IPv4.
net::Bytes encode(const ArpFrame& frame);

// Reads an Ethernet/IPv4 ARP frame; padding after it is ignored. Nothing if it is anything else.
std::optional<ArpFrame> decode_arp(std::span<const std::uint8_t> frame);

// Sender and target address are the same and not unspecified, whatever the target MAC: the forms of
// RFC 9568, keepalived and FRR.
bool is_gratuitous(const ArpFrame& frame);

}  // namespace fairlead::neighbor

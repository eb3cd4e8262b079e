#include "node/vrrp/admission.h"

namespace fairlead::vrrp {
namespace {

constexpr std::size_t kIpHeader = 20;
constexpr std::uint8_t kVrrpProtocol = 112;
constexpr std::uint8_t kTypeNone = 0;
constexpr std::uint8_t kTypePassword = 1;

// A message and what its IP header said, of either family.
struct Received {
  Endpoints endpoints;
  std::optional<int> ttl;
  std::span<const std::uint8_t> message;
};

std::optional<std::uint8_t> claimed_virtual_router_id(std::span<const std::uint8_t> message) {
  if (message.size() < 2) return std::nullopt;
  return message[1];
}

// 255, but for a peer that was named with less. The message is not checked yet; what it claims can only
// choose among the limits its source was given.
int lowest_ttl(const Listener& listener, const Received& received) {
  const auto claimed = claimed_virtual_router_id(received.message);
  if (!claimed || *claimed == 0) return kTtl;
  const auto router = listener.routers.find(VirtualRouterId(*claimed));
  if (router == listener.routers.end() || !router->second.peers) return kTtl;
  const auto peer = router->second.peers->find(received.endpoints.source);
  return peer == router->second.peers->end() ? kTtl : peer->second;
}

// Takes as long whatever the difference is.
bool same_password(const Password& one, const Password& other) {
  unsigned difference = 0;
  for (std::size_t i = 0; i < one.bytes.size(); ++i) difference |= one.bytes[i] ^ other.bytes[i];
  return difference == 0;
}

// RFC 3768 5.3.6 and 5.3.10: the data of type 0 is ignored; types not configured are dropped.
bool authentic(const Expected& expected, const Authentication& received) {
  if (!expected.password) return received.type == kTypeNone;
  return received.type == kTypePassword && same_password(*expected.password, received.data);
}

// What the router the message names has against it.
std::optional<RejectReason> objection(const Expected& expected, const DecodedMessage& decoded,
                                      const net::IpAddress& source) {
  if (decoded.version != expected.version) return RejectReason::kVersion;
  if (expected.peers && !expected.peers->contains(source)) return RejectReason::kSource;
  const net::IpAddress& first = decoded.advert.addresses.front();
  if (!first.is_v4() && expected.strict_v6_first_address && !first.is_link_local()) {
    return RejectReason::kAddressList;
  }
  if (!decoded.authentication) return std::nullopt;
  if (!authentic(expected, *decoded.authentication)) return RejectReason::kAuthentication;
  if (decoded.advert.max_advertise_interval != expected.interval) return RejectReason::kInterval;
  return std::nullopt;
}

Admission judge(const Listener& listener, const Received& received) {
  const net::IpAddress& source = received.endpoints.source;
  const auto rejected = [&](RejectReason reason) {
    return Rejected{reason, claimed_virtual_router_id(received.message), source};
  };
  if (!received.ttl || *received.ttl < lowest_ttl(listener, received)) {
    return rejected(RejectReason::kIpTtl);
  }
  if (listener.own_addresses.contains(source)) return rejected(RejectReason::kOwnAddress);

  const auto read = decode(received.message, received.endpoints);
  if (const auto* reason = std::get_if<RejectReason>(&read)) return rejected(*reason);
  const auto& decoded = std::get<DecodedMessage>(read);
  const auto router = listener.routers.find(decoded.advert.virtual_router_id);
  if (router == listener.routers.end()) return Foreign{decoded.advert.virtual_router_id, source};
  if (const auto reason = objection(router->second, decoded, source)) return rejected(*reason);
  return Accepted{decoded.advert, source, decoded.checksum, decoded.trailing_bytes};
}

}  // namespace

Admission admit(const Listener& listener, std::span<const std::uint8_t> packet) {
  if (packet.size() < kIpHeader || packet[0] >> 4 != 4) return Rejected{RejectReason::kPacketLength, {}, {}};
  const std::size_t header = std::size_t{4} * (packet[0] & 0x0f);
  const std::size_t total = net::u16_at(packet, 2);
  if (header < kIpHeader || total < header || total > packet.size()) {
    return Rejected{RejectReason::kPacketLength, {}, {}};
  }
  const Received received{
      {net::IpAddress::from_bytes(packet.subspan(12, 4)), net::IpAddress::from_bytes(packet.subspan(16, 4))},
      packet[8],
      packet.subspan(header, total - header)};
  if (packet[9] != kVrrpProtocol) {
    return Rejected{RejectReason::kProtocol, claimed_virtual_router_id(received.message),
                    received.endpoints.source};
  }
  return judge(listener, received);
}

Admission admit(const Listener& listener, const Ipv6Message& message) {
  return judge(listener, {message.endpoints, message.hop_limit, message.message});
}

}  // namespace fairlead::vrrp

#include "node/vrrp/admission.h"

#include "lib/net/bytes.h"

namespace fairlead::vrrp {
namespace {

constexpr std::size_t kIpHeader = 20;
constexpr std::uint8_t kVrrpProtocol = 112;
constexpr std::uint8_t kTtl = 255;

}  // namespace

Admission admit(const Listener& listener, std::span<const std::uint8_t> packet) {
  if (packet.size() < kIpHeader || packet[0] >> 4 != 4) return Rejected{RejectReason::kPacketLength, {}, {}};
  const std::size_t header = std::size_t{4} * (packet[0] & 0x0f);
  const std::size_t total = net::u16_at(packet, 2);
  if (header < kIpHeader || total < header || total > packet.size()) {
    return Rejected{RejectReason::kPacketLength, {}, {}};
  }
  const auto message = packet.subspan(header, total - header);
  const Endpoints endpoints{net::IpAddress::from_bytes(packet.subspan(12, 4)),
                            net::IpAddress::from_bytes(packet.subspan(16, 4))};
  std::optional<std::uint8_t> claimed;
  if (message.size() >= 2) claimed = message[1];
  const auto rejected = [&](RejectReason reason) { return Rejected{reason, claimed, endpoints.source}; };

  if (packet[9] != kVrrpProtocol) return rejected(RejectReason::kProtocol);
  if (packet[8] != kTtl) return rejected(RejectReason::kIpTtl);
  if (listener.own_addresses.contains(endpoints.source)) return rejected(RejectReason::kOwnAddress);

  const auto decoded = decode(message, endpoints);
  if (const auto* reason = std::get_if<RejectReason>(&decoded)) return rejected(*reason);
  const auto& sound = std::get<DecodedMessage>(decoded);
  if (!listener.virtual_router_ids.contains(sound.advert.virtual_router_id)) {
    return Foreign{sound.advert.virtual_router_id, endpoints.source};
  }
  return Accepted{sound.advert, endpoints.source, sound.checksum, sound.trailing_bytes};
}

}  // namespace fairlead::vrrp

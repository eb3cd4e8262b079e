#include "node/vrrp/packet.h"

#include <algorithm>
#include <cassert>

#include "lib/net/checksum.h"

namespace fairlead::vrrp {
namespace {

constexpr std::uint8_t kTypeAdvertisement = 1;
constexpr std::uint8_t kTypePassword = 1;
constexpr std::size_t kFixedPart = 8;
constexpr std::size_t kChecksumAt = 6;
constexpr std::size_t kAuthenticationBytes = 8;

// Where the parts of a message lie.
struct Layout {
  Version version = Version::k3;
  net::Family family = net::Family::kIPv4;
  std::size_t count = 0;

  std::size_t address_bytes() const { return family == net::Family::kIPv4 ? 4 : 16; }
  std::size_t addresses_end() const { return kFixedPart + count * address_bytes(); }
  std::size_t length() const { return addresses_end() + (version == Version::k2 ? kAuthenticationBytes : 0); }
};

bool has_checksum_forms(const Layout& layout) {
  return layout.version == Version::k3 && layout.family == net::Family::kIPv4;
}

// True if the checksum is right; `match` says which form, where there are two.
bool check_sum(std::span<const std::uint8_t> message, const Layout& layout, const Endpoints& endpoints,
               std::optional<ChecksumMatch>& match) {
  if (has_checksum_forms(layout)) {
    match = match_checksum(message.first(layout.length()), endpoints);
    return match.has_value();
  }
  if (layout.family == net::Family::kIPv4) {
    return net::ones_complement_sum(message.first(layout.length()), 0) == 0xffff;
  }
  return net::ones_complement_sum(message, pseudo_header_sum(endpoints, message.size())) == 0xffff;
}

std::uint16_t sum_to_start_with(const Form& form, const Endpoints& endpoints, std::size_t length) {
  const bool pseudo =
      !endpoints.source.is_v4() || (form.version == Version::k3 && form.checksum == ChecksumForm::kRfc5798);
  return pseudo ? pseudo_header_sum(endpoints, length) : std::uint16_t{0};
}

std::vector<net::IpAddress> read_addresses(std::span<const std::uint8_t> message, const Layout& layout) {
  std::vector<net::IpAddress> out;
  out.reserve(layout.count);
  for (std::size_t i = 0; i < layout.count; ++i) {
    out.push_back(net::IpAddress::from_bytes(
        message.subspan(kFixedPart + i * layout.address_bytes(), layout.address_bytes())));
  }
  return out;
}

Authentication read_authentication(std::span<const std::uint8_t> message, const Layout& layout) {
  Authentication out;
  out.type = message[4];
  std::copy_n(message.begin() + static_cast<std::ptrdiff_t>(layout.addresses_end()), kAuthenticationBytes,
              out.data.bytes.begin());
  return out;
}

// Adver Int of version 2 in seconds, Max Advertise Interval of version 3 in 12 bits of centiseconds.
Centiseconds read_interval(std::span<const std::uint8_t> message, Version version) {
  if (version == Version::k2) return Centiseconds(message[5] * 100);
  return Centiseconds(net::u16_at(message, 4) & 0x0fff);
}

std::variant<Layout, RejectReason> read_layout(std::span<const std::uint8_t> message, net::Family family) {
  if (message.empty()) return RejectReason::kPacketLength;
  const int version = message[0] >> 4;
  const bool known = version == 3 || (version == 2 && family == net::Family::kIPv4);
  if (!known) return RejectReason::kVersion;
  if ((message[0] & 0x0f) != kTypeAdvertisement) return RejectReason::kType;
  if (message.size() < kFixedPart) return RejectReason::kPacketLength;
  const Layout out{static_cast<Version>(version), family, message[3]};
  if (out.count == 0) return RejectReason::kAddressList;
  if (message.size() < out.length()) return RejectReason::kPacketLength;
  return out;
}

}  // namespace

std::string_view to_string(RejectReason reason) {
  switch (reason) {
    case RejectReason::kPacketLength:
      return "packet-length";
    case RejectReason::kIpTtl:
      return "ip-ttl";
    case RejectReason::kProtocol:
      return "protocol";
    case RejectReason::kVersion:
      return "version";
    case RejectReason::kType:
      return "type";
    case RejectReason::kChecksum:
      return "checksum";
    case RejectReason::kVrid:
      return "vrid";
    case RejectReason::kAddressList:
      return "address-list";
    case RejectReason::kInterval:
      return "interval";
    case RejectReason::kOwnAddress:
      return "own-address";
    case RejectReason::kSource:
      return "source";
    case RejectReason::kAuthentication:
      return "authentication";
  }
  return "";
}

Password make_password(std::string_view text) {
  Password out;
  std::copy_n(text.begin(), std::min(text.size(), out.bytes.size()), out.bytes.begin());
  return out;
}

net::IpAddress multicast_group(net::Family family) {
  if (family == net::Family::kIPv4) return net::IpAddress::v4({224, 0, 0, 18});
  return net::IpAddress::v6({0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x12});
}

std::vector<net::IpAddress> in_advert_order(std::vector<net::IpAddress> addresses) {
  std::sort(addresses.begin(), addresses.end());
  const auto in_front = [](const net::IpAddress& address) {
    return !address.is_v4() && address.is_link_local();
  };
  std::stable_partition(addresses.begin(), addresses.end(), in_front);
  return addresses;
}

std::size_t most_addresses(Version version, net::Family family, int mtu) {
  const bool v4 = family == net::Family::kIPv4;
  const int around = (v4 ? 20 : 40) + 8 + (version == Version::k2 ? 8 : 0);
  return static_cast<std::size_t>(std::clamp((mtu - around) / (v4 ? 4 : 16), 0, 255));
}

net::Bytes encode(const Advertisement& advert, const Form& form, const Endpoints& endpoints) {
  assert(!advert.addresses.empty() && advert.addresses.size() <= 255);
  assert(form.version == Version::k3 || endpoints.source.is_v4());
  net::ByteWriter out;
  out.u8(static_cast<std::uint8_t>((static_cast<int>(form.version) << 4) | kTypeAdvertisement));
  out.u8(advert.virtual_router_id.value());
  out.u8(advert.priority.value());
  out.u8(static_cast<std::uint8_t>(advert.addresses.size()));
  const int interval = static_cast<int>(advert.max_advertise_interval.count());
  if (form.version == Version::k2) {
    out.u8(form.password ? kTypePassword : std::uint8_t{0});
    out.u8(static_cast<std::uint8_t>(interval / 100));
  } else {
    out.u16(static_cast<std::uint16_t>(interval & 0x0fff));
  }
  out.u16(0);
  for (const net::IpAddress& address : advert.addresses) out.raw(address.bytes());
  if (form.version == Version::k2) out.raw(form.password.value_or(Password{}).bytes);
  const std::uint16_t start = sum_to_start_with(form, endpoints, out.size());
  out.patch_u16(kChecksumAt, static_cast<std::uint16_t>(~net::ones_complement_sum(out.view(), start)));
  return std::move(out).take();
}

std::variant<DecodedMessage, RejectReason> decode(std::span<const std::uint8_t> message,
                                                  const Endpoints& endpoints) {
  const auto read = read_layout(message, endpoints.source.family());
  if (const auto* reason = std::get_if<RejectReason>(&read)) return *reason;
  const Layout& layout = std::get<Layout>(read);
  DecodedMessage out;
  if (!check_sum(message, layout, endpoints, out.checksum)) return RejectReason::kChecksum;
  if (message[1] == 0) return RejectReason::kVrid;
  const Centiseconds interval = read_interval(message, layout.version);
  if (interval == Centiseconds(0)) return RejectReason::kInterval;

  out.advert = {VirtualRouterId(message[1]), Priority(message[2]), interval, read_addresses(message, layout)};
  out.version = layout.version;
  if (layout.version == Version::k2) out.authentication = read_authentication(message, layout);
  out.trailing_bytes = message.size() - layout.length();
  return out;
}

}  // namespace fairlead::vrrp

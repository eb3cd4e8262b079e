#include "node/kernel/fence_filter_rules.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/rtnetlink.h>

#include <cstring>

namespace fairlead::kernel {
namespace {

constexpr NftRegister kAddress = NFT_REG_1;  // and whatever is compared at once
constexpr NftRegister kGroup = NFT_REG_2;

constexpr std::uint8_t kVrrp = 112;
constexpr std::uint8_t kIcmp6 = 58;
constexpr std::uint8_t kSolicitation = 135;
constexpr std::uint8_t kAdvertisement = 136;
constexpr std::uint8_t kTtl = 255;
constexpr std::uint8_t kRelinquish = 0;

std::array<std::uint8_t, 2> ethertype(net::Family family) {
  const std::uint16_t type = family == net::Family::kIPv4 ? ETH_P_IP : ETH_P_IPV6;
  return {static_cast<std::uint8_t>(type >> 8U), static_cast<std::uint8_t>(type)};
}
constexpr std::array<std::uint8_t, 2> kArp = {ETH_P_ARP >> 8, ETH_P_ARP & 0xff};

NftRule rule(NftTransaction& transaction, const std::string& chain) {
  return {transaction, kFenceTable, chain};
}

NftRule& is_protocol(NftRule& rule, std::span<const std::uint8_t> type) {
  return rule.load_meta(NFT_META_PROTOCOL, kAddress).equals(kAddress, type);
}

NftRule& is_byte(NftRule& rule, std::uint32_t base, std::uint32_t offset, std::uint8_t value) {
  return rule.load_payload(base, offset, 1, kAddress).equals(kAddress, {&value, 1});
}

// IPv4 or IPv6 without extension headers: neither VRRP nor neighbour discovery has any. Told by the header
// alone and in this order, since nft(8) 1.0.6 ends in an assertion when it has to show `meta l4proto` here.
NftRule& is_packet(NftRule& rule, net::Family family, std::uint8_t protocol) {
  is_protocol(rule, ethertype(family));
  return is_byte(rule, NFT_PAYLOAD_NETWORK_HEADER, family == net::Family::kIPv4 ? 9 : 6, protocol);
}

// The address at that place is one of ours, and not live. Loaded twice, which is how nft(8) writes it.
NftRule& is_silenced(NftRule& rule, net::Family family, std::uint32_t base, std::uint32_t offset) {
  const std::uint32_t size = family == net::Family::kIPv4 ? 4 : 16;
  return rule.load_payload(base, offset, size, kAddress)
      .is_in(vip_set(family), kAddress)
      .load_payload(base, offset, size, kAddress)
      .is_not_in(live_set(family), kAddress);
}

// The group's key of the advert that is being sent.
NftRule& load_group(NftRule& rule) {
  return rule.load_meta(NFT_META_OIF, part_of(kGroup, 0))
      .load_meta(NFT_META_PROTOCOL, part_of(kGroup, 1))
      .load_payload(NFT_PAYLOAD_TRANSPORT_HEADER, 1, 1, part_of(kGroup, 2));
}

}  // namespace

std::string group_chain(const filter::FenceKey& key) {
  return "group_" + std::to_string(key.interface) + (key.family == net::Family::kIPv4 ? "_4_" : "_6_") +
         std::to_string(key.vrid.value());
}

const char* vip_set(net::Family family) { return family == net::Family::kIPv4 ? "vip4" : "vip6"; }
const char* live_set(net::Family family) { return family == net::Family::kIPv4 ? "live4" : "live6"; }

std::array<std::uint8_t, kFenceKeySize> bytes_of(const filter::FenceKey& key) {
  std::array<std::uint8_t, kFenceKeySize> bytes{};
  const auto interface = static_cast<std::uint32_t>(key.interface);
  std::memcpy(bytes.data(), &interface, sizeof interface);
  const auto type = ethertype(key.family);
  bytes[4] = type[0];
  bytes[5] = type[1];
  bytes[8] = key.vrid.value();
  return bytes;
}

void append_ingress_rules(NftTransaction& transaction) {
  for (const auto family : {net::Family::kIPv4, net::Family::kIPv6}) {
    NftRule packet = rule(transaction, "in");
    is_protocol(packet, ethertype(family));
    is_silenced(packet, family, NFT_PAYLOAD_NETWORK_HEADER, family == net::Family::kIPv4 ? 16 : 24);
    packet.load_destination_type(kAddress).equals_number(kAddress, RTN_LOCAL).verdict(NF_DROP).end();
  }
}

void append_egress_rules(NftTransaction& transaction) {
  NftRule arp = rule(transaction, "out");
  is_protocol(arp, kArp);
  is_silenced(arp, net::Family::kIPv4, NFT_PAYLOAD_NETWORK_HEADER, 14).verdict(NF_DROP).end();
  NftRule advertisement = rule(transaction, "out");
  is_packet(advertisement, net::Family::kIPv6, kIcmp6);
  is_byte(advertisement, NFT_PAYLOAD_TRANSPORT_HEADER, 0, kAdvertisement);
  is_silenced(advertisement, net::Family::kIPv6, NFT_PAYLOAD_TRANSPORT_HEADER, 8).verdict(NF_DROP).end();
  NftRule solicitation = rule(transaction, "out");
  is_packet(solicitation, net::Family::kIPv6, kIcmp6);
  is_byte(solicitation, NFT_PAYLOAD_TRANSPORT_HEADER, 0, kSolicitation);
  is_silenced(solicitation, net::Family::kIPv6, NFT_PAYLOAD_NETWORK_HEADER, 8).verdict(NF_DROP).end();
  for (const auto family : {net::Family::kIPv4, net::Family::kIPv6}) {
    NftRule advert = rule(transaction, "out");
    is_packet(advert, family, kVrrp);
    is_byte(advert, NFT_PAYLOAD_NETWORK_HEADER, family == net::Family::kIPv4 ? 8 : 7, kTtl);
    load_group(advert).decide_by("beats", kGroup).end();
  }
}

void append_group_rules(NftTransaction& transaction, const filter::FenceKey& key,
                        const filter::FenceTable::Group& group) {
  const std::string chain = group_chain(key);
  NftRule last_words = rule(transaction, chain);
  is_byte(last_words, NFT_PAYLOAD_TRANSPORT_HEADER, 2, kRelinquish).verdict(NFT_RETURN).end();
  NftRule late = rule(transaction, chain);
  late.load_meta(NFT_META_PRIORITY, kAddress).equals_number(kAddress, filter::kContinuingAdvert);
  load_group(late).is_not_in("beating", kGroup).verdict(NF_DROP).end();
  NftRule beat = rule(transaction, chain);
  load_group(beat).update("beating", kGroup, group.silent_after).end();
  for (const net::IpAddress& address : group.addresses) {
    rule(transaction, chain)
        .load_constant(address.bytes(), kAddress)
        .update(live_set(address.family()), kAddress, group.silent_after)
        .end();
  }
}

}  // namespace fairlead::kernel

#include "node/kernel/route_messages.h"

#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_arp.h>
#include <linux/ipv6.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>

#include <algorithm>
#include <cassert>
#include <cstring>
#include <memory>
#include <string_view>

#include "node/kernel/addresses.h"

namespace fairlead::kernel {
namespace {

struct FreeMessage {
  void operator()(nl_msg* message) const { nlmsg_free(message); }
};
using Message = std::unique_ptr<nl_msg, FreeMessage>;

int af_of(const net::IpAddress& address) { return address.is_v4() ? AF_INET : AF_INET6; }

constexpr std::string_view kLabelEnd = ":fl";

// Room for the header, ifaddrmsg and every attribute used here.
constexpr std::size_t kAddressMessageSize = 512;

Message address_message(int type, int flags, std::uint32_t sequence, int interface,
                        const net::IpAddress& address) {
  Message message(nlmsg_alloc_size(kAddressMessageSize));
  assert(message != nullptr);
  nlmsg_put(message.get(), NL_AUTO_PORT, sequence, type, 0, NLM_F_REQUEST | flags);
  nlmsg_hdr(message.get())->nlmsg_pid = 0;
  ifaddrmsg body{};
  body.ifa_family = static_cast<std::uint8_t>(af_of(address));
  body.ifa_prefixlen = static_cast<std::uint8_t>(address.bits());
  body.ifa_scope = RT_SCOPE_UNIVERSE;
  body.ifa_index = static_cast<std::uint32_t>(interface);
  nlmsg_append(message.get(), &body, sizeof body, NLMSG_ALIGNTO);
  const auto bytes = address.bytes();
  nla_put(message.get(), IFA_LOCAL, static_cast<int>(bytes.size()), bytes.data());
  nla_put(message.get(), IFA_ADDRESS, static_cast<int>(bytes.size()), bytes.data());
  return message;
}

void append(net::Bytes& batch, nl_msg* message) {
  const nlmsghdr* header = nlmsg_hdr(message);
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(header);
  batch.insert(batch.end(), bytes, bytes + header->nlmsg_len);
  batch.resize(NLMSG_ALIGN(batch.size()));
}

template <std::size_t N>
bool parse(const nlmsghdr& message, std::size_t fixed, nlattr* (&attributes)[N]) {
  return nlmsg_parse(const_cast<nlmsghdr*>(&message), static_cast<int>(fixed), attributes,
                     static_cast<int>(N) - 1, nullptr) >= 0;
}

std::optional<net::IpAddress> ip_of(const nlattr* attribute) {
  const auto size = static_cast<std::size_t>(nla_len(attribute));
  if (size != 4 && size != 16) return std::nullopt;
  return net::IpAddress::from_bytes({static_cast<const std::uint8_t*>(nla_data(attribute)), size});
}

template <class T>
std::optional<T> value_of(const nlattr* attribute) {
  if (attribute == nullptr || nla_len(attribute) < static_cast<int>(sizeof(T))) return std::nullopt;
  T value;
  std::memcpy(&value, nla_data(attribute), sizeof value);
  return value;
}

// Up to the first zero byte, or all of it.
std::string text_of(const nlattr* attribute) {
  if (attribute == nullptr) return {};
  const auto* text = static_cast<const char*>(nla_data(attribute));
  return {text, strnlen(text, static_cast<std::size_t>(nla_len(attribute)))};
}

// IFLA_AF_SPEC -> AF_INET6 -> IFLA_INET6_CONF: an array of int32 in the order of DEVCONF_*.
bool routes_ipv6(const nlattr* families) {
  if (families == nullptr) return false;
  const nlattr* ipv6 = nla_find(static_cast<const nlattr*>(nla_data(families)), nla_len(families), AF_INET6);
  if (ipv6 == nullptr) return false;
  const nlattr* settings =
      nla_find(static_cast<const nlattr*>(nla_data(ipv6)), nla_len(ipv6), IFLA_INET6_CONF);
  static_assert(DEVCONF_FORWARDING == 0);
  return value_of<std::int32_t>(settings).value_or(0) > 0;
}

// IFLA_LINKINFO -> IFLA_INFO_DATA -> IFLA_BOND_ACTIVE_SLAVE, if IFLA_INFO_KIND is "bond".
int active_port(const nlattr* info) {
  nlattr* parts[IFLA_INFO_MAX + 1] = {};
  if (info == nullptr ||
      nla_parse(parts, IFLA_INFO_MAX, static_cast<nlattr*>(nla_data(info)), nla_len(info), nullptr) < 0) {
    return 0;
  }
  if (text_of(parts[IFLA_INFO_KIND]) != "bond" || parts[IFLA_INFO_DATA] == nullptr) return 0;
  const nlattr* data = parts[IFLA_INFO_DATA];
  const nlattr* active =
      nla_find(static_cast<const nlattr*>(nla_data(data)), nla_len(data), IFLA_BOND_ACTIVE_SLAVE);
  return static_cast<int>(value_of<std::uint32_t>(active).value_or(0));
}

}  // namespace

void append_hold(net::Bytes& batch, std::uint32_t sequence, const Hold& hold) {
  const Message message = address_message(RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE | NLM_F_ECHO, sequence,
                                          hold.interface, hold.address);
  ifa_cacheinfo life{};
  life.ifa_valid = static_cast<std::uint32_t>(hold.lifetime.count());
  life.ifa_prefered = 0;
  nla_put(message.get(), IFA_CACHEINFO, sizeof life, &life);
  const std::uint32_t flags = IFA_F_NOPREFIXROUTE | IFA_F_NODAD;
  nla_put_u32(message.get(), IFA_FLAGS, flags);
  nla_put_u8(message.get(), IFA_PROTO, kAddressTag);
  if (!hold.label.empty()) nla_put_string(message.get(), IFA_LABEL, hold.label.c_str());
  append(batch, message.get());
}

void append_lookup(net::Bytes& batch, std::uint32_t sequence, int interface, const net::IpAddress& address) {
  assert(!address.is_v4());
  append(batch, address_message(RTM_GETADDR, 0, sequence, interface, address).get());
}

void append_release(net::Bytes& batch, std::uint32_t sequence, int interface, const net::IpAddress& address) {
  append(batch, address_message(RTM_DELADDR, 0, sequence, interface, address).get());
}

void acknowledge(net::Bytes& batch, std::size_t at) {
  nlmsghdr header;
  std::memcpy(&header, batch.data() + at, sizeof header);
  header.nlmsg_flags |= NLM_F_ACK;
  std::memcpy(batch.data() + at, &header, sizeof header);
}

std::optional<address::Interface> read_link(const nlmsghdr& message) {
  nlattr* attributes[IFLA_MAX + 1] = {};
  if (!parse(message, sizeof(ifinfomsg), attributes)) return std::nullopt;
  if (attributes[IFLA_IFNAME] == nullptr) return std::nullopt;
  const auto* body = static_cast<const ifinfomsg*>(NLMSG_DATA(&message));
  address::Interface out;
  out.index = body->ifi_index;
  out.name = text_of(attributes[IFLA_IFNAME]);
  out.mtu = static_cast<int>(value_of<std::uint32_t>(attributes[IFLA_MTU]).value_or(0));
  constexpr unsigned kUp = IFF_UP | IFF_RUNNING;
  out.up = (body->ifi_flags & kUp) == kUp;
  out.carrier_changes = value_of<std::uint32_t>(attributes[IFLA_CARRIER_CHANGES]).value_or(0);
  out.arp = body->ifi_type == ARPHRD_ETHER && (body->ifi_flags & (IFF_NOARP | IFF_LOOPBACK)) == 0;
  if (const nlattr* mac = attributes[IFLA_ADDRESS]; mac != nullptr && nla_len(mac) == 6) {
    std::memcpy(out.mac.bytes.data(), nla_data(mac), 6);
  }
  out.active_port = active_port(attributes[IFLA_LINKINFO]);
  out.routes_ipv6 = routes_ipv6(attributes[IFLA_AF_SPEC]);
  return out;
}

std::string owner_label(const std::string& interface) {
  return interface.substr(0, IFNAMSIZ - 1 - kLabelEnd.size()) + std::string(kLabelEnd);
}

std::optional<AddressMessage> read_address(const nlmsghdr& message) {
  nlattr* attributes[IFA_MAX + 1] = {};
  if (!parse(message, sizeof(ifaddrmsg), attributes)) return std::nullopt;
  const auto* body = static_cast<const ifaddrmsg*>(NLMSG_DATA(&message));
  const nlattr* local = attributes[IFA_LOCAL] != nullptr ? attributes[IFA_LOCAL] : attributes[IFA_ADDRESS];
  if (local == nullptr) return std::nullopt;
  const auto ip = ip_of(local);
  if (!ip || body->ifa_prefixlen > ip->bits()) return std::nullopt;
  AddressMessage out;
  out.interface = static_cast<int>(body->ifa_index);
  out.address.prefix = {*ip, body->ifa_prefixlen};
  out.tagged = value_of<std::uint8_t>(attributes[IFA_PROTO]) == kAddressTag;
  out.address.ours = out.tagged || (ip->is_v4() && text_of(attributes[IFA_LABEL]).ends_with(kLabelEnd));
  out.address.global = body->ifa_scope == RT_SCOPE_UNIVERSE;
  const auto flags = value_of<std::uint32_t>(attributes[IFA_FLAGS]).value_or(body->ifa_flags);
  out.address.secondary = ip->is_v4() && (flags & IFA_F_SECONDARY) != 0;
  out.address.dad_failed = (flags & IFA_F_DADFAILED) != 0;
  out.address.tentative = out.address.dad_failed || (flags & IFA_F_TENTATIVE) != 0;
  if (const auto life = value_of<ifa_cacheinfo>(attributes[IFA_CACHEINFO])) {
    out.address.lasting = life->ifa_valid == 0xffffffffU;
    out.address.deprecated = life->ifa_prefered == 0;
    out.created = life->cstamp == life->tstamp;
    out.updated = life->tstamp;
    out.valid_for = life->ifa_valid;
  }
  return out;
}

bool is_default_route(const nlmsghdr& message) {
  if (message.nlmsg_len < NLMSG_LENGTH(sizeof(rtmsg))) return false;
  const auto* body = static_cast<const rtmsg*>(NLMSG_DATA(&message));
  return body->rtm_dst_len == 0 && body->rtm_table == RT_TABLE_MAIN && body->rtm_type == RTN_UNICAST;
}

std::vector<DefaultRoute> read_default_route(const nlmsghdr& message) {
  nlattr* attributes[RTA_MAX + 1] = {};
  if (!is_default_route(message) || !parse(message, sizeof(rtmsg), attributes)) return {};
  std::vector<DefaultRoute> out;
  const auto out_interface = value_of<std::int32_t>(attributes[RTA_OIF]);
  if (out_interface && attributes[RTA_GATEWAY] != nullptr) {
    if (const auto gateway = ip_of(attributes[RTA_GATEWAY])) out.push_back({*out_interface, *gateway});
  }
  if (attributes[RTA_MULTIPATH] == nullptr) return out;
  const auto* hop = static_cast<const rtnexthop*>(nla_data(attributes[RTA_MULTIPATH]));
  int left = nla_len(attributes[RTA_MULTIPATH]);
  while (left >= static_cast<int>(sizeof *hop) && RTNH_OK(hop, left)) {
    nlattr* inner[RTA_MAX + 1] = {};
    const auto* first = reinterpret_cast<const nlattr*>(RTNH_DATA(hop));
    const int size = hop->rtnh_len - static_cast<int>(RTNH_LENGTH(0));
    if (nla_parse(inner, RTA_MAX, const_cast<nlattr*>(first), size, nullptr) >= 0 &&
        inner[RTA_GATEWAY] != nullptr) {
      if (const auto gateway = ip_of(inner[RTA_GATEWAY])) out.push_back({hop->rtnh_ifindex, *gateway});
    }
    left -= RTNH_ALIGN(hop->rtnh_len);
    hop = RTNH_NEXT(hop);
  }
  return out;
}

}  // namespace fairlead::kernel

#include "node/kernel/network.h"

#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_arp.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "node/kernel/addresses.h"
#include "node/kernel/netlink.h"

#ifndef IFA_PROTO
#define IFA_PROTO 11
#endif

namespace fairlead::kernel {
namespace {

using address::Interface;
using address::InterfaceAddress;

constexpr std::uint32_t kGroups =
    RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE;
constexpr std::uint32_t kForEver = 0xffffffffU;

template <class Header>
std::span<const std::uint8_t> header_bytes(const Header& header) {
  return {reinterpret_cast<const std::uint8_t*>(&header), sizeof header};
}

// Reads the fixed header; false if the message is too short for it.
template <class Header>
bool read_header(const NetlinkMessage& message, Header& header) {
  if (message.payload.size() < sizeof header) return false;
  std::memcpy(&header, message.payload.data(), sizeof header);
  return true;
}

template <class Header>
std::vector<NetlinkAttribute> attributes_after(const NetlinkMessage& message) {
  return attributes(
      message.payload.subspan(std::min<std::size_t>(NLMSG_ALIGN(sizeof(Header)), message.payload.size())));
}

struct Gateway {
  int interface = 0;
  net::IpAddress address;
};

class RtnetlinkNetwork final : public Network {
 public:
  RtnetlinkNetwork(sys::Loop& loop, NetlinkSocket events, NetlinkSocket dumps)
      : loop_(loop), events_(std::move(events)), dumps_(std::move(dumps)) {}

  void on_news(std::function<void()> wake) override {
    watch_ = std::make_unique<sys::ReadWatch>(loop_, events_.fd(), std::move(wake));
  }

  bool update() override {
    bool links = false;
    bool routes = false;
    bool changed = false;
    const bool complete = events_.events([&](const NetlinkMessage& message) {
      switch (message.type) {
        case RTM_NEWADDR:
        case RTM_DELADDR:
          changed = take_address(message, message.type == RTM_NEWADDR) || changed;
          break;
        case RTM_NEWROUTE:
        case RTM_DELROUTE:
          routes = routes || is_default_route(message);
          break;
        default:
          links = true;
      }
    });
    if (complete && !links && !routes) return changed;
    const auto before = std::exchange(interfaces_, {});
    if (!read_all()) {
      interfaces_ = before;  // the next event asks again
      return changed;
    }
    return changed || before != interfaces_;
  }

  const std::map<int, Interface>& interfaces() const override { return interfaces_; }

  // Links, addresses and default routes, whole.
  Result<> read_all() {
    if (auto links = read_links(); !links) return links;
    if (auto addresses = read_addresses(); !addresses) return addresses;
    return read_gateways();
  }

 private:
  Result<> read_links() {
    NetlinkBatch request;
    request.begin(RTM_GETLINK, 0, header_bytes(ifinfomsg{}));
    return dumps_.dump(
        std::move(request), [this] { interfaces_.clear(); },
        [this](const NetlinkMessage& message) { take_link(message); });
  }

  Result<> read_addresses() {
    NetlinkBatch request;
    request.begin(RTM_GETADDR, 0, header_bytes(ifaddrmsg{}));
    return dumps_.dump(
        std::move(request),
        [this] {
          for (auto& [index, interface] : interfaces_) interface.addresses.clear();
        },
        [this](const NetlinkMessage& message) { take_address(message, true); });
  }

  Result<> read_gateways() {
    std::vector<Gateway> gateways;
    for (const int family : {AF_INET, AF_INET6}) {
      rtmsg header{};
      header.rtm_family = static_cast<std::uint8_t>(family);
      NetlinkBatch request;
      request.begin(RTM_GETROUTE, 0, header_bytes(header));
      std::vector<Gateway> found;
      auto done = dumps_.dump(
          std::move(request), [&] { found.clear(); },
          [&](const NetlinkMessage& message) {
            if (auto gateway = gateway_of(message)) found.push_back(*gateway);
          });
      if (!done) return done;
      gateways.insert(gateways.end(), found.begin(), found.end());
    }
    for (const auto& gateway : gateways) {
      const auto at = interfaces_.find(gateway.interface);
      if (at != interfaces_.end()) at->second.gateways.push_back(gateway.address);
    }
    for (auto& [index, interface] : interfaces_) {
      std::sort(interface.gateways.begin(), interface.gateways.end());
    }
    return Done{};
  }

  void take_link(const NetlinkMessage& message) {
    ifinfomsg header{};
    if (message.type != RTM_NEWLINK || !read_header(message, header)) return;
    Interface& interface = interfaces_[header.ifi_index];
    interface.index = header.ifi_index;
    interface.up = (header.ifi_flags & IFF_UP) != 0 && (header.ifi_flags & IFF_LOWER_UP) != 0;
    interface.arp = header.ifi_type == ARPHRD_ETHER && (header.ifi_flags & IFF_NOARP) == 0;
    for (const auto& attribute : attributes_after<ifinfomsg>(message)) {
      if (attribute.type == IFLA_IFNAME) {
        interface.name.assign(
            reinterpret_cast<const char*>(attribute.value.data()),
            strnlen(reinterpret_cast<const char*>(attribute.value.data()), attribute.value.size()));
      } else if (attribute.type == IFLA_MTU) {
        interface.mtu = static_cast<int>(u32_of(attribute));
      } else if (attribute.type == IFLA_ADDRESS && attribute.value.size() == interface.mac.bytes.size()) {
        std::copy(attribute.value.begin(), attribute.value.end(), interface.mac.bytes.begin());
      }
    }
  }

  // True if the view changed.
  bool take_address(const NetlinkMessage& message, bool present) {
    ifaddrmsg header{};
    if (!read_header(message, header)) return false;
    const auto at = interfaces_.find(static_cast<int>(header.ifa_index));
    if (at == interfaces_.end()) return false;
    InterfaceAddress entry;
    std::optional<net::IpAddress> local;
    std::uint32_t flags = header.ifa_flags;
    for (const auto& attribute : attributes_after<ifaddrmsg>(message)) {
      const bool is_address = attribute.value.size() == 4 || attribute.value.size() == 16;
      if (attribute.type == IFA_LOCAL && is_address) local = net::IpAddress::from_bytes(attribute.value);
      if (attribute.type == IFA_ADDRESS && is_address && !local) {
        local = net::IpAddress::from_bytes(attribute.value);
      }
      if (attribute.type == IFA_FLAGS) flags = u32_of(attribute);
      if (attribute.type == IFA_PROTO && !attribute.value.empty())
        entry.ours = attribute.value[0] == kAddressTag;
      if (attribute.type == IFA_CACHEINFO && attribute.value.size() >= sizeof(ifa_cacheinfo)) {
        ifa_cacheinfo life{};
        std::memcpy(&life, attribute.value.data(), sizeof life);
        entry.lasting = life.ifa_valid == kForEver;
      }
    }
    if (!local) return false;
    entry.prefix = {*local, header.ifa_prefixlen};
    entry.global = header.ifa_scope == RT_SCOPE_UNIVERSE;
    entry.secondary = local->is_v4() && (flags & IFA_F_SECONDARY) != 0;
    return put_address(at->second.addresses, entry, present);
  }

  static bool put_address(std::vector<InterfaceAddress>& all, const InterfaceAddress& entry, bool present) {
    const auto same =
        std::find_if(all.begin(), all.end(), [&](const auto& other) { return other.prefix == entry.prefix; });
    if (!present) {
      if (same == all.end()) return false;
      all.erase(same);
      return true;
    }
    if (same == all.end()) {
      all.push_back(entry);
      return true;
    }
    return std::exchange(*same, entry) != entry;
  }

  static bool is_default_route(const NetlinkMessage& message) {
    rtmsg header{};
    return read_header(message, header) && header.rtm_dst_len == 0 && header.rtm_table == RT_TABLE_MAIN;
  }

  static std::optional<Gateway> gateway_of(const NetlinkMessage& message) {
    if (message.type != RTM_NEWROUTE || !is_default_route(message)) return std::nullopt;
    Gateway out;
    bool found = false;
    for (const auto& attribute : attributes_after<rtmsg>(message)) {
      if (attribute.type == RTA_OIF) out.interface = static_cast<int>(u32_of(attribute));
      if (attribute.type == RTA_GATEWAY && (attribute.value.size() == 4 || attribute.value.size() == 16)) {
        out.address = net::IpAddress::from_bytes(attribute.value);
        found = true;
      }
    }
    if (!found) return std::nullopt;
    return out;
  }

  sys::Loop& loop_;
  NetlinkSocket events_;
  NetlinkSocket dumps_;
  std::map<int, Interface> interfaces_;
  std::unique_ptr<sys::ReadWatch> watch_;  // last: it watches events_
};

}  // namespace

Result<std::unique_ptr<Network>> open_network(sys::Loop& loop) {
  auto events = NetlinkSocket::open(NETLINK_ROUTE, kGroups);
  if (!events) return events.error();
  auto dumps = NetlinkSocket::open(NETLINK_ROUTE, 0);
  if (!dumps) return dumps.error();
  auto out = std::make_unique<RtnetlinkNetwork>(loop, *std::move(events), *std::move(dumps));
  if (auto read = out->read_all(); !read) return read.error();
  return std::unique_ptr<Network>(std::move(out));
}

}  // namespace fairlead::kernel

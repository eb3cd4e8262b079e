#include "node/kernel/addresses.h"

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

#include <sys/socket.h>

#include <cerrno>
#include <set>
#include <string>
#include <utility>

#include "node/kernel/netlink.h"

#ifndef IFA_PROTO  // kernel 5.18; Debian 12's headers have it, older ones do not
#define IFA_PROTO 11
#endif

namespace fairlead::kernel {
namespace {

std::span<const std::uint8_t> bytes_of(const ifaddrmsg& header) {
  return {reinterpret_cast<const std::uint8_t*>(&header), sizeof header};
}

ifaddrmsg header_of(int interface, const net::IpAddress& address) {
  ifaddrmsg header{};
  header.ifa_family = static_cast<std::uint8_t>(address.is_v4() ? AF_INET : AF_INET6);
  header.ifa_prefixlen = static_cast<std::uint8_t>(address.bits());
  header.ifa_scope = RT_SCOPE_UNIVERSE;
  header.ifa_index = static_cast<std::uint32_t>(interface);
  return header;
}

// One RTM_NEWADDR. IPv6 needs every flag again at each renewal (vrrp.md 8, pitfall b).
void put_hold(NetlinkBatch& batch, std::uint16_t flags, const ifaddrmsg& header,
              const net::IpAddress& address, Seconds lifetime) {
  batch.begin(RTM_NEWADDR, flags, bytes_of(header));
  batch.put(IFA_LOCAL, address.bytes());
  batch.put(IFA_ADDRESS, address.bytes());
  const ifa_cacheinfo life{0, static_cast<std::uint32_t>(lifetime.count()), 0, 0};
  batch.put(IFA_CACHEINFO, {reinterpret_cast<const std::uint8_t*>(&life), sizeof life});
  batch.put_u32(IFA_FLAGS, IFA_F_NOPREFIXROUTE | IFA_F_NODAD);
  batch.put_u8(IFA_PROTO, kAddressTag);
}

std::string where(const net::IpAddress& address, int interface) {
  return net::to_string(address) + "/" + std::to_string(address.bits()) + " on interface " +
         std::to_string(interface);
}

class RtnetlinkAddresses final : public Addresses {
 public:
  explicit RtnetlinkAddresses(NetlinkSocket socket) : socket_(std::move(socket)) {}

  // First without the right to create or replace: an existing address answers EEXIST, so that what was
  // created is told from what was renewed. Then those that exist are renewed.
  Holding hold(int interface, const std::vector<net::IpAddress>& addresses, Seconds lifetime) override {
    Holding out;
    std::vector<net::IpAddress> existing;
    const auto added = send(interface, addresses, lifetime, NLM_F_CREATE | NLM_F_EXCL);
    if (!added) {
      out.errors.push_back(added.error());
      return out;
    }
    for (std::size_t i = 0; i < addresses.size(); ++i) {
      const int number = (*added)[i];
      if (number == EEXIST) {
        existing.push_back(addresses[i]);
      } else if (number == 0) {
        out.held.push_back(addresses[i]);
        out.created.push_back(addresses[i]);
      } else {
        out.errors.push_back(netlink_error("add " + where(addresses[i], interface), number));
      }
    }
    renew(interface, existing, lifetime, out);
    return out;
  }

  Result<> release(int interface, const std::vector<net::IpAddress>& addresses) override {
    NetlinkBatch batch;
    for (const auto& address : addresses) {
      batch.begin(RTM_DELADDR, 0, bytes_of(header_of(interface, address)));
      batch.put(IFA_LOCAL, address.bytes());
      batch.put(IFA_ADDRESS, address.bytes());
    }
    const auto answers = socket_.transact(std::move(batch));
    if (!answers) return answers.error();
    for (std::size_t i = 0; i < addresses.size(); ++i) {
      const int number = (*answers)[i];
      if (number != 0 && number != EADDRNOTAVAIL && number != ENODEV) {
        return netlink_error("delete " + where(addresses[i], interface), number);
      }
    }
    return Done{};
  }

 private:
  Result<std::vector<int>> send(int interface, const std::vector<net::IpAddress>& addresses, Seconds lifetime,
                                std::uint16_t flags) {
    NetlinkBatch batch;
    for (const auto& address : addresses) {
      put_hold(batch, flags, header_of(interface, address), address, lifetime);
    }
    return socket_.transact(std::move(batch));
  }

  void renew(int interface, const std::vector<net::IpAddress>& existing, Seconds lifetime, Holding& out) {
    const auto renewed = send(interface, existing, lifetime, NLM_F_REPLACE);
    if (!renewed) {
      out.errors.push_back(renewed.error());
      return;
    }
    for (std::size_t i = 0; i < existing.size(); ++i) {
      if ((*renewed)[i] == 0) {
        out.held.push_back(existing[i]);
      } else {
        out.errors.push_back(netlink_error("renew " + where(existing[i], interface), (*renewed)[i]));
      }
    }
  }

  NetlinkSocket socket_;
};

}  // namespace

Result<std::unique_ptr<Addresses>> open_addresses() {
  auto socket = NetlinkSocket::open(NETLINK_ROUTE, 0);
  if (!socket) return socket.error();
  return std::unique_ptr<Addresses>(std::make_unique<RtnetlinkAddresses>(*std::move(socket)));
}

}  // namespace fairlead::kernel

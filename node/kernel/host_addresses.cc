#include "node/kernel/host_addresses.h"

#include <ifaddrs.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdint>
#include <memory>
#include <span>

#include "lib/sys/errno_name.h"

namespace fairlead::kernel {
namespace {

std::span<const std::uint8_t> bytes_of(const void* address, std::size_t size) {
  return {static_cast<const std::uint8_t*>(address), size};
}

}  // namespace

Result<std::set<net::IpAddress>> host_addresses() {
  ifaddrs* first = nullptr;
  if (getifaddrs(&first) != 0) {
    return fail(Code::kUnavailable, "list the addresses of this host: " + sys::errno_name(errno));
  }
  const std::unique_ptr<ifaddrs, decltype(&freeifaddrs)> owner(first, &freeifaddrs);
  std::set<net::IpAddress> out;
  for (const ifaddrs* one = first; one != nullptr; one = one->ifa_next) {
    if (one->ifa_addr == nullptr) continue;
    if (one->ifa_addr->sa_family == AF_INET) {
      const auto* address = reinterpret_cast<const sockaddr_in*>(one->ifa_addr);
      out.insert(net::IpAddress::from_bytes(bytes_of(&address->sin_addr, 4)));
    } else if (one->ifa_addr->sa_family == AF_INET6) {
      const auto* address = reinterpret_cast<const sockaddr_in6*>(one->ifa_addr);
      out.insert(net::IpAddress::from_bytes(bytes_of(&address->sin6_addr, 16)));
    }
  }
  return out;
}

}  // namespace fairlead::kernel

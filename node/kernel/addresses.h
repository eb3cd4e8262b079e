#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "lib/base/result.h"
#include "lib/base/time.h"
#include "lib/net/address.h"

namespace fairlead::kernel {

// IFA_PROTO of every address Fairlead puts on an interface ("FL"; kernel 5.18 or newer): the mark of
// ownership (D-5). iproute2 shows it as `proto 0xfa`.
inline constexpr std::uint8_t kAddressTag = 0xfa;

// What one batch of additions or renewals did. The kernel goes on after a failing message, so one bad
// address does not keep the others away.
struct Holding {
  std::vector<net::IpAddress> held;         // acknowledged: on the interface now
  std::vector<net::IpAddress> created;      // of those, the ones that were not there before
  std::map<net::IpAddress, Error> refused;  // the others, and why, each error naming its address
};

// The only writer of addresses in the process (D-4). Every call returns after the kernel has answered: a
// netlink request runs inside the system call, so an acknowledged address is usable, and an acknowledged
// removal is gone, when the call returns. An answer that never comes is kUnavailable after 1 s.
// Owned by the vrrp thread.
class Addresses {
 public:
  virtual ~Addresses() = default;

  // Adds the addresses to the interface, or renews those already there, in one batch: host prefix (/32,
  // /128), valid for `lifetime`, preferred 0, our tag, no prefix route. The kernel removes each one by
  // itself `lifetime` after its last renewal (up to 1.1 s later; vrrp.md 8).
  virtual Holding hold(int interface, const std::vector<net::IpAddress>& addresses, Seconds lifetime) = 0;

  // Deletes the addresses; one that is not there (or whose interface is gone) counts as deleted.
  // Errors: kDenied, kUnavailable; then some may still be there.
  virtual Result<> release(int interface, const std::vector<net::IpAddress>& addresses) = 0;
};

// The real ones. Errors: kDenied (no NET_ADMIN), kUnavailable.
Result<std::unique_ptr<Addresses>> open_addresses();

}  // namespace fairlead::kernel

#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "lib/base/result.h"
#include "lib/base/time.h"
#include "lib/net/address.h"

namespace fairlead::kernel {

// IFA_PROTO of every address Fairlead puts on an interface ("FL"): the mark of ownership (D-5). iproute2
// shows it as `proto 0xfa`. Kernels before 5.18 forget it; there IPv4 addresses have the label
// "<interface>:fl", and IPv6 ones no mark at all.
inline constexpr std::uint8_t kAddressTag = 0xfa;

// What one batch of additions or renewals did. The kernel goes on after a failing message, so one bad
// address does not keep the others away.
struct Holding {
  std::vector<net::IpAddress> held;  // acknowledged: on the interface now
  // Of those, the ones that were not there before. (Of IPv4 the kernel's stamps tell, in steps of 10 ms: one
  // renewed within that time of its creation counts, too.)
  std::vector<net::IpAddress> created;
  std::map<net::IpAddress, Error> refused;  // the others, and why, each error naming its address
  bool tag_kept = true;                     // false: the kernel forgets the tag; known from the first hold on
};

// The only writer of addresses in the process (D-4). Every call returns after the kernel has answered: a
// netlink request runs inside the system call, so an acknowledged address is there, and an acknowledged
// removal is gone, when the call returns. (A new IPv6 address answers neighbours at once; its local route is
// put in by a worker of the kernel, right afterwards.) An answer that never comes is kUnavailable after 1 s.
// Owned by the vrrp thread.
class Addresses {
 public:
  virtual ~Addresses() = default;

  // Adds the addresses to the interface, or renews those already there, in one batch (each 256): host prefix
  // (/32, /128), valid for `lifetime`, preferred 0, our tag, no prefix route, no duplicate address detection.
  // The kernel removes each one by itself `lifetime` after its last renewal (up to 1.1 s later; vrrp.md 8).
  // One that failed duplicate address detection stays useless: release it first.
  virtual Holding hold(int interface, const std::vector<net::IpAddress>& addresses, Seconds lifetime) = 0;

  // Deletes the addresses; one that is not there (or whose interface is gone) counts as deleted.
  // Errors: kDenied, kUnavailable; then some may still be there.
  virtual Result<> release(int interface, const std::vector<net::IpAddress>& addresses) = 0;
};

// The real ones. Errors: kDenied (no NET_ADMIN), kUnavailable.
Result<std::unique_ptr<Addresses>> open_addresses();

}  // namespace fairlead::kernel

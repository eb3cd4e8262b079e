#pragma once

#include <map>
#include <optional>
#include <set>
#include <vector>

#include "lib/base/time.h"
#include "node/address/audit.h"
#include "node/address/renewal.h"
#include "sim/random.h"
#include "sim/scenario.h"

namespace fairlead::sim {

// What one node's kernel knows: its interface, and addresses that it removes by itself, late. Its clock is
// the node's monotonic one.
class Kernel {
 public:
  Kernel(const net::IpAddress& ipv4, const net::IpAddress& link_local, Random random);

  const address::Interfaces& interfaces() const { return interfaces_; }
  // Changes with every difference in interfaces().
  std::uint64_t generation() const { return generation_; }
  const std::set<net::IpAddress>& held() const { return held_; }
  // As the kernel tells of them: the age rounded down, of the lifetime what is left in whole seconds.
  address::Renewals renewals(TimePoint now) const;

  // Adds or renews; true if it was not there.
  bool hold(const net::IpAddress& address, TimePoint now, Seconds lifetime);
  // True if it was there.
  bool remove(const net::IpAddress& address);
  void carrier(bool up);

  // When expire() has something to do.
  std::optional<TimePoint> next_expiry() const { return next_; }
  // Removes what is due and returns it: each address 0..1.1 s after its lifetime has ended (failure-model.md
  // 1.2), often at either end of that.
  std::vector<net::IpAddress> expire(TimePoint now);

 private:
  struct Lease {
    TimePoint renewed;
    TimePoint ends;
    std::optional<TimePoint> gone;  // drawn once it has ended
  };
  void find_next();

  Random random_;
  address::Interfaces interfaces_;
  std::map<net::IpAddress, Lease> leases_;
  std::set<net::IpAddress> held_;
  std::optional<TimePoint> next_;
  std::uint64_t generation_ = 0;
};

}  // namespace fairlead::sim

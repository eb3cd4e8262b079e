#include "sim/kernel.h"

#include <algorithm>

namespace fairlead::sim {

Kernel::Kernel(const net::IpAddress& ipv4, const net::IpAddress& link_local, Random random)
    : random_(random) {
  address::Interface out;
  out.index = kInterface;
  out.name = "eth1";
  out.mtu = 1500;
  out.up = true;
  out.addresses.push_back({{ipv4, 24}, false, true, true, false, false});
  out.addresses.push_back({{link_local, 64}, false, true, false, false, false});
  interfaces_[kInterface] = std::move(out);
}

bool Kernel::hold(const net::IpAddress& address, TimePoint now, Seconds lifetime) {
  const auto [lease, created] = leases_.insert_or_assign(address, Lease{now, now + lifetime, std::nullopt});
  if (created) {
    held_.insert(address);
    interfaces_[kInterface].addresses.push_back({{address, address.bits()}, true, false, true, false, true});
    ++generation_;
  }
  find_next();
  return created;
}

bool Kernel::remove(const net::IpAddress& address) {
  if (leases_.erase(address) == 0) return false;
  held_.erase(address);
  std::erase_if(interfaces_[kInterface].addresses,
                [&](const auto& entry) { return entry.prefix.address == address; });
  ++generation_;
  find_next();
  return true;
}

void Kernel::carrier(bool up) {
  interfaces_[kInterface].up = up;
  ++interfaces_[kInterface].carrier_changes;
  ++generation_;
}

address::Renewals Kernel::renewals(TimePoint now) const {
  address::Renewals out;
  for (const auto& [address, lease] : leases_) {
    const Microseconds age = now - lease.renewed;
    out[{kInterface, address}] = {age / 10000 * 10000, std::chrono::ceil<Seconds>(lease.ends - now)};
  }
  return out;
}

std::vector<net::IpAddress> Kernel::expire(TimePoint now) {
  std::vector<net::IpAddress> out;
  for (auto& [address, lease] : leases_) {
    if (lease.ends > now) continue;
    if (!lease.gone) {
      const int kind = random_.number(0, 2);
      const Microseconds late = kind == 0   ? random_.span(Microseconds(0), Milliseconds(50))
                                : kind == 1 ? random_.span(Milliseconds(1050), Milliseconds(1100))
                                            : random_.span(Microseconds(0), Milliseconds(1100));
      lease.gone = lease.ends + late;
    }
    if (*lease.gone <= now) out.push_back(address);
  }
  for (const auto& address : out) remove(address);
  find_next();
  return out;
}

void Kernel::find_next() {
  next_.reset();
  for (const auto& [address, lease] : leases_) {
    const TimePoint at = lease.gone.value_or(lease.ends);
    if (!next_ || at < *next_) next_ = at;
  }
}

}  // namespace fairlead::sim

#pragma once

#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "controller/plan/claim.h"

namespace fairlead::controller {

// The free addresses of pools: those that are nobody's and not reserved, by what is granted when it is asked,
// and not set aside for others. What has been passed over stays so. The three must outlive it.
// Costs one pass over the addresses of a pool that are given away, however often it is asked.
class FreeAddresses {
 public:
  using Aside = std::set<net::IpAddress>;
  FreeAddresses(const Ground& ground, const Claims& claims, const Aside& aside)
      : ground_(ground), claims_(claims), aside_(aside) {}

  // The lowest; nothing if the pool has none left. The same again until it is granted.
  std::optional<net::IpAddress> next(const api::AddressPool& pool, net::Family family);

 private:
  // What of the pool has not been looked at: whatever was taken stays taken.
  struct Place {
    std::vector<net::AddressRange> ranges;
    std::size_t at = 0;
  };
  std::optional<net::IpAddress> first_free(const api::AddressPool& pool, net::AddressRange& range) const;

  const Ground& ground_;
  const Claims& claims_;
  const Aside& aside_;
  std::map<std::pair<const api::AddressPool*, net::Family>, Place> places_;
};

// True if the address is nobody's and not reserved.
bool is_free(const Ground& ground, const Claims& claims, const net::IpAddress& address);

}  // namespace fairlead::controller

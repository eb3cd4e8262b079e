#include "controller/plan/seating.h"

#include <algorithm>

namespace fairlead::controller {
namespace {

bool stays(const Seating& seating, const net::IpAddress& address, const std::string& uid) {
  const auto& wishes = granted(seating, address);
  return seating.frozen.contains(uid) || seating.moving.contains(uid) ||
         std::any_of(wishes.begin(), wishes.end(), [&](const Wish& wish) { return wish.uid == uid; });
}

bool may_be_placed(const Seating& seating, const Wish& wish) {
  return wish.pool != nullptr && !seating.unready.contains(wish.uid) &&
         !seating.unclaimed.contains({wish.address, wish.uid});
}

}  // namespace

const std::vector<Wish>& granted(const Seating& seating, const net::IpAddress& address) {
  static const std::vector<Wish> nobody;
  const auto found = seating.claims.granted.find(address);
  return found == seating.claims.granted.end() ? nobody : found->second;
}

std::vector<api::AddressOwner> owners_of(const Seating& seating, const api::GroupAddress& observed) {
  std::vector<api::AddressOwner> out;
  for (const auto& owner : observed.owners) {
    if (stays(seating, observed.address, owner.uid)) out.push_back(owner);
  }
  for (const auto& wish : granted(seating, observed.address)) {
    if (!may_be_placed(seating, wish) || lists(out, wish.uid)) continue;
    out.push_back({wish.virtual_ip.namespace_name, wish.virtual_ip.name, wish.uid});
  }
  return out;
}

}  // namespace fairlead::controller

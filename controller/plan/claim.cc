#include "controller/plan/claim.h"

#include <algorithm>
#include <utility>

#include "controller/plan/sharing.h"
#include "lib/base/text.h"

namespace fairlead::controller {
namespace {

const api::AddressOwner* living(const Inputs& inputs, const std::vector<api::AddressOwner>& owners) {
  const auto found =
      std::find_if(owners.begin(), owners.end(), [&](const auto& owner) { return exists(inputs, owner); });
  return found == owners.end() ? nullptr : &*found;
}

// The claim of the address, unless all who held it are gone: that one goes, and says nothing of who comes
// next.
const api::AddressClaim* lasting_claim(const Inputs& inputs, const net::IpAddress& address) {
  const auto* claim = claim_of(inputs, address);
  return claim != nullptr && living(inputs, api::holders_of(*claim)) != nullptr ? claim : nullptr;
}

std::string name_of(const api::AddressOwner& owner) {
  return "VirtualIP " + owner.namespace_name + "/" + owner.name;
}

Precedence among(const Inputs& inputs, std::vector<api::AddressOwner> owners) {
  if (const auto* owner = living(inputs, owners)) {
    std::string why = "is held by " + name_of(*owner);
    return {std::move(owners), std::move(why)};
  }
  return {{}, "is being released by " + name_of(owners.front())};
}

Precedence by_group(const Inputs& inputs, const Holding& holding, const api::AddressClaim* claim) {
  if (holding.owners.empty()) {
    return {{},
            holding.excluded ? "is in excludedAddresses of VRRPGroup " + holding.group
                             : "is in VRRPGroup " + holding.group + ", which was made by hand"};
  }
  std::vector<api::AddressOwner> owners = holding.owners;
  if (claim == nullptr) return among(inputs, std::move(owners));
  const auto holders = api::holders_of(*claim);
  const bool agree = std::any_of(holders.begin(), holders.end(),
                                 [&](const auto& holder) { return lists(owners, holder.uid); });
  const auto* held_by = living(inputs, owners);
  const auto* claimed_by = living(inputs, holders);
  // After etcd was restored, or who may write claims wrote one: both exist, and neither is moved.
  if (!agree && held_by != nullptr && claimed_by != nullptr) {
    return {{},
            "is held by " + name_of(*held_by) + " in VRRPGroup " + holding.group + ", and by AddressClaim " +
                claim->meta.name + " is of " + name_of(*claimed_by) + ": delete one of them"};
  }
  for (const auto& holder : holders) {
    if (agree && !lists(owners, holder.uid)) owners.push_back(holder);
  }
  return among(inputs, std::move(owners));
}

// True if only those who have the claim still wait for it: it moves from one group to another, and stays
// theirs.
bool is_moving(const Ground& ground, const net::IpAddress& address, const api::AddressClaim& claim) {
  const auto& owners = ground.releasing.owners.at(address);
  const auto holders = api::holders_of(claim);
  return std::all_of(owners.begin(), owners.end(), [&](const auto& uid) { return lists(holders, uid); });
}

}  // namespace

Precedence precedence(const Ground& ground, const net::IpAddress& address) {
  const Inputs& inputs = ground.inputs;
  const auto* claim = lasting_claim(inputs, address);
  const auto found = ground.held.find(address);
  const Holding* holding = found == ground.held.end() ? nullptr : &found->second;
  // Whoever holds it keeps it while another group lets it go.
  if (holding != nullptr && (holding->owners.empty() || living(inputs, holding->owners) != nullptr)) {
    return by_group(inputs, *holding, claim);
  }
  if (const auto blocked = ground.releasing.blocked.find(address);
      blocked != ground.releasing.blocked.end()) {
    if (claim != nullptr && is_moving(ground, address, *claim)) {
      return among(inputs, api::holders_of(*claim));
    }
    const auto nodes = join({blocked->second.begin(), blocked->second.end()}, ", ");
    return {{}, "may still be held by node " + nodes + ": it has not reported that it let go"};
  }
  if (holding != nullptr) return by_group(inputs, *holding, claim);
  const api::ObjectKey name = cluster_key(api::address_claim_name(address));
  if (inputs.poisoned_claims.contains(name)) {
    return {{}, "has AddressClaim " + name.name + ", which cannot be read: delete it"};
  }
  if (claim != nullptr) return among(inputs, api::holders_of(*claim));
  return {};
}

std::optional<Refusal> refuse(const Ground& ground, const Precedence& order, const Claims& claims,
                              const Wish& wish) {
  const auto granted = claims.granted.find(wish.address);
  if (granted != claims.granted.end()) {
    return refuse_sharing(ground.inputs, granted->second, lasting_claim(ground.inputs, wish.address), wish);
  }
  if (order.why.empty() || lists(order.first, wish.uid)) return std::nullopt;
  return Refusal{Reason::kAddressInUse, net::to_string(wish.address) + " " + order.why};
}

}  // namespace fairlead::controller

#include "controller/plan/claim.h"

#include <algorithm>

#include "lib/base/text.h"

namespace fairlead::controller {
namespace {

// Those who ask for one address.
using Asking = std::vector<Wish>;

const api::ObjectMeta* meta_of(const Inputs& inputs, const api::ObjectKey& key) {
  const auto* object = find(inputs.virtual_ips, key);
  return object == nullptr ? nullptr : &object->meta;
}

// The best of those who ask, nobody having the address.
const Wish& first_come(const Inputs& inputs, const Asking& asking) {
  const Wish* best = &asking.front();
  for (const auto& wish : asking) {
    const auto* a = meta_of(inputs, wish.virtual_ip);
    const auto* b = meta_of(inputs, best->virtual_ip);
    if (a != nullptr && b != nullptr && older(*a, *b)) best = &wish;
  }
  return *best;
}

const Wish* one_of(const Asking& asking, const std::vector<api::AddressOwner>& owners) {
  const auto found =
      std::find_if(asking.begin(), asking.end(), [&](const Wish& wish) { return lists(owners, wish.uid); });
  return found == asking.end() ? nullptr : &*found;
}

const api::AddressOwner* living(const Inputs& inputs, const std::vector<api::AddressOwner>& owners) {
  const auto found =
      std::find_if(owners.begin(), owners.end(), [&](const auto& owner) { return exists(inputs, owner); });
  return found == owners.end() ? nullptr : &*found;
}

std::string name_of(const api::AddressOwner& owner) {
  return "VirtualIP " + owner.namespace_name + "/" + owner.name;
}

// Who of those who ask gets it, and what the others are told.
struct Ruling {
  const Wish* winner = nullptr;
  std::string why;
};

// With owners in a group, or in a claim.
Ruling among(const Inputs& inputs, const Asking& asking, const std::vector<api::AddressOwner>& owners) {
  if (const auto* owner = living(inputs, owners)) {
    return {one_of(asking, owners), "is held by " + name_of(*owner)};
  }
  return {nullptr, "is being released by " + name_of(owners.front())};
}

Ruling by_group(const Inputs& inputs, const Asking& asking, const Holding& holding,
                const api::AddressClaim* claim) {
  if (holding.owners.empty()) {
    return {nullptr, holding.excluded ? "is in excludedAddresses of VRRPGroup " + holding.group
                                      : "is in VRRPGroup " + holding.group + ", which was made by hand"};
  }
  Ruling out = among(inputs, asking, holding.owners);
  if (out.winner == nullptr || claim == nullptr) return out;
  const auto holders = api::holders_of(*claim);
  if (lists(holders, out.winner->uid)) return out;
  // After etcd was restored, or who may write claims wrote one: both exist, and neither is moved.
  if (const auto* other = living(inputs, holders)) {
    return {nullptr, "is held by " + name_of(holding.owners.front()) + " in VRRPGroup " + holding.group +
                         ", and by AddressClaim " + claim->meta.name + " is of " + name_of(*other) +
                         ": delete one of them"};
  }
  return out;
}

Ruling rule(const Ground& ground, const net::IpAddress& address, const Asking& asking) {
  const Inputs& inputs = ground.inputs;
  if (const auto blocked = ground.releasing.blocked.find(address);
      blocked != ground.releasing.blocked.end()) {
    const auto nodes = join({blocked->second.begin(), blocked->second.end()}, ", ");
    return {nullptr, "may still be held by node " + nodes + ": it has not reported that it let go"};
  }
  const auto* claim = claim_of(inputs, address);
  const auto holding = ground.held.find(address);
  if (holding != ground.held.end()) return by_group(inputs, asking, holding->second, claim);
  const api::ObjectKey name = cluster_key(api::address_claim_name(address));
  if (inputs.poisoned_claims.contains(name)) {
    return {nullptr, "has AddressClaim " + name.name + ", which cannot be read: delete it"};
  }
  if (claim != nullptr) return among(inputs, asking, api::holders_of(*claim));
  const Wish& first = first_come(inputs, asking);
  return {&first, "is held by VirtualIP " + api::to_string(first.virtual_ip)};
}

}  // namespace

Claims claim(const Ground& ground, const std::vector<Wish>& wishes) {
  std::map<net::IpAddress, Asking> contest;
  for (const auto& wish : wishes) contest[wish.address].push_back(wish);
  Claims out;
  for (const auto& [address, asking] : contest) {
    const Ruling ruling = rule(ground, address, asking);
    for (const auto& wish : asking) {
      if (&wish == ruling.winner) continue;
      out.refused.insert(
          {wish.virtual_ip, {Reason::kAddressInUse, net::to_string(address) + " " + ruling.why}});
    }
    if (ruling.winner != nullptr) out.granted.insert({address, *ruling.winner});
  }
  return out;
}

void take_back(const Ground& ground, Claims& claims) {
  std::erase_if(claims.granted, [&](const auto& entry) {
    const auto known = ground.tenures.find(entry.second.uid);
    const bool had = known != ground.tenures.end() && known->second.contains(entry.first);
    return !had && claims.refused.contains(entry.second.virtual_ip);
  });
}

}  // namespace fairlead::controller

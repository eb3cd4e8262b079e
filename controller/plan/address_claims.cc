#include "controller/plan/address_claims.h"

#include <algorithm>
#include <utility>

namespace fairlead::controller {
namespace {

// UID of a VirtualIP and address: it may still be held for it.
using Waiting = std::set<std::pair<std::string, net::IpAddress>>;

Waiting waiting_of(const Inputs& inputs) {
  Waiting out;
  for (const auto& [key, group] : inputs.groups) {
    for (const auto& release : open_releases(inputs, group)) out.insert({release.owner_uid, release.address});
  }
  return out;
}

bool keeps(const Ground& ground, const Claims& claims, const ClaimPlan& plan, const api::AddressOwner& holder,
           const net::IpAddress& address) {
  const auto granted = claims.granted.find(address);
  if (granted != claims.granted.end() && granted->second.uid == holder.uid) return true;
  const auto held = ground.held.find(address);
  if (held != ground.held.end() && lists(held->second.owners, holder.uid)) return true;
  return exists(ground.inputs, holder) && plan.stands.contains(holder.uid);
}

api::AddressClaim fresh(const Wish& wish) {
  api::AddressClaim out;
  out.meta.name = api::address_claim_name(wish.address);
  out.spec.address = wish.address;
  if (wish.pool != nullptr) out.spec.pool = wish.pool->meta.name;
  out.spec.owner = {wish.virtual_ip.namespace_name, wish.virtual_ip.name, wish.uid};
  return out;
}

}  // namespace

ByKey<api::AddressClaim> address_claims(const Ground& ground, const Claims& claims, const ClaimPlan& plan) {
  const Inputs& inputs = ground.inputs;
  const Waiting waiting = waiting_of(inputs);
  ByKey<api::AddressClaim> out;
  for (const auto& [key, claim] : inputs.claims) {
    const auto holders = api::holders_of(claim);
    const bool stays = std::any_of(holders.begin(), holders.end(), [&](const auto& holder) {
      return keeps(ground, claims, plan, holder, claim.spec.address) ||
             waiting.contains({holder.uid, claim.spec.address});
    });
    if (stays || inputs.poisoned_claims.contains(key)) out.insert({key, claim});
  }
  for (const auto& [address, wish] : claims.granted) {
    api::AddressClaim made = fresh(wish);
    const auto key = api::key_of(made.meta);
    const bool there = inputs.claims.contains(key) || inputs.poisoned_claims.contains(key);
    if (!there && !plan.unready.contains(wish.uid)) out.insert({key, std::move(made)});
  }
  return out;
}

}  // namespace fairlead::controller

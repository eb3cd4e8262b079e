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

// Who has what, for the claims.
struct Standing {
  const Ground& ground;
  const Claims& claims;
  const ClaimPlan& plan;
  Waiting waiting;
};

bool is_granted(const Claims& claims, const net::IpAddress& address, const std::string& uid) {
  const auto found = claims.granted.find(address);
  return found != claims.granted.end() && std::any_of(found->second.begin(), found->second.end(),
                                                      [&](const Wish& wish) { return wish.uid == uid; });
}

bool keeps(const Standing& standing, const api::AddressOwner& holder, const net::IpAddress& address) {
  if (is_granted(standing.claims, address, holder.uid)) return true;
  const auto held = standing.ground.held.find(address);
  if (held != standing.ground.held.end() && lists(held->second.owners, holder.uid)) return true;
  if (standing.waiting.contains({holder.uid, address})) return true;
  return exists(standing.ground.inputs, holder) && standing.plan.stands.contains(holder.uid);
}

api::AddressOwner owner_of(const Wish& wish) {
  return {wish.virtual_ip.namespace_name, wish.virtual_ip.name, wish.uid};
}

// Those who keep it, then those who come to share it.
std::vector<api::AddressOwner> holders_now(const Standing& standing, const api::AddressClaim& claim) {
  std::vector<api::AddressOwner> out;
  for (const auto& holder : api::holders_of(claim)) {
    if (keeps(standing, holder, claim.spec.address)) out.push_back(holder);
  }
  const auto found = standing.claims.granted.find(claim.spec.address);
  if (out.empty() || found == standing.claims.granted.end()) return out;
  for (const auto& wish : found->second) {
    if (!lists(out, wish.uid) && !standing.plan.unready.contains(wish.uid)) out.push_back(owner_of(wish));
  }
  return out;
}

api::AddressClaim fresh(const Inputs& inputs, const Wish& wish) {
  api::AddressClaim out;
  out.meta.name = api::address_claim_name(wish.address);
  out.spec.address = wish.address;
  out.spec.sharing_key = inputs.virtual_ips.at(wish.virtual_ip).spec.sharing_key;
  if (wish.pool != nullptr) out.spec.pool = wish.pool->meta.name;
  out.spec.owner = owner_of(wish);
  return out;
}

}  // namespace

ByKey<api::AddressClaim> address_claims(const Ground& ground, const Claims& claims, const ClaimPlan& plan) {
  const Inputs& inputs = ground.inputs;
  const Standing standing{ground, claims, plan, waiting_of(inputs)};
  ByKey<api::AddressClaim> out;
  for (const auto& [key, claim] : inputs.claims) {
    auto holders = holders_now(standing, claim);
    if (holders.empty() && !inputs.poisoned_claims.contains(key)) continue;
    auto& kept = out.insert({key, claim}).first->second;
    if (!holders.empty() && holders != api::holders_of(claim)) kept.status_holders = std::move(holders);
  }
  for (const auto& [address, wishes] : claims.granted) {
    const auto first = std::find_if(wishes.begin(), wishes.end(),
                                    [&](const Wish& wish) { return !plan.unready.contains(wish.uid); });
    if (first == wishes.end()) continue;
    api::AddressClaim made = fresh(inputs, *first);
    const auto key = api::key_of(made.meta);
    if (inputs.claims.contains(key) || inputs.poisoned_claims.contains(key)) continue;
    out.insert({key, std::move(made)});
  }
  return out;
}

std::map<net::IpAddress, std::string> groups_named(const ByKey<api::AddressClaim>& claims) {
  std::map<net::IpAddress, std::string> out;
  for (const auto& [key, claim] : claims) {
    const auto group = api::group_named_by(claim);
    if (!group.empty()) out.insert({claim.spec.address, group});
  }
  return out;
}

std::set<api::ObjectKey> name_groups(const Ground& ground,
                                     const std::map<net::IpAddress, std::string>& chosen,
                                     ByKey<api::AddressClaim>& claims) {
  std::set<api::ObjectKey> out;
  for (auto& [key, claim] : claims) {
    const auto held = ground.held.find(claim.spec.address);
    const auto choice = chosen.find(claim.spec.address);
    std::string& named = claim.meta.annotations[api::kClaimGroupAnnotation];
    if (held != ground.held.end() && !held->second.owners.empty()) {
      if (named != held->second.group) out.insert(key);
      named = held->second.group;
    } else if (choice != chosen.end()) {
      named = choice->second;
    }
    if (named.empty()) claim.meta.annotations.erase(api::kClaimGroupAnnotation);
  }
  return out;
}

}  // namespace fairlead::controller

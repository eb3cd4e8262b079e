#include "controller/plan/holdings.h"

#include <algorithm>

#include "controller/plan/out_of_reach.h"

namespace fairlead::controller {
namespace {

void add(const Inputs& inputs, const api::VRRPGroup& group, const net::IpAddress& address,
         const Holding& holding, std::map<net::IpAddress, Holding>& out) {
  const auto [entry, added] = out.insert({address, holding});
  if (added) return;
  const auto* other = find(inputs.groups, cluster_key(entry->second.group));
  if (other != nullptr && older(group.meta, other->meta)) entry->second = holding;
}

void add_all(const Inputs& inputs, const api::VRRPGroup& group, std::map<net::IpAddress, Holding>& out) {
  for (const auto& address : group.spec.addresses) {
    add(inputs, group, address.address, {group.meta.name, owners_in(inputs, group, address), false}, out);
  }
  for (const auto& excluded : group.spec.excluded_addresses) {
    add(inputs, group, excluded.address, {group.meta.name, {}, true}, out);
  }
}

}  // namespace

std::vector<api::AddressOwner> owners_in(const Inputs& inputs, const api::VRRPGroup& group,
                                         const api::GroupAddress& address) {
  if (!address.owners.empty()) return address.owners;
  const auto* claim = claim_of(inputs, address.address);
  if (claim == nullptr || api::group_named_by(*claim) != group.meta.name) return {};
  return api::holders_of(*claim);
}

std::map<net::IpAddress, Holding> holdings(const Inputs& inputs) {
  std::map<net::IpAddress, Holding> out;
  for (const auto& [key, group] : inputs.groups) add_all(inputs, group, out);
  for (const auto& [name, group] : unread_groups(inputs)) add_all(inputs, *group, out);
  out.erase(net::IpAddress{});  // of an entry that could not be read
  return out;
}

bool lists(const std::vector<api::AddressOwner>& owners, const std::string& uid) {
  return std::any_of(owners.begin(), owners.end(), [&](const auto& owner) { return owner.uid == uid; });
}

Tenures tenures(const Inputs& inputs, const std::map<net::IpAddress, Holding>& held) {
  Tenures out;
  for (const auto& [address, holding] : held) {
    for (const auto& owner : holding.owners) out[owner.uid][address].in_group = true;
  }
  for (const auto& [key, claim] : inputs.claims) {
    for (const auto& holder : api::holders_of(claim)) {
      Tenure& tenure = out[holder.uid][claim.spec.address];
      tenure.claimed = true;
      tenure.pool = claim.spec.pool;
    }
  }
  return out;
}

bool holds_any(const Tenures& tenures, const std::string& uid) {
  const auto known = tenures.find(uid);
  return known != tenures.end() && std::any_of(known->second.begin(), known->second.end(),
                                               [](const auto& entry) { return entry.second.in_group; });
}

const api::AddressClaim* claim_of(const Inputs& inputs, const net::IpAddress& address) {
  return find(inputs.claims, cluster_key(api::address_claim_name(address)));
}

bool has_claim(const Inputs& inputs, const net::IpAddress& address, const std::string& uid) {
  const auto* claim = claim_of(inputs, address);
  return claim != nullptr && lists(api::holders_of(*claim), uid);
}

bool exists(const Inputs& inputs, const api::AddressOwner& owner) {
  const api::ObjectKey key{owner.namespace_name, owner.name};
  const auto* object = find(inputs.virtual_ips, key);
  if (object != nullptr && object->meta.uid == owner.uid) return true;
  const auto* poisoned = find(inputs.poisoned_virtual_ips, key);
  return poisoned != nullptr && poisoned->meta.uid == owner.uid;
}

}  // namespace fairlead::controller

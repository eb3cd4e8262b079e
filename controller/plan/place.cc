#include "controller/plan/place.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "controller/plan/choice.h"
#include "controller/plan/draft.h"

namespace fairlead::controller {
namespace {

// UID of a VirtualIP and family -> the group that has its address.
using Whereabouts = std::map<std::pair<std::string, net::Family>, std::string>;

void note(const std::string& group, const api::GroupAddress& address, Whereabouts& out) {
  for (const auto& owner : address.owners) out.insert({{owner.uid, address.address.family()}, group});
}

Whereabouts whereabouts(const Drafts& drafts) {
  Whereabouts out;
  for (const auto& [name, draft] : drafts) {
    for (const auto& address : draft.group.spec.addresses) note(name, address, out);
  }
  return out;
}

// The group of the VirtualIP's address of the other family; empty: there is none.
std::string sister_of(const Whereabouts& where, const std::string& uid, net::Family family) {
  const bool v4 = family == net::Family::kIPv4;
  const auto found = where.find({uid, v4 ? net::Family::kIPv6 : net::Family::kIPv4});
  return found == where.end() ? "" : found->second;
}

// Who has no claim yet is told nothing before it is made.
void refuse(const Newcomer& newcomer, Refusal refusal, Placement& out) {
  if (!newcomer.claimed) return;
  for (const auto& owner : newcomer.owners) out.refused.insert({{owner.namespace_name, owner.name}, refusal});
}

Refusal nobody_can(const Draft& fresh, const Wish& wish) {
  return {Reason::kNoEligibleNode, "no node can hold " + net::to_string(wish.address) + " (" +
                                       explain(fresh.candidates, fresh.demand) + ")"};
}

Refusal no_router_id(const Wish& wish) {
  return {Reason::kVirtualRouterIDsExhausted, "no virtual router ID of AddressPool " + wish.pool->meta.name +
                                                  " is free for " + net::to_string(wish.address) +
                                                  ", widen vrrp.virtualRouterIDs"};
}

// Of drafts, the groups whose notes speak of the address, as observed: whether or not any node is waited for.
using Noted = std::map<net::IpAddress, std::set<std::string>>;

Noted noted_in(const Inputs& inputs, const Drafts& drafts) {
  Noted out;
  for (const auto& [key, group] : inputs.groups) {
    if (!drafts.contains(key.name)) continue;
    for (const auto& release : noted_releases(group)) out[release.address].insert(key.name);
  }
  return out;
}

// True if it has to wait for another group to forget it: that group's write comes after the claim has named
// this one, so that nobody who saw that group before can put the address there.
bool waits_for_another(const Newcomer& newcomer, const Noted& noted) {
  const auto found = noted.find(newcomer.wish.address);
  if (found == noted.end() || newcomer.named.empty()) return false;
  return found->second.size() > (found->second.contains(newcomer.named) ? 1U : 0U);
}

// The group that its claim names cannot take it in. True if another may be named: that group is not there, or
// has a note that the address has left it, or was turned away.
bool may_leave(const Newcomer& newcomer, const Noted& noted, Drafts& drafts) {
  const auto group = drafts.find(newcomer.named);
  if (!newcomer.claimed || group == drafts.end() || !group->second.existed) return true;
  const auto found = noted.find(newcomer.wish.address);
  if (found != noted.end() && found->second.contains(newcomer.named)) return true;
  turn_away(newcomer.wish.address, newcomer.owners, group->second.releases);
  return false;
}

Draft draft_for(const Inputs& inputs, const Newcomer& newcomer, const Whereabouts& where) {
  const Wish& wish = newcomer.wish;
  Draft fresh;
  fresh.pool = wish.pool;
  fresh.demand = demand_of(*wish.pool, wish.address, spec_of(inputs, wish));
  fresh.demand.local_nodes = newcomer.local_nodes;
  fresh.candidates = candidates(inputs, fresh.demand);
  const bool some = !fresh.candidates.eligible.empty();
  if (some) fresh.frame = frame_of(inputs, *wish.pool, fresh.demand, fresh.candidates);
  fresh.sister = sister_of(where, wish.uid, wish.address.family());
  return fresh;
}

// Nodes may hold it yet.
void place_released(const Inputs& inputs, const Newcomer& newcomer, Whereabouts& where, Drafts& drafts,
                    Placement& out) {
  const auto& address = newcomer.wish.address;
  const Draft fresh = draft_for(inputs, newcomer, where);
  Draft* former = former_group(newcomer, fresh, drafts);
  if (former == nullptr) return void(out.moving.insert(address));
  const std::string& group = former->group.meta.name;
  if (group != newcomer.named) {
    out.chosen.insert({address, group});
    return void(out.moving.insert(address));
  }
  come_back(inputs, newcomer, fresh, *former);
  note(group, {address, address.bits(), {}, newcomer.owners}, where);
}

void place_one(const Inputs& inputs, const Newcomer& newcomer, const Noted& noted, Whereabouts& where,
               Drafts& drafts, Placement& out) {
  const Wish& wish = newcomer.wish;
  Draft fresh = draft_for(inputs, newcomer, where);
  if (fresh.candidates.eligible.empty()) return refuse(newcomer, nobody_can(fresh, wish), out);
  if (waits_for_another(newcomer, noted)) return void(out.moving.insert(wish.address));
  const Draft* group = newcomer.named.empty() ? nullptr : named_group(inputs, newcomer, fresh, drafts);
  if (group == nullptr && !may_leave(newcomer, noted, drafts)) return void(out.moving.insert(wish.address));
  if (group == nullptr) group = group_for(inputs, newcomer, std::move(fresh), drafts);
  if (group == nullptr) return refuse(newcomer, no_router_id(wish), out);
  const std::string& name = group->group.meta.name;
  if (!newcomer.claimed || name != newcomer.named) out.chosen.insert({wish.address, name});
  note(name, {wish.address, wish.address.bits(), {}, newcomer.owners}, where);
}

// Addresses that a node may hold yet for a group that they left.
std::set<net::IpAddress> being_released(const Drafts& drafts) {
  std::set<net::IpAddress> out;
  for (const auto& [name, draft] : drafts) {
    for (const auto& release : draft.releases) out.insert(release.address);
  }
  return out;
}

std::set<net::IpAddress> placed_in(const Drafts& drafts) {
  std::set<net::IpAddress> out;
  for (const auto& [name, draft] : drafts) {
    for (const auto& address : draft.group.spec.addresses) out.insert(address.address);
  }
  return out;
}

std::string named_in(const Seating& seating, const net::IpAddress& address) {
  const auto found = seating.named.find(address);
  return found == seating.named.end() ? "" : found->second;
}

// Granted addresses that are in no group yet: those for whom a group is named first, so that no other opens
// it for himself, and each in the order their VirtualIPs came.
std::vector<Newcomer> unplaced(const Inputs& inputs, const Seating& seating, const Drafts& drafts,
                               Placement& placement) {
  const auto placed = placed_in(drafts);
  const auto released = being_released(drafts);
  std::vector<Newcomer> out;
  for (const auto& [address, wishes] : seating.claims.granted) {
    if (placed.contains(address)) continue;
    auto owners = owners_of(seating, {address, address.bits(), {}, {}});
    const bool waits = released.contains(address);
    if (owners.empty() && waits) placement.moving.insert(address);
    const bool claimed = !owners.empty();
    if (!claimed && !waits && claim_of(inputs, address) == nullptr) owners = owner_to_be(seating, address);
    if (owners.empty()) continue;
    const auto first = std::find_if(wishes.begin(), wishes.end(),
                                    [&](const Wish& wish) { return wish.uid == owners.front().uid; });
    out.push_back({*first, std::move(owners), local_nodes_of(seating, address), waits, claimed,
                   named_in(seating, address)});
  }
  std::stable_sort(out.begin(), out.end(), [&](const Newcomer& a, const Newcomer& b) {
    return older(inputs.virtual_ips.at(a.wish.virtual_ip).meta,
                 inputs.virtual_ips.at(b.wish.virtual_ip).meta);
  });
  std::stable_partition(out.begin(), out.end(), [](const Newcomer& one) { return !one.named.empty(); });
  return out;
}

// Of groups that exist: by the VirtualIP that is listed first.
void find_sisters(const Whereabouts& where, Drafts& drafts) {
  for (auto& [name, draft] : drafts) {
    const auto& addresses = draft.group.spec.addresses;
    if (addresses.empty() || addresses.front().owners.empty()) continue;
    draft.sister = sister_of(where, addresses.front().owners.front().uid, draft.group.spec.family);
  }
}

// Whoever merely has a group chosen comes into it once his claim names it.
void finish(const Inputs& inputs, Drafts& drafts, Placement& out) {
  for (auto& [name, draft] : drafts) {
    std::erase_if(draft.group.spec.addresses,
                  [&](const auto& listed) { return out.chosen.contains(listed.address); });
    if (draft.existed) settle(inputs, drafts, draft);
    if (draft.group.spec.addresses.empty() && draft.releases.empty()) continue;
    write_metadata(inputs, draft);
    for (const auto& address : draft.group.spec.addresses) out.group_of.insert({address.address, name});
    out.groups.insert({cluster_key(name), draft.group});
  }
}

}  // namespace

Placement place(const Inputs& inputs, const std::map<net::IpAddress, Holding>& held, const Seating& seating) {
  Placement out;
  Drafts drafts;
  for (const auto& [key, observed] : inputs.groups) {
    if (made_by_hand(observed) || observed.meta.deleting) {
      out.groups.insert({key, observed});
      continue;
    }
    drafts.insert({key.name, draft_of(inputs, seating, held, observed)});
  }
  Whereabouts where = whereabouts(drafts);
  find_sisters(where, drafts);
  const Noted noted = noted_in(inputs, drafts);
  for (const auto& newcomer : unplaced(inputs, seating, drafts, out)) {
    if (newcomer.released) {
      place_released(inputs, newcomer, where, drafts, out);
    } else {
      place_one(inputs, newcomer, noted, where, drafts, out);
    }
  }
  finish(inputs, drafts, out);
  return out;
}

}  // namespace fairlead::controller

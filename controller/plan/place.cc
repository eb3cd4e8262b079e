#include "controller/plan/place.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "controller/plan/draft.h"
#include "controller/plan/known_candidates.h"
#include "controller/plan/newcomer.h"
#include "controller/plan/out_of_reach.h"
#include "controller/plan/router_ids.h"
#include "controller/plan/settle.h"

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

// What one call of place() works on.
struct Round {
  explicit Round(const Inputs& of) : inputs(of), known(of), ids(of) {}

  const Inputs& inputs;
  KnownCandidates known;
  RouterIds ids;
  Drafts drafts;
  Whereabouts where;
  Noted noted;
  Placement out;
};

Refusal nobody_can(Round& round, const Demand& demand) {
  return {Reason::kNoEligibleNode, "no node can hold " + net::to_string(demand.address) + " (" +
                                       round.known.explanation(demand) + ")"};
}

Refusal no_router_id(const Wish& wish) {
  return {Reason::kVirtualRouterIDsExhausted, "no virtual router ID of AddressPool " + wish.pool->meta.name +
                                                  " is free for " + net::to_string(wish.address) +
                                                  ", widen vrrp.virtualRouterIDs"};
}

// True if it has to wait for another group to forget it: that group's write comes after the claim has named
// this one, so that nobody who saw that group before can put the address there.
bool waits_for_another(const Newcomer& newcomer, const Noted& noted) {
  const auto found = noted.find(newcomer.wish.address);
  if (found == noted.end()) return false;
  return found->second.size() > (found->second.contains(newcomer.named) ? 1U : 0U);
}

// The group that its claim names cannot take it in. True if another may be named: that group is not there, or
// says since an earlier round that the address was turned away, or has left it. It goes on saying so until
// the claim is seen to name another. Of one that cannot be read nothing can be written, that neither.
bool may_leave(const Newcomer& newcomer, Round& round) {
  const auto group = round.drafts.find(newcomer.named);
  if (!newcomer.claimed || group == round.drafts.end() || !group->second.existed) return true;
  if (group->second.unreadable) return false;
  const auto found = round.noted.find(newcomer.wish.address);
  turn_away(newcomer.wish.address, newcomer.owners, group->second.releases);
  return found != round.noted.end() && found->second.contains(newcomer.named);
}

// Its claim names a group that can take nobody in before its newest version can be read. Not of one that is
// served in the other family: of whoever is told this the status stays as it was.
void tell_unreadable(const Newcomer& newcomer, Round& round) {
  const auto group = round.drafts.find(newcomer.named);
  if (group == round.drafts.end() || !group->second.unreadable) return;
  if (!sister_of(round.where, newcomer.wish.uid, newcomer.wish.address.family()).empty()) return;
  const auto& poisoned = round.inputs.poisoned_groups.at(cluster_key(newcomer.named));
  refuse(newcomer,
         {Reason::kInvalidSpec, "VRRPGroup " + newcomer.named + ", which is to have " +
                                    net::to_string(newcomer.wish.address) +
                                    ", cannot be read any more, and takes nobody in until it can be: " +
                                    api::to_string(poisoned.problems)},
         round.out);
}

Draft draft_for(Round& round, const Newcomer& newcomer) {
  const Wish& wish = newcomer.wish;
  Draft fresh;
  fresh.pool = wish.pool;
  fresh.demand = demand_of(*wish.pool, wish.address, spec_of(round.inputs, wish));
  fresh.demand.local_nodes = newcomer.local_nodes;
  fresh.sister = sister_of(round.where, wish.uid, wish.address.family());
  const Candidates& known = round.known.of(fresh.demand);
  fresh.candidates = known;
  if (!known.eligible.empty()) fresh.frame = frame_of(round.inputs, *wish.pool, fresh.demand, known);
  return fresh;
}

void is_in(const std::string& group, const Newcomer& newcomer, Round& round) {
  const auto& address = newcomer.wish.address;
  note(group, {address, address.bits(), {}, newcomer.owners}, round.where);
}

// Nodes may hold it yet.
void place_released(Round& round, const Newcomer& newcomer) {
  const auto& address = newcomer.wish.address;
  const Draft fresh = draft_for(round, newcomer);
  Draft* former = former_group(newcomer, fresh, round.drafts);
  const bool named = former != nullptr && former->group.meta.name == newcomer.named;
  if (former != nullptr && !named) round.out.chosen.insert({address, former->group.meta.name});
  if (!named) return void(round.out.moving.insert(address));
  come_back(round.inputs, newcomer, fresh, *former);
  is_in(newcomer.named, newcomer, round);
}

// True if it is in the group that its claim names, or can be in none yet.
bool place_named(Round& round, const Newcomer& newcomer) {
  if (newcomer.named.empty()) return false;
  const auto& address = newcomer.wish.address;
  const Draft fresh = draft_for(round, newcomer);
  if (!fresh.frame) {
    refuse(newcomer, nobody_can(round, fresh.demand), round.out);
    return true;
  }
  const bool waits = waits_for_another(newcomer, round.noted);
  if (!waits && named_group(round.inputs, newcomer, fresh, round.ids, round.drafts) != nullptr) {
    is_in(newcomer.named, newcomer, round);
    return true;
  }
  if (!waits && may_leave(newcomer, round)) return false;
  tell_unreadable(newcomer, round);
  round.out.moving.insert(address);
  return true;
}

// For the others: those who have a group come into it first, so that none of these opens it for himself.
void choose_group(Round& round, const Newcomer& newcomer) {
  const auto& address = newcomer.wish.address;
  Draft fresh = draft_for(round, newcomer);
  if (!fresh.frame) return refuse(newcomer, nobody_can(round, fresh.demand), round.out);
  const Draft* group = group_for(round.inputs, newcomer, std::move(fresh), round.ids, round.drafts);
  if (group == nullptr) return refuse(newcomer, no_router_id(newcomer.wish), round.out);
  const std::string& name = group->group.meta.name;
  if (!newcomer.claimed || name != newcomer.named) round.out.chosen.insert({address, name});
  if (newcomer.claimed && name != newcomer.named) round.out.moving.insert(address);
  is_in(name, newcomer, round);
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

// It is held where it is, and served as it was.
void stays_there(const OutOfReach& there, const std::vector<Wish>& wishes, Placement& out) {
  for (const auto& wish : wishes) {
    out.moving.insert(wish.address);
    if (there.problem.empty()) continue;
    const std::string why = "VRRPGroup " + there.group + ", which has " + net::to_string(wish.address) +
                            ", cannot be read: " + there.problem;
    out.refused.insert({wish.virtual_ip, {Reason::kInvalidSpec, why}});
  }
}

std::string named_in(const Seating& seating, const net::IpAddress& address) {
  const auto found = seating.named.find(address);
  return found == seating.named.end() ? "" : found->second;
}

// Granted addresses that are in no group yet, in the order their VirtualIPs came.
std::vector<Newcomer> unplaced(const Seating& seating, Round& round) {
  const auto placed = placed_in(round.drafts);
  const auto released = being_released(round.drafts);
  const auto beyond = out_of_reach(round.inputs);
  std::vector<Newcomer> out;
  for (const auto& [address, wishes] : seating.claims.granted) {
    if (placed.contains(address)) continue;
    if (const auto there = beyond.find(address); there != beyond.end()) {
      stays_there(there->second, wishes, round.out);
      continue;
    }
    auto owners = owners_of(seating, {address, address.bits(), {}, {}});
    const bool waits = released.contains(address);
    if (owners.empty() && waits) round.out.moving.insert(address);
    const bool claimed = !owners.empty();
    if (!claimed && !waits && claim_of(round.inputs, address) == nullptr) {
      owners = owner_to_be(seating, address);
    }
    if (owners.empty()) continue;
    const auto first = std::find_if(wishes.begin(), wishes.end(),
                                    [&](const Wish& wish) { return wish.uid == owners.front().uid; });
    out.push_back({*first, std::move(owners), local_nodes_of(seating, address), waits, claimed,
                   named_in(seating, address)});
  }
  const auto& all = round.inputs.virtual_ips;
  std::stable_sort(out.begin(), out.end(), [&](const Newcomer& a, const Newcomer& b) {
    return older(all.at(a.wish.virtual_ip).meta, all.at(b.wish.virtual_ip).meta);
  });
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
void finish(Round& round) {
  for (auto& [name, draft] : round.drafts) {
    std::erase_if(draft.group.spec.addresses,
                  [&](const auto& listed) { return round.out.chosen.contains(listed.address); });
    if (draft.existed) settle(round.inputs, round.drafts, round.ids, draft);
    if (draft.group.spec.addresses.empty() && draft.releases.empty()) continue;
    write_metadata(round.inputs, draft);
    for (const auto& address : draft.group.spec.addresses) round.out.group_of.insert({address.address, name});
    round.out.groups.insert({cluster_key(name), draft.group});
  }
}

}  // namespace

Placement place(const Inputs& inputs, const std::map<net::IpAddress, Holding>& held, const Seating& seating) {
  Round round(inputs);
  for (const auto& [key, observed] : inputs.groups) {
    if (made_by_hand(inputs, observed) || observed.meta.deleting) {
      round.out.groups.insert({key, observed});
      continue;
    }
    round.drafts.insert({key.name, draft_of(inputs, seating, held, observed)});
  }
  round.where = whereabouts(round.drafts);
  find_sisters(round.where, round.drafts);
  round.noted = noted_in(inputs, round.drafts);
  auto newcomers = unplaced(seating, round);
  std::erase_if(newcomers, [&](const Newcomer& one) {
    if (one.released) place_released(round, one);
    return one.released || place_named(round, one);
  });
  for (const auto& newcomer : newcomers) choose_group(round, newcomer);
  finish(round);
  return std::move(round.out);
}

}  // namespace fairlead::controller

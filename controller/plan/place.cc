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

void refuse(const Newcomer& newcomer, Refusal refusal, Placement& out) {
  for (const auto& owner : newcomer.owners) out.refused.insert({{owner.namespace_name, owner.name}, refusal});
}

// What one call of place() works on.
struct Round {
  explicit Round(const Inputs& of) : inputs(of), known(of), ids(of) {}

  const Inputs& inputs;
  KnownCandidates known;
  RouterIds ids;
  Drafts drafts;
  Whereabouts where;
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

void place_one(Round& round, const Newcomer& newcomer) {
  const Inputs& inputs = round.inputs;
  const Wish& wish = newcomer.wish;
  Draft fresh;
  fresh.pool = wish.pool;
  fresh.demand = demand_of(*wish.pool, wish.address, spec_of(inputs, wish));
  fresh.demand.local_nodes = newcomer.local_nodes;
  const Candidates& known = round.known.of(fresh.demand);
  const bool some = !known.eligible.empty();
  if (!some && !newcomer.released) return refuse(newcomer, nobody_can(round, fresh.demand), round.out);
  fresh.candidates = known;
  if (some) fresh.frame = frame_of(inputs, *wish.pool, fresh.demand, fresh.candidates);
  fresh.sister = sister_of(round.where, wish.uid, wish.address.family());
  const Draft* group = nullptr;
  if (newcomer.released) {
    group = come_back(inputs, newcomer, fresh, round.drafts);
    if (group == nullptr) return void(round.out.moving.insert(wish.address));
  } else {
    group = group_for(inputs, newcomer, std::move(fresh), round.ids, round.drafts);
  }
  if (group == nullptr) return refuse(newcomer, no_router_id(wish), round.out);
  note(group->group.meta.name, {wish.address, wish.address.bits(), {}, newcomer.owners}, round.where);
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
    if (owners.empty()) continue;
    const auto first = std::find_if(wishes.begin(), wishes.end(),
                                    [&](const Wish& wish) { return wish.uid == owners.front().uid; });
    out.push_back({*first, std::move(owners), local_nodes_of(seating, address), waits});
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

void finish(Round& round) {
  for (auto& [name, draft] : round.drafts) {
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
    if (made_by_hand(observed) || observed.meta.deleting) {
      round.out.groups.insert({key, observed});
      continue;
    }
    round.drafts.insert({key.name, draft_of(inputs, seating, held, observed)});
  }
  round.where = whereabouts(round.drafts);
  find_sisters(round.where, round.drafts);
  for (const auto& newcomer : unplaced(seating, round)) place_one(round, newcomer);
  finish(round);
  return std::move(round.out);
}

}  // namespace fairlead::controller

#include "controller/plan/place.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "controller/plan/draft.h"
#include "controller/plan/names.h"
#include "controller/plan/router_ids.h"

namespace fairlead::controller {
namespace {

// Groups of one family each that serve one VirtualIP: the same node is to lead both (kubernetes.md 1, VRID).
bool equal_priorities(const Draft& draft, const Draft& sister) {
  bool some = false;
  for (const auto& member : draft.group.spec.members) {
    for (const auto& other : sister.group.spec.members) {
      if (member.node != other.node) continue;
      if (member.priority != other.priority) return false;
      some = true;
    }
  }
  return some;
}

// Those of one frame, and of equal priorities with the sister if there is one: how many, and the emptiest
// that is not full.
struct Open {
  std::size_t count = 0;
  Draft* emptiest = nullptr;
};
Open open_groups(Drafts& drafts, const Frame& frame, const Draft* sister) {
  Open out;
  auto& best = out.emptiest;
  for (auto& [name, draft] : drafts) {
    if (draft.frame != frame || (sister != nullptr && !equal_priorities(draft, *sister))) continue;
    ++out.count;
    const auto& spec = draft.group.spec;
    if (spec.addresses.size() >= most_addresses(frame.family)) continue;
    const auto rank = [](const Draft& d) {
      return std::pair(d.group.spec.addresses.size(), d.group.spec.virtual_router_id);
    };
    if (best == nullptr || rank(draft) < rank(*best)) best = &draft;
  }
  return out;
}

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

// As strong in this group as in the sister; who cannot be in this one is not.
std::vector<api::GroupMember> like(const Draft& sister, const Candidates& candidates) {
  std::vector<api::GroupMember> out;
  for (const auto& member : sister.group.spec.members) {
    if (!candidates.eligible.contains(member.node)) continue;
    out.push_back({member.node, member.node_uid, member.priority, ""});
  }
  return out;
}

// An address that comes into a group: asked for by `wish`, and owned by all who share it.
struct Newcomer {
  Wish wish;
  std::vector<api::AddressOwner> owners;
  std::optional<std::set<std::string>> local_nodes;  // as in Demand
  bool released = false;                             // nodes may hold it yet for a group that it left
};

void add_address(const Inputs& inputs, const Newcomer& newcomer, Draft& draft) {
  const auto& address = newcomer.wish.address;
  auto& addresses = draft.group.spec.addresses;
  addresses.push_back({address, address.bits(), spec_of(inputs, newcomer.wish).forwarding, newcomer.owners});
  std::sort(addresses.begin(), addresses.end(),
            [](const auto& a, const auto& b) { return a.address < b.address; });
}

// A group of its own for the wish; nullptr if no VRID is left.
Draft* open_group(const Inputs& inputs, const Newcomer& newcomer, Draft fresh, Drafts& drafts) {
  ByKey<api::VRRPGroup> groups;
  for (const auto& [name, draft] : drafts) groups.insert({cluster_key(name), draft.group});
  const auto id = free_router_id(inputs, groups, *fresh.pool, fresh.candidates, fresh.frame->segment,
                                 fresh.frame->family);
  if (!id) return nullptr;
  auto& group = fresh.group;
  group.meta.name = group_name(fresh.frame->segment, fresh.frame->family, *id);
  group.spec.family = fresh.frame->family;
  group.spec.virtual_router_id = *id;
  group.spec.interface =
      fresh.frame->interface.empty() ? common_interface(fresh.candidates) : fresh.frame->interface;
  add_address(inputs, newcomer, fresh);
  settle(inputs, drafts, fresh);
  const std::string name = group.meta.name;
  return &drafts.insert({name, std::move(fresh)}).first->second;
}

void refuse(const Newcomer& newcomer, Refusal refusal, Placement& out) {
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

// REQUIRES: fresh.frame. The group that takes it in, another one if it must; nullptr if there is none.
Draft* group_for(const Inputs& inputs, const Newcomer& newcomer, Draft fresh, Drafts& drafts) {
  const auto known = drafts.find(fresh.sister);
  const Draft* sister = known == drafts.end() ? nullptr : &known->second;
  if (sister != nullptr) fresh.group.spec.members = like(*sister, fresh.candidates);
  const Frame frame = *fresh.frame;
  const Open all = open_groups(drafts, frame, nullptr);
  const Open open = sister == nullptr ? all : open_groups(drafts, frame, sister);
  const bool wants_new = open.emptiest == nullptr ||
                         (sister == nullptr && open.count < spread_of(*fresh.pool, fresh.candidates));
  Draft* own = wants_new ? open_group(inputs, newcomer, std::move(fresh), drafts) : nullptr;
  if (own != nullptr) return own;
  Draft* shared = open.emptiest == nullptr ? all.emptiest : open.emptiest;
  if (shared != nullptr) add_address(inputs, newcomer, *shared);
  return shared;
}

bool is_releasing(const Draft& draft, const net::IpAddress& address) {
  return std::any_of(draft.releases.begin(), draft.releases.end(),
                     [&](const Release& release) { return release.address == address; });
}

// True if an address of `fresh` may be in the group of this draft, which it has left.
bool fits(const Draft& fresh, const Draft& draft) {
  const auto& spec = draft.group.spec;
  if (!fresh.frame || spec.addresses.size() >= most_addresses(fresh.frame->family)) return false;
  if (draft.frame == fresh.frame) return true;
  return spec.addresses.empty() &&  // it lives by the rules of whoever comes into it
         draft.group.meta.name ==
             group_name(fresh.frame->segment, fresh.frame->family, spec.virtual_router_id);
}

// An address that nodes may hold yet comes back into the group that it has left, if it is of one and that is
// the right one again: these are the group's own nodes, and whoever is its master has it. Otherwise it waits
// until they have let go.
const Draft* come_back(const Inputs& inputs, const Newcomer& newcomer, const Draft& fresh, Drafts& drafts) {
  const auto& address = newcomer.wish.address;
  Draft* former = nullptr;
  for (auto& [name, draft] : drafts) {
    if (!is_releasing(draft, address)) continue;
    if (former != nullptr) return nullptr;
    former = &draft;
  }
  if (former == nullptr || !fits(fresh, *former)) return nullptr;
  if (!may_come_back(former->group, former->releases, address, newcomer.owners)) return nullptr;
  if (former->group.spec.addresses.empty()) {
    former->pool = fresh.pool;
    former->demand = fresh.demand;
    former->candidates = fresh.candidates;
    former->frame = fresh.frame;
    former->sister = fresh.sister;
  }
  std::erase_if(former->releases, [&](const Release& release) { return release.address == address; });
  add_address(inputs, newcomer, *former);
  return former;
}

void place_one(const Inputs& inputs, const Newcomer& newcomer, Whereabouts& where, Drafts& drafts,
               Placement& out) {
  const Wish& wish = newcomer.wish;
  Draft fresh;
  fresh.pool = wish.pool;
  fresh.demand = demand_of(*wish.pool, wish.address, spec_of(inputs, wish));
  fresh.demand.local_nodes = newcomer.local_nodes;
  fresh.candidates = candidates(inputs, fresh.demand);
  const bool some = !fresh.candidates.eligible.empty();
  if (some) fresh.frame = frame_of(inputs, *wish.pool, fresh.demand, fresh.candidates);
  fresh.sister = sister_of(where, wish.uid, wish.address.family());
  const Draft* group = nullptr;
  if (newcomer.released) {
    group = come_back(inputs, newcomer, fresh, drafts);
    if (group == nullptr) return void(out.moving.insert(wish.address));
  } else {
    if (!some) return refuse(newcomer, nobody_can(fresh, wish), out);
    group = group_for(inputs, newcomer, std::move(fresh), drafts);
  }
  if (group == nullptr) return refuse(newcomer, no_router_id(wish), out);
  note(group->group.meta.name, {wish.address, wish.address.bits(), {}, newcomer.owners}, where);
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

// Granted addresses that are in no group yet, in the order their VirtualIPs came.
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
    if (owners.empty()) continue;
    const auto first = std::find_if(wishes.begin(), wishes.end(),
                                    [&](const Wish& wish) { return wish.uid == owners.front().uid; });
    out.push_back({*first, std::move(owners), local_nodes_of(seating, address), waits});
  }
  std::stable_sort(out.begin(), out.end(), [&](const Newcomer& a, const Newcomer& b) {
    return older(inputs.virtual_ips.at(a.wish.virtual_ip).meta,
                 inputs.virtual_ips.at(b.wish.virtual_ip).meta);
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

void finish(const Inputs& inputs, Drafts& drafts, Placement& out) {
  for (auto& [name, draft] : drafts) {
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
  for (const auto& newcomer : unplaced(inputs, seating, drafts, out)) {
    place_one(inputs, newcomer, where, drafts, out);
  }
  finish(inputs, drafts, out);
  return out;
}

}  // namespace fairlead::controller

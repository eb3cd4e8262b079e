#include "controller/plan/place.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "controller/plan/frame.h"
#include "controller/plan/names.h"
#include "controller/plan/priorities.h"
#include "controller/plan/release.h"
#include "controller/plan/router_ids.h"
#include "controller/plan/seats.h"
#include "controller/plan/unicast.h"

namespace fairlead::controller {
namespace {

// A group in the making.
struct Draft {
  api::VRRPGroup group;
  bool existed = false;
  std::set<std::string> holders;  // as observed
  std::vector<Release> releases;
  const api::AddressPool* pool =
      nullptr;  // of the first address whose pool is known; nullptr: keep parameters
  Demand demand;
  Candidates candidates;
  std::optional<Frame> frame;  // unset: nothing may join
};
using Drafts = std::map<std::string, Draft>;

api::Forwarding forwarding_of(const Inputs& inputs, const Wish& wish) {
  const auto* object = find(inputs.virtual_ips, wish.virtual_ip);
  return object == nullptr ? api::Forwarding::kNat : object->spec.forwarding;
}

using Held = std::map<net::IpAddress, Holding>;

// The observed group without the addresses that lost their holder.
Draft stripped(const Inputs& inputs, const Seating& seating, const Held& held,
               const api::VRRPGroup& observed) {
  Draft draft;
  draft.group = observed;
  draft.existed = true;
  draft.holders = holders(inputs, observed);
  draft.releases = open_releases(inputs, observed);
  draft.group.spec.addresses.clear();
  for (auto address : observed.spec.addresses) {
    if (address.owners.empty()) {  // listed by hand: not ours to touch
      draft.group.spec.addresses.push_back(address);
      continue;
    }
    // In two groups, as after a restored backup: the elder keeps it, for each has a master of its own.
    const bool elder = held.at(address.address).group == observed.meta.name;
    auto owners = elder ? owners_of(seating, address) : std::vector<api::AddressOwner>{};
    if (!owners.empty()) {
      const auto& wishes = granted(seating, address.address);
      if (!wishes.empty()) address.forwarding = forwarding_of(inputs, wishes.front());
      address.owners = std::move(owners);
      draft.group.spec.addresses.push_back(address);
      continue;
    }
    if (draft.holders.empty()) continue;
    for (const auto& owner : address.owners) {
      draft.releases.push_back({address.address, owner.uid, draft.holders});
    }
  }
  return draft;
}

// Finds out by whose rules the group lives: pool, candidates, frame of its first address with a pool.
void frame(const Inputs& inputs, const Seating& seating, Draft& draft) {
  bool forwards = false;
  const Wish* first = nullptr;
  for (const auto& address : draft.group.spec.addresses) {
    for (const auto& wish : granted(seating, address.address)) {
      if (!lists(address.owners, wish.uid)) continue;
      forwards = forwards || forwarding_of(inputs, wish) != api::Forwarding::kDelegate;
      if (first == nullptr && wish.pool != nullptr) first = &wish;
    }
  }
  if (first == nullptr) return;
  draft.pool = first->pool;
  draft.demand = demand_of(*draft.pool, first->address, api::Forwarding::kDelegate);
  draft.demand.forwards = forwards;
  draft.candidates = candidates(inputs, draft.demand);
  if (!draft.candidates.eligible.empty()) draft.frame = frame_of(*draft.pool, draft.demand, draft.candidates);
}

Draft* emptiest(Drafts& drafts, const Frame& frame, std::size_t& same_frame) {
  Draft* best = nullptr;
  for (auto& [name, draft] : drafts) {
    if (draft.frame != frame) continue;
    ++same_frame;
    const auto& spec = draft.group.spec;
    if (spec.addresses.size() >= most_addresses(frame.family)) continue;
    const auto rank = [](const Draft& d) {
      return std::pair(d.group.spec.addresses.size(), d.group.spec.virtual_router_id);
    };
    if (best == nullptr || rank(draft) < rank(*best)) best = &draft;
  }
  return best;
}

// The eligible nodes by name, beginning with the one that leads the fewest groups of the frame, so that ranks
// rotate from group to group.
std::vector<std::string> rotation(const Drafts& drafts, const Frame& frame) {
  std::map<std::string, int> leads;
  for (const auto& node : frame.nodes) leads[node] = 0;
  for (const auto& [name, draft] : drafts) {
    const auto& members = draft.group.spec.members;
    if (draft.frame != frame || members.empty()) continue;
    const auto leader = std::max_element(
        members.begin(), members.end(), [](const auto& a, const auto& b) { return a.priority < b.priority; });
    const auto found = leads.find(leader->node);
    if (found != leads.end()) ++found->second;
  }
  const auto first = std::min_element(leads.begin(), leads.end(),
                                      [](const auto& a, const auto& b) { return a.second < b.second; });
  std::vector<std::string> out(frame.nodes.begin(), frame.nodes.end());
  const auto start = std::find(out.begin(), out.end(), first->first);
  std::rotate(out.begin(), start, out.end());
  return out;
}

void apply_pool(const api::AddressPool& pool, api::VRRPGroupSpec& spec) {
  spec.version = pool.spec.vrrp.version;
  spec.advert_interval = pool.spec.vrrp.advert_interval;
  spec.preempt = pool.spec.vrrp.preempt;
  spec.preempt_delay = pool.spec.vrrp.preempt_delay;
  spec.checksum = pool.spec.vrrp.checksum;
  spec.transport = pool.spec.vrrp.transport;
  spec.link_up_delay = pool.spec.vrrp.link_up_delay;
}

void settle_members(const Inputs& inputs, const Drafts& drafts, Draft& draft) {
  auto& spec = draft.group.spec;
  Table table{draft.group.meta.name,
              spec.members,
              draft.candidates,
              draft.demand,
              skew_interval(spec),
              spec.interface,
              {}};
  if (draft.frame && spec.members.empty()) table.rotation = rotation(drafts, *draft.frame);
  auto members = seats(inputs, table);
  if (spec.transport == api::Transport::kUnicast) {
    for (auto& member : members) {
      member.unicast_address = unicast_address(inputs, spec, member, draft.demand);
    }
  }
  spec.members = std::move(members);
}

// An address that comes into a group: asked for by `wish`, and owned by all who share it.
struct Newcomer {
  Wish wish;
  std::vector<api::AddressOwner> owners;
};

void add_address(const Inputs& inputs, const Newcomer& newcomer, Draft& draft) {
  const auto& address = newcomer.wish.address;
  auto& addresses = draft.group.spec.addresses;
  addresses.push_back({address, address.bits(), forwarding_of(inputs, newcomer.wish), newcomer.owners});
  std::sort(addresses.begin(), addresses.end(),
            [](const auto& a, const auto& b) { return a.address < b.address; });
}

// A group of its own for the wish; nothing if no VRID is left.
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
  apply_pool(*fresh.pool, group.spec);
  add_address(inputs, newcomer, fresh);
  settle_members(inputs, drafts, fresh);
  return &drafts.insert({group.meta.name, fresh}).first->second;
}

void refuse(const Newcomer& newcomer, Refusal refusal, Placement& out) {
  for (const auto& owner : newcomer.owners) out.refused.insert({{owner.namespace_name, owner.name}, refusal});
}

void place_one(const Inputs& inputs, const Newcomer& newcomer, Drafts& drafts, Placement& out) {
  const Wish& wish = newcomer.wish;
  Draft fresh;
  fresh.pool = wish.pool;
  fresh.demand = demand_of(*wish.pool, wish.address, forwarding_of(inputs, wish));
  fresh.candidates = candidates(inputs, fresh.demand);
  const std::string text = net::to_string(wish.address);
  if (fresh.candidates.eligible.empty()) {
    return refuse(newcomer,
                  {Reason::kNoEligibleNode,
                   "no node can hold " + text + " (" + explain(fresh.candidates, fresh.demand) + ")"},
                  out);
  }
  fresh.frame = frame_of(*wish.pool, fresh.demand, fresh.candidates);
  std::size_t open = 0;
  Draft* shared = emptiest(drafts, *fresh.frame, open);
  const bool wants_new = shared == nullptr || open < spread_of(*wish.pool, fresh.candidates);
  Draft* own = wants_new ? open_group(inputs, newcomer, fresh, drafts) : nullptr;
  if (own != nullptr) return;
  if (shared == nullptr) {
    return refuse(
        newcomer,
        {Reason::kVirtualRouterIDsExhausted, "no virtual router ID of AddressPool " + wish.pool->meta.name +
                                                 " is free for " + text + ", widen vrrp.virtualRouterIDs"},
        out);
  }
  add_address(inputs, newcomer, *shared);
}

// Granted addresses that are in no group yet, in the order their VirtualIPs came.
std::vector<Newcomer> unplaced(const Inputs& inputs, const Seating& seating, const Drafts& drafts) {
  std::set<net::IpAddress> placed;
  for (const auto& [name, draft] : drafts) {
    for (const auto& address : draft.group.spec.addresses) placed.insert(address.address);
  }
  std::vector<Newcomer> out;
  for (const auto& [address, wishes] : seating.claims.granted) {
    if (placed.contains(address)) continue;
    auto owners = owners_of(seating, {address, address.bits(), {}, {}});
    if (owners.empty()) continue;
    const auto first = std::find_if(wishes.begin(), wishes.end(),
                                    [&](const Wish& wish) { return wish.uid == owners.front().uid; });
    out.push_back({*first, std::move(owners)});
  }
  std::stable_sort(out.begin(), out.end(), [&](const Newcomer& a, const Newcomer& b) {
    return older(inputs.virtual_ips.at(a.wish.virtual_ip).meta,
                 inputs.virtual_ips.at(b.wish.virtual_ip).meta);
  });
  return out;
}

// Metadata as it should be; uid, resourceVersion and generation stay those observed.
void write_metadata(const Inputs& inputs, Draft& draft) {
  auto& meta = draft.group.meta;
  std::set<std::string> labelled = draft.holders;
  for (const auto& release : draft.releases) labelled.insert(release.nodes.begin(), release.nodes.end());
  std::erase_if(labelled, [&](const auto& node) { return !inputs.nodes.contains(cluster_key(node)); });
  for (const auto& member : draft.group.spec.members) labelled.insert(member.node);
  meta.labels.clear();
  for (const auto& node : labelled) meta.labels[api::node_label(node)] = "";
  meta.annotations.clear();
  if (!draft.releases.empty()) meta.annotations[kReleasingAnnotation] = to_string(draft.releases);
}

void finish(const Inputs& inputs, Drafts& drafts, Placement& out) {
  for (auto& [name, draft] : drafts) {
    if (draft.existed && draft.pool != nullptr) {
      apply_pool(*draft.pool, draft.group.spec);
      settle_members(inputs, drafts, draft);
    }
    if (draft.group.spec.addresses.empty() && draft.releases.empty()) continue;
    write_metadata(inputs, draft);
    for (const auto& address : draft.group.spec.addresses) out.group_of.insert({address.address, name});
    out.groups.insert({cluster_key(name), draft.group});
  }
}

bool made_by_hand(const api::VRRPGroup& group) {
  const auto& addresses = group.spec.addresses;
  return !addresses.empty() && std::all_of(addresses.begin(), addresses.end(),
                                           [](const auto& address) { return address.owners.empty(); });
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
    Draft draft = stripped(inputs, seating, held, observed);
    frame(inputs, seating, draft);
    drafts.insert({key.name, std::move(draft)});
  }
  for (const auto& newcomer : unplaced(inputs, seating, drafts)) place_one(inputs, newcomer, drafts, out);
  finish(inputs, drafts, out);
  return out;
}

}  // namespace fairlead::controller

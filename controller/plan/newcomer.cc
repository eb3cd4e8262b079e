#include "controller/plan/newcomer.h"

#include <algorithm>
#include <utility>

#include "controller/plan/names.h"
#include "controller/plan/settle.h"

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

// As strong in this group as in the sister; who cannot be in this one is not.
std::vector<api::GroupMember> like(const Draft& sister, const Candidates& candidates) {
  std::vector<api::GroupMember> out;
  for (const auto& member : sister.group.spec.members) {
    if (!candidates.eligible.contains(member.node)) continue;
    out.push_back({member.node, member.node_uid, member.priority, ""});
  }
  return out;
}

void add_address(const Inputs& inputs, const Newcomer& newcomer, Draft& draft) {
  const auto& address = newcomer.wish.address;
  auto& addresses = draft.group.spec.addresses;
  addresses.push_back({address, address.bits(), spec_of(inputs, newcomer.wish).forwarding, newcomer.owners});
  std::sort(addresses.begin(), addresses.end(),
            [](const auto& a, const auto& b) { return a.address < b.address; });
}

// A group of its own for the wish; nullptr if no VRID is left.
Draft* open_group(const Inputs& inputs, const Newcomer& newcomer, Draft fresh, RouterIds& ids,
                  Drafts& drafts) {
  const auto id = ids.lowest_free(*fresh.pool, fresh.candidates, fresh.frame->segment, fresh.frame->family);
  if (!id) return nullptr;
  auto& group = fresh.group;
  group.meta.name = group_name(fresh.frame->segment, fresh.frame->family, *id);
  group.spec.family = fresh.frame->family;
  group.spec.virtual_router_id = *id;
  group.spec.interface =
      fresh.frame->interface.empty() ? common_interface(fresh.candidates) : fresh.frame->interface;
  add_address(inputs, newcomer, fresh);
  settle(inputs, drafts, ids, fresh);
  const std::string name = group.meta.name;
  return &drafts.insert({name, std::move(fresh)}).first->second;
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

}  // namespace

Draft* group_for(const Inputs& inputs, const Newcomer& newcomer, Draft fresh, RouterIds& ids,
                 Drafts& drafts) {
  const auto known = drafts.find(fresh.sister);
  const Draft* sister = known == drafts.end() ? nullptr : &known->second;
  if (sister != nullptr) fresh.group.spec.members = like(*sister, fresh.candidates);
  const Frame frame = *fresh.frame;
  const Open all = open_groups(drafts, frame, nullptr);
  const Open open = sister == nullptr ? all : open_groups(drafts, frame, sister);
  const bool wants_new =
      open.emptiest == nullptr || (sister == nullptr && open.count < spread_of(*fresh.pool, frame));
  Draft* own = wants_new ? open_group(inputs, newcomer, std::move(fresh), ids, drafts) : nullptr;
  if (own != nullptr) return own;
  Draft* shared = open.emptiest == nullptr ? all.emptiest : open.emptiest;
  if (shared != nullptr) add_address(inputs, newcomer, *shared);
  return shared;
}

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

}  // namespace fairlead::controller

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
// that can take in one more.
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
    if (draft.unreadable || draft.group.spec.addresses.size() >= most_addresses(frame.family)) continue;
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

std::string name_of(const Draft& fresh, std::size_t virtual_router_id) {
  return group_name(fresh.frame->segment, fresh.frame->family, static_cast<int>(virtual_router_id));
}

RouterIds::Ids free_ids(const Draft& fresh, RouterIds& ids) {
  return ids.free(*fresh.pool, fresh.candidates, fresh.frame->segment, fresh.frame->family);
}

// A group of its own for the wish.
Draft* open_group(const Inputs& inputs, const Newcomer& newcomer, std::size_t virtual_router_id, Draft fresh,
                  RouterIds& ids, Drafts& drafts) {
  auto& group = fresh.group;
  group.meta.name = name_of(fresh, virtual_router_id);
  group.spec.family = fresh.frame->family;
  group.spec.virtual_router_id = static_cast<int>(virtual_router_id);
  group.spec.interface =
      fresh.frame->interface.empty() ? common_interface(fresh.candidates) : fresh.frame->interface;
  add_address(inputs, newcomer, fresh);
  settle(inputs, drafts, ids, fresh);
  const std::string name = group.meta.name;
  return &drafts.insert({name, std::move(fresh)}).first->second;
}

const Draft* sister_in(const Drafts& drafts, const Draft& fresh) {
  const auto known = drafts.find(fresh.sister);
  return known == drafts.end() ? nullptr : &known->second;
}

bool is_releasing(const Draft& draft, const net::IpAddress& address) {
  return std::any_of(draft.releases.begin(), draft.releases.end(),
                     [&](const Release& release) { return release.address == address; });
}

// True if an address of `fresh` may be in the group of this draft: one that it has left, or that its claim
// names.
bool fits(const Draft& fresh, const Draft& draft) {
  const auto& spec = draft.group.spec;
  if (draft.unreadable || !fresh.frame || spec.addresses.size() >= most_addresses(fresh.frame->family))
    return false;
  if (draft.frame == fresh.frame) return true;
  return spec.addresses.empty() &&  // it lives by the rules of whoever comes into it
         draft.group.meta.name == name_of(fresh, static_cast<std::size_t>(spec.virtual_router_id));
}

void move_in(const Inputs& inputs, const Newcomer& newcomer, const Draft& fresh, Draft& draft) {
  if (draft.group.spec.addresses.empty()) {
    draft.pool = fresh.pool;
    draft.demand = fresh.demand;
    draft.candidates = fresh.candidates;
    draft.frame = fresh.frame;
    draft.sister = fresh.sister;
  }
  add_address(inputs, newcomer, draft);
}

}  // namespace

Draft* named_group(const Inputs& inputs, const Newcomer& newcomer, const Draft& fresh, RouterIds& ids,
                   Drafts& drafts) {
  const auto known = drafts.find(newcomer.named);
  if (known != drafts.end()) {
    if (!fits(fresh, known->second)) return nullptr;
    move_in(inputs, newcomer, fresh, known->second);
    return &known->second;
  }
  const auto free = free_ids(fresh, ids);
  for (std::size_t id = 1; id < kRouterIds; ++id) {
    if (!free.test(id) || name_of(fresh, id) != newcomer.named) continue;
    Draft opened = fresh;
    const Draft* sister = sister_in(drafts, fresh);
    if (sister != nullptr) opened.group.spec.members = like(*sister, fresh.candidates);
    return open_group(inputs, newcomer, id, std::move(opened), ids, drafts);
  }
  return nullptr;
}

Draft* group_for(const Inputs& inputs, const Newcomer& newcomer, Draft fresh, RouterIds& ids,
                 Drafts& drafts) {
  const Draft* sister = sister_in(drafts, fresh);
  if (sister != nullptr) fresh.group.spec.members = like(*sister, fresh.candidates);
  const Frame frame = *fresh.frame;
  const Open all = open_groups(drafts, frame, nullptr);
  const Open open = sister == nullptr ? all : open_groups(drafts, frame, sister);
  const bool wants_new =
      open.emptiest == nullptr || (sister == nullptr && open.count < spread_of(*fresh.pool, frame));
  const auto free = wants_new ? free_ids(fresh, ids) : RouterIds::Ids{};
  for (std::size_t id = 1; id < kRouterIds; ++id) {
    if (free.test(id)) return open_group(inputs, newcomer, id, std::move(fresh), ids, drafts);
  }
  Draft* shared = open.emptiest == nullptr ? all.emptiest : open.emptiest;
  if (shared != nullptr) add_address(inputs, newcomer, *shared);
  return shared;
}

Draft* former_group(const Newcomer& newcomer, const Draft& fresh, Drafts& drafts) {
  const auto& address = newcomer.wish.address;
  Draft* former = nullptr;
  for (auto& [name, draft] : drafts) {
    if (!is_releasing(draft, address)) continue;
    if (former != nullptr) return nullptr;
    former = &draft;
  }
  if (former == nullptr || !fits(fresh, *former)) return nullptr;
  const bool may = may_come_back(former->group, former->releases, address, newcomer.owners);
  return may ? former : nullptr;
}

void come_back(const Inputs& inputs, const Newcomer& newcomer, const Draft& fresh, Draft& former) {
  std::erase_if(former.releases,
                [&](const Release& release) { return release.address == newcomer.wish.address; });
  move_in(inputs, newcomer, fresh, former);
}

}  // namespace fairlead::controller

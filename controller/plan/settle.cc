#include "controller/plan/settle.h"

#include <algorithm>
#include <map>
#include <utility>

#include "controller/plan/hand_overs.h"
#include "controller/plan/priorities.h"
#include "controller/plan/seats.h"
#include "controller/plan/unicast.h"

namespace fairlead::controller {
namespace {

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

bool has_seat(const Draft& draft, const std::string& node) {
  const auto& members = draft.group.spec.members;
  return std::any_of(members.begin(), members.end(), [&](const auto& member) { return member.node == node; });
}

// Who could join, but where another group has the ID on that interface.
void leave_out_taken(const RouterIds& ids, Draft& draft) {
  const auto& spec = draft.group.spec;
  std::erase_if(draft.candidates.eligible, [&](const auto& candidate) {
    const auto& [node, site] = candidate;
    return !has_seat(draft, node) && ids.is_taken(spec.virtual_router_id, spec.family, node, site.interface);
  });
}

// Without any endpoint it stays where it is: whoever joined could be stronger than the master, and as long as
// one of the members can hold it nobody does.
void leave_as_it_is(Draft& draft) {
  const auto& eligible = draft.candidates.eligible;
  const bool one_can = std::any_of(eligible.begin(), eligible.end(),
                                   [&](const auto& one) { return has_seat(draft, one.first); });
  if (!waits_for_endpoints(draft.demand) || !one_can) return;
  std::erase_if(draft.candidates.eligible, [&](const auto& one) { return !has_seat(draft, one.first); });
}

void seat_members(const Inputs& inputs, const Drafts& drafts, Draft& draft) {
  auto& spec = draft.group.spec;
  const bool follows = spec.family == net::Family::kIPv6 && !draft.sister.empty();
  Table table{follows ? draft.sister : draft.group.meta.name,
              spec.members,
              draft.candidates,
              draft.demand,
              skew_interval(spec),
              spec.interface,
              {}};
  const bool rotates = draft.frame && spec.members.empty() && draft.demand.preferred_nodes.empty();
  if (rotates) table.rotation = rotation(drafts, *draft.frame);
  auto members = seats(inputs, table);
  if (spec.transport == api::Transport::kUnicast) {
    for (auto& member : members) {
      member.unicast_address = unicast_address(inputs, spec, member, draft.demand);
    }
  }
  spec.members = std::move(members);
}

// Of a group that nobody speaks for: whose Node is gone is no member, but for the last; whose Node was made
// again is one under its new UID (FC-15).
void follow_nodes(const Inputs& inputs, std::vector<api::GroupMember>& members) {
  const auto is_gone = [&](const auto& member) { return !inputs.nodes.contains(cluster_key(member.node)); };
  if (!std::all_of(members.begin(), members.end(), is_gone)) std::erase_if(members, is_gone);
  for (auto& member : members) {
    if (!is_gone(member)) member.node_uid = inputs.nodes.at(cluster_key(member.node)).meta.uid;
  }
}

bool one_stands_outside(const Draft& draft) {
  const auto& eligible = draft.candidates.eligible;
  return std::any_of(eligible.begin(), eligible.end(),
                     [&](const auto& one) { return !has_seat(draft, one.first); });
}

void make_room(const Inputs& inputs, Draft& draft) {
  auto& spec = draft.group.spec;
  const auto most = static_cast<std::size_t>(most_members(skew_interval(spec)));
  if (draft.pool == nullptr || spec.members.size() < most || !one_stands_outside(draft)) return;
  const auto goes = makes_room(inputs, draft.group, draft.demand);
  std::erase_if(spec.members, [&](const auto& member) { return member.node == goes; });
}

}  // namespace

// Without a pool nobody joins, and no parameter changes; who is to go goes all the same.
void settle(const Inputs& inputs, const Drafts& drafts, RouterIds& ids, Draft& draft) {
  if (draft.pool != nullptr) apply_pool(*draft.pool, draft.group.spec);
  leave_out_taken(ids, draft);
  leave_as_it_is(draft);
  const Demand* demand = draft.pool == nullptr ? nullptr : &draft.demand;
  const HandOvers going = hand_overs(inputs, draft.group, demand);
  auto& members = draft.group.spec.members;
  std::erase_if(members, [&](const auto& member) { return going.leaving.contains(member.node); });
  make_room(inputs, draft);
  if (draft.pool != nullptr) {
    seat_members(inputs, drafts, draft);
  } else {
    follow_nodes(inputs, members);
  }
  for (auto& member : members) member.hand_over = going.giving_up.contains(member.node);
  ids.take(draft.group);
}

}  // namespace fairlead::controller

#include "controller/plan/draft.h"

#include <algorithm>

namespace fairlead::controller {
namespace {

using Held = std::map<net::IpAddress, Holding>;

// The observed group without the addresses that lost their holder.
Draft stripped(const Inputs& inputs, const Seating& seating, const Held& held,
               const api::VRRPGroup& observed) {
  Draft draft;
  draft.group = observed;
  draft.existed = true;
  draft.unreadable = inputs.poisoned_groups.contains(api::key_of(observed.meta));
  draft.holders = holders(inputs, observed);
  draft.releases = open_releases(inputs, observed);
  draft.group.spec.addresses.clear();
  for (auto address : observed.spec.addresses) {
    address.owners = owners_in(inputs, observed, address);
    if (address.owners.empty()) {  // listed by hand: not ours to touch
      draft.group.spec.addresses.push_back(address);
      continue;
    }
    // In two groups, as after a restored backup: the elder keeps it, for each has a master of its own.
    const bool elder = held.at(address.address).group == observed.meta.name;
    auto owners = elder ? owners_of(seating, address) : std::vector<api::AddressOwner>{};
    if (!owners.empty()) {
      const auto& wishes = granted(seating, address.address);
      if (!wishes.empty()) address.forwarding = spec_of(inputs, wishes.front()).forwarding;
      address.owners = std::move(owners);
      draft.group.spec.addresses.push_back(address);
      continue;
    }
    let_go(address, draft.holders, draft.releases);
  }
  return draft;
}

// Addresses of a group that make the same demand.
struct Party {
  const api::AddressPool* pool;   // of the oldest VirtualIP among them
  const api::ObjectMeta* oldest;  // that one
  Demand demand;                  // of the first of them
  std::vector<net::IpAddress> addresses;
};

// Whose pool rules a group does not change with the number of those who are in it, nor with their order.
void heed_oldest(Party& party, const api::AddressPool* pool, const api::ObjectMeta* meta) {
  if (!older(*meta, *party.oldest)) return;
  party.pool = pool;
  party.oldest = meta;
}

bool same_demand(const Demand& a, const Demand& b) {
  return a.node_selector == b.node_selector && a.preferred_nodes == b.preferred_nodes &&
         a.local_nodes == b.local_nodes;
}

// Local, and without an endpoint anywhere: any node will do.
bool takes_any_node(const Party& party) { return waits_for_endpoints(party.demand); }

// Those whom any node will do stay with whoever asks for some, the largest party first: they do not move.
void join_others(std::vector<Party>& all) {
  const auto host_of = [&](const Party& guest) {
    auto best = all.end();
    for (auto party = all.begin(); party != all.end(); ++party) {
      Demand demand = guest.demand;
      demand.local_nodes = party->demand.local_nodes;
      if (!demand.local_nodes || takes_any_node(*party) || !same_demand(demand, party->demand)) continue;
      if (best == all.end() || party->addresses.size() > best->addresses.size()) best = party;
    }
    return best;
  };
  for (auto guest = all.begin(); guest != all.end();) {
    const auto host = takes_any_node(*guest) ? host_of(*guest) : all.end();
    if (host == all.end()) {
      ++guest;
      continue;
    }
    heed_oldest(*host, guest->pool, guest->oldest);
    host->addresses.insert(host->addresses.end(), guest->addresses.begin(), guest->addresses.end());
    guest = all.erase(guest);
  }
}

// Who speaks for an address: the owner that is listed first, if his pool is known.
const Wish* speaker_of(const Seating& seating, const api::GroupAddress& address) {
  const Wish* out = nullptr;
  for (const auto& wish : granted(seating, address.address)) {
    if (wish.pool == nullptr || !lists(address.owners, wish.uid)) continue;
    if (out == nullptr || wish.uid == address.owners.front().uid) out = &wish;
  }
  return out;
}

bool forwards(const Inputs& inputs, const Seating& seating, const api::GroupAddress& address) {
  const auto& wishes = granted(seating, address.address);
  return std::any_of(wishes.begin(), wishes.end(), [&](const Wish& wish) {
    return lists(address.owners, wish.uid) && spec_of(inputs, wish).forwarding != api::Forwarding::kDelegate;
  });
}

// By address; those of no known pool are of none.
std::vector<Party> parties(const Inputs& inputs, const Seating& seating, const Draft& draft) {
  std::vector<Party> out;
  bool some_forward = false;
  for (const auto& address : draft.group.spec.addresses) {
    some_forward = some_forward || forwards(inputs, seating, address);
    const Wish* speaker = speaker_of(seating, address);
    if (speaker == nullptr) continue;
    Demand demand = demand_of(*speaker->pool, address.address, spec_of(inputs, *speaker));
    demand.local_nodes = local_nodes_of(seating, address.address);
    const auto same = std::find_if(out.begin(), out.end(),
                                   [&](const Party& party) { return same_demand(party.demand, demand); });
    const auto* meta = &inputs.virtual_ips.at(speaker->virtual_ip).meta;
    if (same == out.end()) {
      out.push_back({speaker->pool, meta, demand, {address.address}});
    } else {
      heed_oldest(*same, speaker->pool, meta);
      same->addresses.push_back(address.address);
    }
  }
  join_others(out);
  for (auto& party : out) party.demand.forwards = some_forward;
  return out;
}

bool meets(const Inputs& inputs, const std::vector<api::GroupMember>& members, const Demand& demand) {
  return std::all_of(members.begin(), members.end(), [&](const api::GroupMember& member) {
    const auto* node = find(inputs.nodes, cluster_key(member.node));
    return node == nullptr || selects(inputs, demand, *node);
  });
}

std::vector<Party>::const_iterator ruling(const Inputs& inputs, const Draft& draft,
                                          const std::vector<Party>& all) {
  const auto weight = [&](const Party& party) {
    return std::pair(party.addresses.size(), meets(inputs, draft.group.spec.members, party.demand));
  };
  return std::max_element(all.begin(), all.end(),
                          [&](const Party& a, const Party& b) { return weight(a) < weight(b); });
}

// Who is to be held by others goes, if there are any: never to nobody. By selects() alone: a node that is
// not Ready for a while moves nobody. False if the party stays.
bool send_away(const Inputs& inputs, const Party& party, Draft& draft) {
  const bool same = party.demand.preferred_nodes == draft.demand.preferred_nodes &&
                    selected(inputs, party.demand) == selected(inputs, draft.demand);
  if (same || candidates(inputs, party.demand).eligible.empty()) return false;
  std::erase_if(draft.group.spec.addresses, [&](const api::GroupAddress& address) {
    const auto& all = party.addresses;
    const bool goes = std::find(all.begin(), all.end(), address.address) != all.end();
    if (goes) let_go(address, draft.holders, draft.releases);
    return goes;
  });
  return true;
}

void find_frame(const Inputs& inputs, const Seating& seating, Draft& draft) {
  const auto all = parties(inputs, seating, draft);
  if (all.empty()) return;
  const auto first = ruling(inputs, draft, all);
  Party rule = *first;
  draft.demand = first->demand;
  for (auto party = all.begin(); party != all.end(); ++party) {
    const bool stays = party == first || !send_away(inputs, *party, draft);
    if (stays) heed_oldest(rule, party->pool, party->oldest);
  }
  draft.pool = rule.pool;
  draft.demand.interface = rule.pool->spec.interface;
  draft.candidates = candidates(inputs, draft.demand);
  if (!draft.candidates.eligible.empty())
    draft.frame = frame_of(inputs, *draft.pool, draft.demand, draft.candidates);
}

}  // namespace

const api::VirtualIPSpec& spec_of(const Inputs& inputs, const Wish& wish) {
  static const api::VirtualIPSpec none;
  const auto* object = find(inputs.virtual_ips, wish.virtual_ip);
  return object == nullptr ? none : object->spec;
}

bool made_by_hand(const Inputs& inputs, const api::VRRPGroup& group) {
  const auto& addresses = group.spec.addresses;
  return !addresses.empty() && std::all_of(addresses.begin(), addresses.end(), [&](const auto& address) {
    return owners_in(inputs, group, address).empty();
  });
}

Draft draft_of(const Inputs& inputs, const Seating& seating, const Held& held,
               const api::VRRPGroup& observed) {
  Draft draft = stripped(inputs, seating, held, observed);
  find_frame(inputs, seating, draft);
  return draft;
}

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

}  // namespace fairlead::controller

#include "controller/plan/seating.h"

#include <algorithm>
#include <iterator>

namespace fairlead::controller {
namespace {

bool stays(const Seating& seating, const net::IpAddress& address, const std::string& uid) {
  const auto& wishes = granted(seating, address);
  return seating.frozen.contains(uid) || seating.moving.contains(uid) ||
         std::any_of(wishes.begin(), wishes.end(), [&](const Wish& wish) { return wish.uid == uid; });
}

bool may_be_placed(const Seating& seating, const Wish& wish) {
  return wish.pool != nullptr && !seating.unready.contains(wish.uid) &&
         !seating.unclaimed.contains({wish.address, wish.uid});
}

using Nodes = std::set<std::string>;

// Absent: its Service does not ask for nodes of its own.
std::optional<Nodes> asked_nodes(const Ground& ground, const Wish& wish) {
  const auto* object = find(ground.inputs.virtual_ips, wish.virtual_ip);
  if (object == nullptr || !object->spec.service) return std::nullopt;
  const auto* footing = find(ground.footings, {wish.virtual_ip.namespace_name, *object->spec.service});
  if (footing == nullptr || !footing->local_nodes) return std::nullopt;
  const auto of_family = footing->local_nodes->find(wish.address.family());
  return of_family == footing->local_nodes->end() ? Nodes{} : of_family->second;
}

Nodes both(const Nodes& a, const Nodes& b) {
  Nodes out;
  std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::inserter(out, out.end()));
  return out;
}

}  // namespace

void note_local_nodes(const Ground& ground, Seating& seating) {
  for (const auto& [address, wishes] : seating.claims.granted) {
    std::optional<Nodes> nodes;
    for (const auto& wish : wishes) {
      const auto asked = asked_nodes(ground, wish);
      if (!asked) continue;
      if (!nodes || nodes->empty()) {
        nodes = asked;
      } else if (const Nodes common = both(*nodes, *asked); !common.empty()) {
        nodes = common;
      }
    }
    if (nodes) seating.local_nodes.insert({address, *std::move(nodes)});
  }
}

std::optional<Nodes> local_nodes_of(const Seating& seating, const net::IpAddress& address) {
  const auto found = seating.local_nodes.find(address);
  return found == seating.local_nodes.end() ? std::nullopt : std::optional(found->second);
}

const std::vector<Wish>& granted(const Seating& seating, const net::IpAddress& address) {
  static const std::vector<Wish> nobody;
  const auto found = seating.claims.granted.find(address);
  return found == seating.claims.granted.end() ? nobody : found->second;
}

std::vector<api::AddressOwner> owner_to_be(const Seating& seating, const net::IpAddress& address) {
  for (const auto& wish : granted(seating, address)) {
    if (seating.unready.contains(wish.uid)) continue;
    if (wish.pool == nullptr) return {};
    return {{wish.virtual_ip.namespace_name, wish.virtual_ip.name, wish.uid}};
  }
  return {};
}

std::vector<api::AddressOwner> owners_of(const Seating& seating, const api::GroupAddress& observed) {
  std::vector<api::AddressOwner> out;
  for (const auto& owner : observed.owners) {
    if (stays(seating, observed.address, owner.uid)) out.push_back(owner);
  }
  for (const auto& wish : granted(seating, observed.address)) {
    if (!may_be_placed(seating, wish) || lists(out, wish.uid)) continue;
    out.push_back({wish.virtual_ip.namespace_name, wish.virtual_ip.name, wish.uid});
  }
  return out;
}

}  // namespace fairlead::controller

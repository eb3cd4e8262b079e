#include "controller/plan/allocate.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "controller/plan/free_addresses.h"
#include "lib/base/text.h"

namespace fairlead::controller {
namespace {

// What one VirtualIP asks for that it does not have.
struct Request {
  std::vector<const Wish*> wishes;
  std::vector<const Need*> needs;
};
using Requests = std::vector<std::pair<api::ObjectKey, Request>>;
using Precedences = std::map<net::IpAddress, Precedence>;

Refusal exhausted(const Need& need) {
  std::vector<std::string> names;
  for (const auto* pool : need.pools) names.push_back(pool->meta.name);
  return {Reason::kPoolExhausted, "no " + std::string(net::to_string(need.family)) +
                                      " address is left in AddressPool " + join(names, ", ")};
}

const api::AddressPool* giver(const Need& need, const net::IpAddress& address) {
  const auto found = std::find_if(need.pools.begin(), need.pools.end(),
                                  [&](const auto* pool) { return gives(*pool, address); });
  return found == need.pools.end() ? nullptr : *found;
}

std::optional<Wish> found_for(const Ground& ground, const Claims& claims, const Need& need,
                              FreeAddresses& free) {
  if (need.before && is_free(ground, claims, *need.before)) {
    return Wish{need.virtual_ip, need.uid, *need.before, giver(need, *need.before)};
  }
  for (const auto* pool : need.pools) {
    if (const auto address = free.next(*pool, need.family)) {
      return Wish{need.virtual_ip, need.uid, *address, pool};
    }
  }
  return std::nullopt;
}

// All or nothing.
void settle(const Ground& ground, const Precedences& precedences,
            const std::pair<api::ObjectKey, Request>& asking, FreeAddresses& free, Claims& out) {
  const auto& [key, request] = asking;
  std::vector<Wish> given;
  std::optional<Refusal> no;
  for (const auto* wish : request.wishes) {
    if (!no) no = refuse(ground, precedences.at(wish->address), out, *wish);
    given.push_back(*wish);
  }
  for (const auto* need : request.needs) {
    auto found = no ? std::nullopt : found_for(ground, out, *need, free);
    if (!no && !found) no = exhausted(*need);
    if (found) given.push_back(*std::move(found));
  }
  if (no) {
    out.refused.insert({key, *std::move(no)});
    return;
  }
  for (const auto& wish : given) out.granted[wish.address].push_back(wish);
}

bool is_had(const Ground& ground, const Wish& wish) {
  const auto known = ground.tenures.find(wish.uid);
  return known != ground.tenures.end() && known->second.contains(wish.address);
}

bool is_older(const Ground& ground, const api::ObjectKey& a, const api::ObjectKey& b) {
  const auto& known = ground.inputs.virtual_ips;
  return older(known.at(a).meta, known.at(b).meta);
}

// Those of `first` in its order, then the others by age.
void put_in_order(const Ground& ground, const std::vector<api::AddressOwner>& first,
                  std::vector<const Wish*>& wishes) {
  const auto place_of = [&](const Wish* wish) {
    return std::find_if(first.begin(), first.end(),
                        [&](const auto& owner) { return owner.uid == wish->uid; });
  };
  std::stable_sort(wishes.begin(), wishes.end(), [&](const Wish* a, const Wish* b) {
    const auto place = place_of(a);
    const auto other = place_of(b);
    return place != other ? place < other : is_older(ground, a->virtual_ip, b->virtual_ip);
  });
}

void grant_what_is_had(const Ground& ground, const Precedences& precedences, const std::vector<Wish>& wishes,
                       Claims& out) {
  std::map<net::IpAddress, std::vector<const Wish*>> had;
  for (const auto& wish : wishes) {
    if (is_had(ground, wish)) had[wish.address].push_back(&wish);
  }
  for (auto& [address, of_it] : had) {
    const Precedence& order = precedences.at(address);
    if (of_it.size() > 1) put_in_order(ground, order.first, of_it);
    for (const auto* wish : of_it) {
      if (auto no = refuse(ground, order, out, *wish)) {
        out.refused.insert({wish->virtual_ip, *std::move(no)});
      } else {
        out.granted[address].push_back(*wish);
      }
    }
  }
}

// The older first.
Requests requests_of(const Ground& ground, const Demands& demands) {
  std::map<api::ObjectKey, Request> by_key;
  for (const auto& wish : demands.wishes) {
    if (!is_had(ground, wish)) by_key[wish.virtual_ip].wishes.push_back(&wish);
  }
  for (const auto& need : demands.needs) by_key[need.virtual_ip].needs.push_back(&need);
  Requests out(by_key.begin(), by_key.end());
  std::stable_sort(out.begin(), out.end(),
                   [&](const auto& a, const auto& b) { return is_older(ground, a.first, b.first); });
  return out;
}

struct SetAside {
  FreeAddresses::Aside named;  // by somebody, or shown by a Service
  FreeAddresses::Aside shown;
};

SetAside set_aside(const Requests& requests) {
  SetAside out;
  for (const auto& [key, request] : requests) {
    for (const auto* wish : request.wishes) out.named.insert(wish->address);
    for (const auto* need : request.needs) {
      if (need->before) out.shown.insert(*need->before);
    }
  }
  out.named.insert(out.shown.begin(), out.shown.end());
  return out;
}

// The next of those who ask, in this order.
enum class Turn { kNaming, kShown, kOpen };

Turn turn_of(const Ground& ground, const Claims& claims, const Request& request) {
  if (!request.wishes.empty()) return Turn::kNaming;
  const bool shown = std::any_of(request.needs.begin(), request.needs.end(), [&](const Need* need) {
    return need->before && is_free(ground, claims, *need->before);
  });
  return shown ? Turn::kShown : Turn::kOpen;
}

}  // namespace

Claims allocate(const Ground& ground, const Demands& demands) {
  Precedences precedences;
  for (const auto& wish : demands.wishes) {
    if (!precedences.contains(wish.address))
      precedences.insert({wish.address, precedence(ground, wish.address)});
  }
  Claims out;
  grant_what_is_had(ground, precedences, demands.wishes, out);
  Requests requests = requests_of(ground, demands);
  const SetAside aside = set_aside(requests);
  const FreeAddresses::Aside none;
  const std::pair<Turn, const FreeAddresses::Aside&> turns[] = {
      {Turn::kNaming, aside.named}, {Turn::kShown, aside.shown}, {Turn::kOpen, none}};
  for (const auto& [turn, others] : turns) {
    FreeAddresses free(ground, out, others);
    std::erase_if(requests, [&, turn = turn](const auto& asking) {
      if (out.refused.contains(asking.first)) return true;  // something that it has
      if (turn_of(ground, out, asking.second) != turn) return false;
      settle(ground, precedences, asking, free, out);
      return true;
    });
  }
  return out;
}

}  // namespace fairlead::controller

#include "controller/plan/claim.h"

#include <optional>

#include "lib/base/text.h"

namespace fairlead::controller {
namespace {

using Contest = std::map<net::IpAddress, std::vector<Wish>>;

const api::ObjectMeta* meta_of(const Inputs& inputs, const api::ObjectKey& key) {
  const auto* object = find(inputs.virtual_ips, key);
  return object == nullptr ? nullptr : &object->meta;
}

// The best of those who ask, nobody holding the address.
const Wish& first_come(const Inputs& inputs, const std::vector<Wish>& asking) {
  const Wish* best = &asking.front();
  for (const auto& wish : asking) {
    const auto* a = meta_of(inputs, wish.virtual_ip);
    const auto* b = meta_of(inputs, best->virtual_ip);
    if (a != nullptr && b != nullptr && older(*a, *b)) best = &wish;
  }
  return *best;
}

// True while the owner noted in a group is a VirtualIP that still exists, whatever it asks for now.
bool exists(const Inputs& inputs, const api::AddressOwner& owner) {
  const api::ObjectKey key{owner.namespace_name, owner.name};
  const auto* object = find(inputs.virtual_ips, key);
  if (object != nullptr && object->meta.uid == owner.uid) return true;
  const auto* poisoned = find(inputs.poisoned_virtual_ips, key);
  return poisoned != nullptr && poisoned->meta.uid == owner.uid;
}

Refusal in_use(const net::IpAddress& address, const std::string& by) {
  return {Reason::kAddressInUse, net::to_string(address) + " " + by};
}

void refuse(Claims& claims, const Wish& wish, const std::string& by) {
  claims.refused.insert({wish.virtual_ip, in_use(wish.address, by)});
}

void decide(const Inputs& inputs, const std::vector<Wish>& asking, const Holding* holding,
            const std::set<std::string>* blocked_by, Claims& claims) {
  const Wish* winner = nullptr;
  std::string why;
  if (holding != nullptr && holding->owner.uid.empty()) {
    why = holding->excluded ? "is in excludedAddresses of VRRPGroup " + holding->group
                            : "is in VRRPGroup " + holding->group + ", which was made by hand";
  } else if (holding != nullptr && exists(inputs, holding->owner)) {
    for (const auto& wish : asking) {
      if (wish.uid == holding->owner.uid) winner = &wish;
    }
    why = "is held by VirtualIP " + holding->owner.namespace_name + "/" + holding->owner.name;
  } else if (blocked_by != nullptr) {
    const auto nodes = join({blocked_by->begin(), blocked_by->end()}, ", ");
    why = "may still be held by node " + nodes + ": it has not reported that it let go";
  } else if (holding == nullptr) {
    winner = &first_come(inputs, asking);
    why = "is held by VirtualIP " + api::to_string(winner->virtual_ip);
  } else {
    why = "is being released by VirtualIP " + holding->owner.namespace_name + "/" + holding->owner.name;
  }
  for (const auto& wish : asking) {
    if (&wish != winner) refuse(claims, wish, why);
  }
  if (winner != nullptr) claims.granted.insert({winner->address, *winner});
}

}  // namespace

Claims claim(const Inputs& inputs, const std::vector<Wish>& wishes,
             const std::map<net::IpAddress, Holding>& held, const Releasing& releasing) {
  Contest contest;
  for (const auto& wish : wishes) contest[wish.address].push_back(wish);
  Claims out;
  for (const auto& [address, asking] : contest) {
    const auto holding = held.find(address);
    const auto blocked = releasing.blocked.find(address);
    decide(inputs, asking, holding == held.end() ? nullptr : &holding->second,
           blocked == releasing.blocked.end() ? nullptr : &blocked->second, out);
  }
  std::erase_if(out.granted, [&](const auto& entry) {
    const auto holding = held.find(entry.first);
    const bool ours = holding != held.end() && holding->second.owner.uid == entry.second.uid;
    return !ours && out.refused.contains(entry.second.virtual_ip);
  });
  return out;
}

}  // namespace fairlead::controller

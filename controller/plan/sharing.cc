#include "controller/plan/sharing.h"

#include <algorithm>
#include <set>
#include <utility>

namespace fairlead::controller {
namespace {

using Ports = std::set<std::pair<net::Port, net::Protocol>>;

// Empty where nobody can say: Delegate alone, a Service that does not exist.
Ports ports_of(const Inputs& inputs, const api::VirtualIP& virtual_ip) {
  Ports out;
  for (const auto& port : virtual_ip.spec.ports) out.insert({port.port, port.protocol});
  if (!virtual_ip.spec.service) return out;
  const auto* service = find(inputs.services, {virtual_ip.meta.namespace_name, *virtual_ip.spec.service});
  if (service == nullptr) return out;
  for (const auto& port : service->ports) out.insert({port.port, port.protocol});
  return out;
}

std::string text_of(const Ports::value_type& port) {
  return std::to_string(port.first.value()) + "/" + std::string(net::to_string(port.second));
}

// Of one claim that never changes: who has the address would have to give it up.
std::string without_key(const api::AddressClaim& claim) {
  return ", and AddressClaim " + claim.meta.name + " was made " +
         (claim.spec.sharing_key.empty() ? "without a sharingKey" : "with another sharingKey") +
         ": to be shared the address must be released first";
}

Refusal conflict(const Wish& with, const std::string& what) {
  return {Reason::kSharingConflict, net::to_string(with.address) + " is shared with VirtualIP " +
                                        api::to_string(with.virtual_ip) + ": " + what};
}

std::optional<Refusal> refuse_beside(const Inputs& inputs, const Wish& other, const api::VirtualIP& asking,
                                     const Ports& ports) {
  const auto& present = inputs.virtual_ips.at(other.virtual_ip);
  if (present.spec.forwarding != asking.spec.forwarding) {
    return conflict(other, "both need the same forwarding, which is " +
                               std::string(api::to_string(present.spec.forwarding)));
  }
  const Ports taken = ports_of(inputs, present);
  if (taken.empty()) return conflict(other, "which has no ports of its own that could be told apart");
  for (const auto& port : ports) {
    if (taken.contains(port)) return conflict(other, "both have port " + text_of(port));
  }
  return std::nullopt;
}

}  // namespace

std::optional<Refusal> refuse_sharing(const Inputs& inputs, const std::vector<Wish>& there,
                                      const api::AddressClaim* claim, const Wish& wish) {
  const auto& asking = inputs.virtual_ips.at(wish.virtual_ip);
  const std::string& key = asking.spec.sharing_key;
  const bool same = !key.empty() && std::all_of(there.begin(), there.end(), [&](const Wish& other) {
    return inputs.virtual_ips.at(other.virtual_ip).spec.sharing_key == key;
  });
  const bool claimed = claim == nullptr || claim->spec.sharing_key == key;
  if (!same || !claimed) {
    return Refusal{Reason::kAddressInUse, net::to_string(wish.address) + " is held by VirtualIP " +
                                              api::to_string(there.front().virtual_ip) +
                                              (same ? without_key(*claim) : "")};
  }
  if (there.size() >= kMostSharers) {
    return conflict(there.front(), std::to_string(kMostSharers) + " have it, and no more may");
  }
  const Ports ports = ports_of(inputs, asking);
  if (ports.empty()) return conflict(there.front(), "to share it takes ports of its own");
  for (const auto& other : there) {
    if (auto refusal = refuse_beside(inputs, other, asking, ports)) return refusal;
  }
  return std::nullopt;
}

}  // namespace fairlead::controller

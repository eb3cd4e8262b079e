#include "controller/status/service_status.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "controller/plan/newest.h"
#include "controller/plan/services.h"
#include "controller/status/conditions.h"
#include "controller/status/notices.h"
#include "controller/status/virtual_ip_status.h"
#include "lib/net/address.h"

namespace fairlead::controller {
namespace {

// The ingress of a Service: its VirtualIP's address, from the first time a node serves it.
std::vector<api::LoadBalancerIngress> ingress_of(const api::Service& service,
                                                 const api::VirtualIP& virtual_ip,
                                                 const api::VirtualIPStatus& status) {
  std::vector<api::LoadBalancerIngress> out;
  const bool delegate = virtual_ip.spec.forwarding == api::Forwarding::kDelegate;
  for (const auto& address : status.addresses) out.push_back({address, delegate ? "VIP" : "Proxy"});
  const bool served = status.state != api::to_string(api::VipState::kPending) &&
                      status.state != api::to_string(api::VipState::kRejected);
  return served || out == service.ingress ? out : std::vector<api::LoadBalancerIngress>{};
}

// It has it, or had it and its claim is still there.
bool is_its_own(const Inputs& inputs, const std::string& text, const std::string& uid) {
  const auto address = net::parse_address(text);
  const auto* claim = address ? find(inputs.claims, cluster_key(api::address_claim_name(*address))) : nullptr;
  if (claim == nullptr) return false;
  const auto holders = api::holders_of(*claim);
  return std::any_of(holders.begin(), holders.end(), [&](const auto& one) { return one.uid == uid; });
}

// What the Service shows stays while its VirtualIP is on its way to just that, after a restore of the cluster
// (kubernetes.md 1, "Allocation order"), or from there to another: who follows it, external-dns for one, is
// not told that there is none. While it is withdrawn the address is its own, too, and while its group cannot
// be read.
bool goes_on_showing(const Inputs& inputs, const api::Service& service, const api::VirtualIP& virtual_ip,
                     const Decision& decision) {
  const auto& no = decision.not_placed;
  const bool placed = !no || no->reason == Reason::kWithdrawn || is_hidden(decision);
  if (decision.not_accepted || decision.not_allocated || !placed) return false;
  const auto is_on_its_way = [&](const std::string& text) {
    return std::any_of(decision.addresses.begin(), decision.addresses.end(),
                       [&](const auto& address) { return net::to_string(address) == text; });
  };
  return std::any_of(service.ingress.begin(), service.ingress.end(), [&](const auto& ingress) {
    return is_on_its_way(ingress.ip) || is_its_own(inputs, ingress.ip, virtual_ip.meta.uid);
  });
}

// Which is nothing that stands against a Service: its Pods come and go.
bool waits_for_endpoints(const Refusal& refusal) {
  return refusal.reason == Reason::kWithdrawn || refusal.reason == Reason::kNoEndpoints;
}

// What Services are summarized from.
struct Known {
  const Inputs& inputs;
  const Desired& desired;
  const Denials& denials;
  const Statuses& statuses;  // of VirtualIPs
};

ServiceStatus service_status(const Known& known, const api::ObjectKey& key,
                             const std::optional<Refusal>& refusal) {
  const auto& [inputs, desired, denials, statuses] = known;
  const auto& service = *newest(inputs.services, inputs.poisoned_services, key);
  static const Decision undecided;
  static const std::vector<Denied> none_denied;
  ServiceStatus out;
  std::optional<Refusal> no = refusal;
  const auto* poisoned = find(inputs.poisoned_services, key);
  if (poisoned != nullptr) no = unreadable(*poisoned);
  const auto* virtual_ip = find(inputs.virtual_ips, key);
  const auto* status = find(statuses.virtual_ips, key);
  const bool ours = virtual_ip != nullptr && status != nullptr && made_for(*virtual_ip, service);
  if (ours) {
    out.ingress = ingress_of(service, *virtual_ip, *status);
    const auto decided = desired.decisions.find(key);
    const Decision& decision = decided == desired.decisions.end() ? undecided : decided->second;
    if (out.ingress.empty() && goes_on_showing(inputs, service, *virtual_ip, decision))
      out.ingress = service.ingress;
    for (const auto* of_vip : {&decision.not_accepted, &decision.not_allocated, &decision.not_placed}) {
      if (!no && *of_vip && !waits_for_endpoints(**of_vip)) no = *of_vip;
    }
  }
  const bool unknown =
      poisoned != nullptr || !no;  // the VirtualIP is being made, or nobody knows what it should be
  if (unknown && virtual_ip == nullptr) out.ingress = service.ingress;
  if (!no) no = denied_service(inputs, service, ours ? denials.of(virtual_ip->meta.uid) : none_denied);
  if (no) out.conditions.push_back(condition("Accepted", false, no->reason, no->message));
  if (!no && ours) out.conditions.push_back(condition("Accepted", true, Reason::kAccepted, ""));
  return out;
}

}  // namespace

void summarize_services(const Inputs& inputs, const Desired& desired, const Denials& denials,
                        WallTime wall_now, Statuses& out) {
  const auto summarize_one = [&](const api::ObjectKey& key, const std::optional<Refusal>& refusal) {
    const auto& service = *newest(inputs.services, inputs.poisoned_services, key);
    ServiceStatus status = service_status({inputs, desired, denials, out}, key, refusal);
    status.conditions =
        timed(std::move(status.conditions), service.conditions, service.meta.generation, wall_now);
    out.service_notices.emplace_hint(out.service_notices.end(), key, service_notices(service, status));
    out.services.emplace_hint(out.services.end(), key, std::move(status));
  };
  for (const auto& [key, refusal] : desired.services) summarize_one(key, refusal);
  for (const auto& [key, poisoned] : inputs.poisoned_services) {
    if (desired.services.contains(key)) continue;
    const auto* service = newest(inputs.services, inputs.poisoned_services, key);
    if (service != nullptr && is_ours(*service, inputs.settings)) summarize_one(key, std::nullopt);
  }
}

}  // namespace fairlead::controller

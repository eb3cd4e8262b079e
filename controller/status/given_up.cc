#include "controller/status/given_up.h"

#include <algorithm>

#include "controller/plan/services.h"
#include "controller/status/conditions.h"

namespace fairlead::controller {
namespace {

bool shows_ours(const api::Service& service, const api::VirtualIP& virtual_ip) {
  if (find_condition(service.conditions, "Accepted") != nullptr) return true;
  const auto& ours = virtual_ip.status.addresses;
  return std::any_of(service.ingress.begin(), service.ingress.end(), [&](const auto& ingress) {
    return std::find(ours.begin(), ours.end(), ingress.ip) != ours.end();
  });
}

}  // namespace

void give_up_services(const Inputs& inputs, Statuses& out) {
  for (const auto& [key, virtual_ip] : inputs.virtual_ips) {
    if (!made_for_service(virtual_ip) || out.services.contains(key)) continue;
    const auto* service = find(inputs.services, key);
    if (service == nullptr || !made_for(virtual_ip, *service) || !shows_ours(*service, virtual_ip)) continue;
    out.services.insert({key, {{}, {}, true}});
  }
}

}  // namespace fairlead::controller

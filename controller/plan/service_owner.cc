#include "controller/plan/service_owner.h"

#include <algorithm>

namespace fairlead::controller {

const api::OwnerReference* service_owner(const api::ObjectMeta& virtual_ip) {
  const auto& owners = virtual_ip.owner_references;
  const auto found = std::find_if(owners.begin(), owners.end(), [&](const auto& owner) {
    return owner.controller && owner.api_version == "v1" && owner.kind == "Service" &&
           owner.name == virtual_ip.name;
  });
  return found == owners.end() ? nullptr : &*found;
}

}  // namespace fairlead::controller

#include "controller/plan/concern.h"

#include "controller/plan/services.h"

namespace fairlead::controller {

bool concerns_us(const Inputs& inputs, const api::ObjectKey& key, const api::Service* partly_read) {
  for (const auto* service : {find(inputs.services, key), partly_read}) {
    if (service == nullptr) continue;
    if (is_ours(*service, inputs.settings) || service->status_is_ours) return true;
  }
  return inputs.virtual_ips.contains(key) || is_named(inputs, key);
}

bool is_named(const Inputs& inputs, const api::ObjectKey& service) {
  return !inputs.kinship->virtual_ips().who_name(service).empty();
}

bool is_home(const Inputs& inputs, const std::string& namespace_name) {
  const auto first = inputs.virtual_ips.lower_bound({namespace_name, ""});
  return first != inputs.virtual_ips.end() && first->first.namespace_name == namespace_name;
}

}  // namespace fairlead::controller

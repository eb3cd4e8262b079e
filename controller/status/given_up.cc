#include "controller/status/given_up.h"

namespace fairlead::controller {

void give_up_services(const Inputs& inputs, Statuses& out) {
  for (const auto& [key, service] : inputs.services) {
    if (service.status_is_ours && !out.services.contains(key)) out.services.insert({key, {{}, {}, true}});
  }
}

}  // namespace fairlead::controller

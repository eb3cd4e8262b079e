#include "controller/plan/senders.h"

namespace fairlead::controller {

Senders senders(const ByKey<api::NodeReport>& reports) {
  Senders out;
  for (const auto& [key, report] : reports) {
    for (const auto& interface : report.spec.interfaces) {
      for (const auto& prefix : interface.addresses) out.insert({prefix.address, key.name});
    }
  }
  return out;
}

}  // namespace fairlead::controller

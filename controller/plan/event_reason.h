#pragma once

#include <string_view>
#include <vector>

#include "lib/api/event.h"
#include "lib/api/meta.h"

// The Events of the controller (kubernetes.md 6).
namespace fairlead::controller {

enum class EventReason {
  kIPAllocated,
  kIPReleased,
  kMasterChanged,
  kAllocationFailed,
  kNotAccepted,
  kNoMaster,
  kSplitOwnership,
  kForeignStatusWriter,
  kWriteRefused,
  kConflictWithKubeProxy,
  kPoolRemoved,
  kDeprecatedField,
  kNameTaken,
  kWithdrawn,
  kReturned,
};
// "IPAllocated", ...: the word itself, as in the reference.
std::string_view to_string(EventReason reason);

// Adds to the Events of a VirtualIP that was made for a Service the same of the Service: who has no business
// with VirtualIPs looks there.
void tell_service_too(const api::ObjectMeta& virtual_ip, std::vector<api::Notice>& notices);

}  // namespace fairlead::controller

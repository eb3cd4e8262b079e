#include "controller/plan/event_reason.h"

#include "controller/plan/service_owner.h"

namespace fairlead::controller {

std::string_view to_string(EventReason reason) {
  switch (reason) {
    case EventReason::kIPAllocated:
      return "IPAllocated";
    case EventReason::kIPReleased:
      return "IPReleased";
    case EventReason::kMasterChanged:
      return "MasterChanged";
    case EventReason::kAllocationFailed:
      return "AllocationFailed";
    case EventReason::kNotAccepted:
      return "NotAccepted";
    case EventReason::kNoMaster:
      return "NoMaster";
    case EventReason::kSplitOwnership:
      return "SplitOwnership";
    case EventReason::kForeignStatusWriter:
      return "ForeignStatusWriter";
    case EventReason::kWriteRefused:
      return "WriteRefused";
    case EventReason::kConflictWithKubeProxy:
      return "ConflictWithKubeProxy";
    case EventReason::kPoolRemoved:
      return "PoolRemoved";
    case EventReason::kDeprecatedField:
      return "DeprecatedField";
    case EventReason::kNameTaken:
      return "NameTaken";
    case EventReason::kWithdrawn:
      return "Withdrawn";
    case EventReason::kReturned:
      return "Returned";
  }
  return "";
}

void tell_service_too(const api::ObjectMeta& virtual_ip, std::vector<api::Notice>& notices) {
  const auto* service = service_owner(virtual_ip);
  if (service == nullptr) return;
  const std::vector<api::Notice> of_virtual_ip = notices;
  for (auto notice : of_virtual_ip) {
    notice.regarding = {"v1", "Service", service->name, virtual_ip.namespace_name, service->uid};
    notices.push_back(std::move(notice));
  }
}

}  // namespace fairlead::controller

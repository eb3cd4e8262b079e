#include "node/vrrp/machine.h"

namespace fairlead::vrrp {

std::string_view to_string(Reason reason) {
  switch (reason) {
    case Reason::kStartup:
      return "Startup";
    case Reason::kResumed:
      return "Resumed";
    case Reason::kMasterDown:
      return "MasterDown";
    case Reason::kPreempted:
      return "Preempted";
    case Reason::kRelinquished:
      return "Relinquished";
    case Reason::kHigherPriorityHeard:
      return "HigherPriorityHeard";
    case Reason::kFenceExpired:
      return "FenceExpired";
    case Reason::kHandedOver:
      return "HandedOver";
    case Reason::kAddressesRefused:
      return "AddressesRefused";
    case Reason::kOwnerAddressMissing:
      return "OwnerAddressMissing";
    case Reason::kTrackedInterfaceDown:
      return "TrackedInterfaceDown";
    case Reason::kTooManyAddresses:
      return "TooManyAddresses";
    case Reason::kLinkDown:
      return "LinkDown";
    case Reason::kShutdown:
      return "Shutdown";
  }
  return "";
}

}  // namespace fairlead::vrrp

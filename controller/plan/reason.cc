#include "controller/plan/reason.h"

namespace fairlead::controller {

std::string_view to_string(Reason reason) {
  switch (reason) {
    case Reason::kAccepted:
      return "Accepted";
    case Reason::kInvalidSpec:
      return "InvalidSpec";
    case Reason::kPoolNotFound:
      return "PoolNotFound";
    case Reason::kNotAdmitted:
      return "NotAdmitted";
    case Reason::kOutsidePool:
      return "OutsidePool";
    case Reason::kReservedAddress:
      return "ReservedAddress";
    case Reason::kNotYetSupported:
      return "NotYetSupported";
    case Reason::kSharingConflict:
      return "SharingConflict";
    case Reason::kNameTaken:
      return "NameTaken";
    case Reason::kOverlap:
      return "Overlap";
    case Reason::kPoolExhausted:
      return "PoolExhausted";
    case Reason::kAllocated:
      return "Allocated";
    case Reason::kAddressInUse:
      return "AddressInUse";
    case Reason::kVirtualRouterIDsExhausted:
      return "VirtualRouterIDsExhausted";
    case Reason::kProgrammed:
      return "Programmed";
    case Reason::kWaitingForNodes:
      return "WaitingForNodes";
    case Reason::kPartiallyProgrammed:
      return "PartiallyProgrammed";
    case Reason::kUnsupportedScheduler:
      return "UnsupportedScheduler";
    case Reason::kNoEligibleNode:
      return "NoEligibleNode";
    case Reason::kServing:
      return "Serving";
    case Reason::kNoEndpoints:
      return "NoEndpoints";
    case Reason::kNoMaster:
      return "NoMaster";
    case Reason::kWithdrawn:
      return "Withdrawn";
    case Reason::kHealthy:
      return "Healthy";
    case Reason::kSplitOwnership:
      return "SplitOwnership";
    case Reason::kStaleStatus:
      return "StaleStatus";
    case Reason::kVRIDInUse:
      return "VRIDInUse";
    case Reason::kPoolRemoved:
      return "PoolRemoved";
    case Reason::kForeignStatusWriter:
      return "ForeignStatusWriter";
    case Reason::kWriteRefused:
      return "WriteRefused";
  }
  return "Unknown";
}

}  // namespace fairlead::controller

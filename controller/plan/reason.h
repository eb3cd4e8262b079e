#pragma once

#include <optional>
#include <string>
#include <string_view>

// Why the controller says yes or no: the `reason` of conditions and Events (kubernetes.md 6, api.md
// "Conditions and reasons").
namespace fairlead::controller {

enum class Reason {
  // Accepted
  kAccepted,
  kInvalidSpec,
  kPoolNotFound,
  kNotAdmitted,
  kOutsidePool,
  kReservedAddress,
  kNotYetSupported,
  kSharingConflict,
  kNameTaken,  // of a Service: a VirtualIP of its name exists and is not ours
  kOverlap,    // of an AddressPool: an older pool has some of its addresses
  // Allocated
  kAllocated,
  kAddressInUse,
  kPoolExhausted,  // of an AddressPool under Degraded
  kVirtualRouterIDsExhausted,
  // Programmed
  kProgrammed,
  kWaitingForNodes,
  kPartiallyProgrammed,
  kUnsupportedScheduler,
  kNoEligibleNode,
  // Ready
  kServing,
  kNoEndpoints,
  kNoMaster,
  kWithdrawn,  // onNoEndpoints: Withdraw
  // Degraded
  kHealthy,
  kSplitOwnership,
  kStaleStatus,
  kVRIDInUse,
  kPoolRemoved,
  kForeignStatusWriter,
  kWriteRefused,  // of a Service under Accepted
};
// "Accepted", "InvalidSpec", ...: the word itself, as in the reference.
std::string_view to_string(Reason reason);

// A "no": the reason for programs, the message for people. The message names what, and what to do.
struct Refusal {
  Reason reason = Reason::kInvalidSpec;
  std::string message;
  friend bool operator==(const Refusal&, const Refusal&) = default;
};

}  // namespace fairlead::controller

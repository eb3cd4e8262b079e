#include "node/plan/make_plan.h"

namespace fairlead::plan {

std::string to_string(const VirtualServerKey& key) {
  return std::string(net::to_string(key.protocol)) + " " +
         net::to_string(net::Endpoint{key.address, key.port});
}

std::string_view to_string(Refusal refusal) {
  switch (refusal) {
    case Refusal::kInvalidSpec:
      return "InvalidSpec";
    case Refusal::kNotYetSupported:
      return "NotYetSupported";
    case Refusal::kVirtualRouterIdInUse:
      return "VRIDInUse";
    case Refusal::kAddressInUse:
      return "AddressInUse";
    case Refusal::kStaticConflict:
      return "StaticConflict";
    case Refusal::kOtherNode:
      return "OtherNode";
    case Refusal::kPasswordMissing:
      return "PasswordMissing";
    case Refusal::kPasswordTooLong:
      return "PasswordTooLong";
    case Refusal::kUnicastPeerMissing:
      return "UnicastPeerMissing";
    case Refusal::kFenceLifetimeOutOfRange:
      return "FenceLifetimeOutOfRange";
  }
  return "unknown";
}

std::string to_string(const PlanProblem& problem) {
  return problem.kind + " " + api::to_string(problem.object) + ": " + api::to_string({problem.problem});
}

Version version_of(const api::VRRPGroup& group) {
  return {group.meta.uid, group.meta.generation, group.spec.config_epoch};
}

Version version_of(const api::RealServerSet& set, std::int64_t config_epoch) {
  return {set.meta.uid, set.meta.generation, config_epoch};
}

}  // namespace fairlead::plan

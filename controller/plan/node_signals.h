#pragma once

#include <optional>

#include "controller/plan/inputs.h"

// What a Node's labels, taints and conditions say against its being Master (kubernetes.md 6).
namespace fairlead::controller {

// The first that applies, in this order: the ones above ask for more.
enum class Signal {
  kOutOfService,        // taint node.kubernetes.io/out-of-service or ToBeDeletedByClusterAutoscaler
  kExcluded,            // label node.kubernetes.io/exclude-from-external-load-balancers
  kNetworkUnavailable,  // condition
  kCordoned,            // spec.unschedulable, which a drain sets, too
};

// Nothing if none applies. NotReady is none: whoever lost the API server may serve all the same.
std::optional<Signal> signal_of(const api::Node& node, const Settings& settings);

}  // namespace fairlead::controller

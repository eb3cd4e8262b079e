#include "controller/plan/node_signals.h"

#include <algorithm>

namespace fairlead::controller {
namespace {

constexpr const char* kExclude = "node.kubernetes.io/exclude-from-external-load-balancers";
constexpr const char* kOutOfServiceTaint = "node.kubernetes.io/out-of-service";
constexpr const char* kAutoscalerTaint = "ToBeDeletedByClusterAutoscaler";

}  // namespace

std::optional<Signal> signal_of(const api::Node& node, const Settings& settings) {
  const bool leaving = std::any_of(node.taints.begin(), node.taints.end(), [](const api::Taint& taint) {
    return taint.key == kOutOfServiceTaint || taint.key == kAutoscalerTaint;
  });
  if (leaving) return Signal::kOutOfService;
  if (!settings.ignore_exclude_label && node.meta.labels.contains(kExclude)) return Signal::kExcluded;
  if (node.network_unavailable) return Signal::kNetworkUnavailable;
  if (!settings.ignore_cordon && node.unschedulable) return Signal::kCordoned;
  return std::nullopt;
}

}  // namespace fairlead::controller

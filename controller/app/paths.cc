#include "controller/app/paths.h"

namespace fairlead::controller {
namespace {

const std::string kOurs = "/apis/fairlead.dev/v1alpha1";
const std::string kCore = "/api/v1";

}  // namespace

std::string plural_of(Target target) {
  switch (target) {
    case Target::kVirtualIP:
      return "virtualips";
    case Target::kVRRPGroup:
      return "vrrpgroups";
    case Target::kRealServerSet:
      return "realserversets";
    case Target::kAddressPool:
      return "addresspools";
    case Target::kService:
      return "services";
    case Target::kNodeReport:
      return "nodereports";
    case Target::kNode:
      return "nodes";
  }
  return "unknown";
}

std::string path_of(Target target, const api::ObjectKey& key) {
  std::string out = target == Target::kService || target == Target::kNode ? kCore : kOurs;
  if (!key.namespace_name.empty()) out += "/namespaces/" + key.namespace_name;
  return out + "/" + plural_of(target) + "/" + key.name;
}

std::string path_of(const Write& write) {
  const std::string out = path_of(write.target, write.key);
  return write.verb == Verb::kApplyStatus ? out + "/status" : out;
}

apiserver::Resource resource_of(Target target) {
  switch (target) {
    case Target::kVirtualIP:
      return {kOurs, "virtualips", "VirtualIP", ""};
    case Target::kVRRPGroup:
      return {kOurs, "vrrpgroups", "VRRPGroup", ""};
    case Target::kRealServerSet:
      return {kOurs, "realserversets", "RealServerSet", ""};
    case Target::kAddressPool:
      return {kOurs, "addresspools", "AddressPool", ""};
    case Target::kService:
      return {kCore, "services", "Service", ""};
    case Target::kNodeReport:
      return {kOurs, "nodereports", "NodeReport", ""};
    case Target::kNode:
      return {kCore, "nodes", "Node", ""};
  }
  return {};
}

apiserver::Resource endpoint_slices() {
  return {"/apis/discovery.k8s.io/v1", "endpointslices", "EndpointSlice", ""};
}

}  // namespace fairlead::controller

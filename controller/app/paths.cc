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
    case Target::kAddressClaim:
      return "addressclaims";
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

namespace {

std::string folder_of(Target target, const std::string& namespace_name) {
  std::string out = target == Target::kService || target == Target::kNode ? kCore : kOurs;
  if (!namespace_name.empty()) out += "/namespaces/" + namespace_name;
  return out + "/" + plural_of(target);
}

}  // namespace

std::string path_of(Target target, const api::ObjectKey& key) {
  return folder_of(target, key.namespace_name) + "/" + key.name;
}

const char* method_of(Verb verb) {
  if (verb == Verb::kCreate) return "POST";
  return verb == Verb::kDelete ? "DELETE" : "PATCH";
}

const char* content_type_of(Verb verb) {
  if (verb == Verb::kMergePatch) return "application/merge-patch+json";
  const bool json_patch = verb == Verb::kRemoveEntries || verb == Verb::kPutBack;
  return json_patch ? "application/json-patch+json" : "application/json";
}

std::string path_to_find(Target target, const api::ObjectKey& key) {
  return folder_of(target, key.namespace_name) + "?fieldSelector=metadata.name%3D" + key.name;
}

std::string path_of(const Write& write) {
  if (write.verb == Verb::kCreate) return folder_of(write.target, write.key.namespace_name);
  const std::string out = path_of(write.target, write.key);
  const bool of_status = write.verb == Verb::kApplyStatus || write.verb == Verb::kRemoveEntries;
  return of_status ? out + "/status" : out;
}

apiserver::Resource resource_of(Target target) {
  switch (target) {
    case Target::kVirtualIP:
      return {kOurs, "virtualips", "VirtualIP", ""};
    case Target::kAddressClaim:
      return {kOurs, "addressclaims", "AddressClaim", ""};
    case Target::kVRRPGroup:
      return {kOurs, "vrrpgroups", "VRRPGroup", ""};
    case Target::kRealServerSet:
      return {kOurs, "realserversets", "RealServerSet", ""};
    case Target::kAddressPool:
      return {kOurs, "addresspools", "AddressPool", ""};
    case Target::kService:
      return {.base = kCore, .plural = "services", .kind = "Service", .selector = "", .managed_fields = true};
    case Target::kNodeReport:
      return {kOurs, "nodereports", "NodeReport", ""};
    case Target::kNode:
      return {kCore, "nodes", "Node", ""};
  }
  return {};
}

apiserver::Resource namespaces() { return {kCore, "namespaces", "Namespace", ""}; }

apiserver::Resource endpoint_slices() {
  return {"/apis/discovery.k8s.io/v1", "endpointslices", "EndpointSlice", ""};
}

}  // namespace fairlead::controller

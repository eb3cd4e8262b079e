#include "lib/api/json_view.h"
#include "lib/api/service.h"

namespace fairlead::api {
namespace {

constexpr Kind kKind{"v1", "Node"};
// More than an object of 3 MB has: whoever writes much into a Node, or something odd, does not make it
// unreadable, for then nobody would know that it is there.
constexpr std::size_t kMaxEntries = 1000000;

void read_spec(const JsonView& spec, Node& out) {
  if (!spec.object()) return;
  spec.at("unschedulable").read(out.unschedulable);
  for (const auto& item : spec.at("taints").items(kMaxEntries)) {
    Taint taint;
    if (!item.object()) continue;
    item.at("key").read(taint.key);
    item.at("effect").read(taint.effect);
    out.taints.push_back(std::move(taint));
  }
  spec.at("podCIDRs").read(out.pod_cidrs, kMaxEntries);
  std::string first;
  spec.at("podCIDR").read(first);
  if (out.pod_cidrs.empty() && !first.empty()) out.pod_cidrs.push_back(first);
}

void read_status(const JsonView& status, Node& out) {
  if (!status.object()) return;
  for (const auto& item : status.at("conditions").items(kMaxEntries)) {
    std::string type;
    std::string state;  // the API server takes any text
    if (!item.object()) continue;
    item.at("type").read(type);
    item.at("status").read(state);
    if (type == "Ready") out.ready = state == "True";
    if (type == "NetworkUnavailable") out.network_unavailable = state == "True";
  }
  for (const auto& item : status.at("addresses").items(kMaxEntries)) {
    std::string type;
    std::string address;
    if (!item.object()) continue;
    item.at("type").read(type);
    item.at("address").read(address);
    if (type == "InternalIP" || type == "ExternalIP") out.internal_ips.push_back(address);
  }
}

void read_body(const JsonView& root, Node& out) {
  read_spec(root.at("spec"), out);
  read_status(root.at("status"), out);
}

}  // namespace

Decoded<Node> decode_node(std::string_view json) { return decode_object<Node>(json, kKind, read_body); }

}  // namespace fairlead::api

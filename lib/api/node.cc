#include "lib/api/json_view.h"
#include "lib/api/service.h"

namespace fairlead::api {
namespace {

constexpr Kind kKind{"v1", "Node"};
constexpr std::size_t kMaxEntries = 256;

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
  std::vector<Condition> conditions;
  read_conditions(status.at("conditions"), conditions);
  for (const auto& condition : conditions) {
    const bool on = condition.status == ConditionStatus::kTrue;
    if (condition.type == "Ready") out.ready = on;
    if (condition.type == "NetworkUnavailable") out.network_unavailable = on;
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

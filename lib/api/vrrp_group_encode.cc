#include <nlohmann/json.hpp>

#include "lib/api/json_write.h"
#include "lib/api/vrrp_group.h"

namespace fairlead::api {
namespace {

using nlohmann::json;

constexpr Kind kKind{kFairleadVersion, "VRRPGroup"};

json address_json(const GroupAddress& address) {
  json out{{"address", net::to_string(address.address)},
           {"prefixLength", address.prefix_length},
           {"forwarding", to_string(address.forwarding)}};
  for (const auto& owner : address.owners) {
    out["owners"].push_back({{"namespace", owner.namespace_name}, {"name", owner.name}, {"uid", owner.uid}});
  }
  return out;
}

json member_json(const GroupMember& member) {
  json out{{"node", member.node}, {"priority", member.priority}};
  if (!member.node_uid.empty()) out["nodeUID"] = member.node_uid;
  if (!member.interface.empty()) out["interface"] = member.interface;
  return out;
}

json spec_json(const VRRPGroupSpec& spec) {
  json out{{"family", net::to_string(spec.family)},
           {"virtualRouterID", spec.virtual_router_id},
           {"interface", spec.interface},
           {"version", spec.version},
           {"advertIntervalMs", spec.advert_interval.count()},
           {"preempt", spec.preempt},
           {"preemptDelaySeconds", spec.preempt_delay.count()},
           {"checksum", spec.checksum == Checksum::kRfc9568 ? "RFC9568" : "RFC5798"},
           {"configEpoch", spec.config_epoch},
           {"addresses", json::array()},
           {"members", json::array()}};
  for (const auto& address : spec.addresses) out["addresses"].push_back(address_json(address));
  for (const auto& member : spec.members) out["members"].push_back(member_json(member));
  if (spec.fence_lifetime) out["fenceLifetimeSeconds"] = spec.fence_lifetime->count();
  return out;
}

json entry_json(const MemberStatus& entry) {
  json out{{"node", entry.node},
           {"state", to_string(entry.state)},
           {"observedGeneration", entry.observed_generation},
           {"programmed", entry.programmed},
           {"confirmed", entry.confirmed}};
  if (!entry.group_uid.empty()) out["groupUID"] = entry.group_uid;
  if (!entry.instance.empty()) out["instance"] = entry.instance;
  if (entry.since != WallTime{}) out["since"] = time_text(entry.since);
  if (!entry.hears.empty()) out["hears"] = entry.hears;
  if (entry.last_transition) {
    json last{{"time", time_text(entry.last_transition->time)}, {"reason", entry.last_transition->reason}};
    if (entry.last_transition->outage_ms) last["outageMs"] = *entry.last_transition->outage_ms;
    out["lastTransition"] = std::move(last);
  }
  for (const auto& problem : entry.problems) {
    out["problems"].push_back(
        {{"type", problem.type}, {"reason", problem.reason}, {"message", problem.message}});
  }
  return out;
}

}  // namespace

std::string encode_vrrp_group(const VRRPGroup& object) {
  json out = apply_frame(kKind, object.meta);
  add_metadata(object.meta, out);
  out["spec"] = spec_json(object.spec);
  return dump(out);
}

std::string encode_vrrp_group_status(const VRRPGroup& object) {
  json out = apply_frame(kKind, object.meta);
  json& status = out["status"];
  status["conditions"] = conditions_json(object.status.conditions);
  if (!object.status.master.empty()) status["master"] = object.status.master;
  if (!object.status.state.empty()) status["state"] = object.status.state;
  return dump(out);
}

std::string encode_member_status(const std::string& group, const MemberStatus& entry) {
  json out = apply_frame(kKind, ObjectKey{"", group});
  out["status"]["members"].push_back(entry_json(entry));
  return dump(out);
}

}  // namespace fairlead::api

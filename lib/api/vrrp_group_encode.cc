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
  if (member.unicast_address) out["unicastAddress"] = net::to_string(*member.unicast_address);
  if (member.hand_over) out["handOver"] = true;
  return out;
}

json announce_json(const GroupAnnounce& announce) {
  json repeats = json::array();
  for (const auto& repeat : announce.repeats) repeats.push_back(repeat.count());
  return {{"repeatSeconds", std::move(repeats)},
          {"refreshSeconds", announce.refresh.count()},
          {"routerFlag", announce.router_flag}};
}

// What an apply leaves out goes back to its default: these stand there only where they differ from it.
void add_options(const VRRPGroupSpec& spec, json& out) {
  if (spec.transport == Transport::kUnicast) out["transport"] = "Unicast";
  if (spec.password_file) out["authentication"] = {{"type", "PASS"}, {"passwordFile", *spec.password_file}};
  for (const auto& excluded : spec.excluded_addresses) {
    out["excludedAddresses"].push_back(
        {{"address", net::to_string(excluded.address)}, {"prefixLength", excluded.prefix_length}});
  }
  for (const auto& peer : spec.foreign_peers) {
    out["foreignPeers"].push_back({{"address", net::to_string(peer.address)}, {"minTTL", peer.min_ttl}});
  }
  for (const auto& tracked : spec.track_interfaces) {
    out["trackInterfaces"].push_back({{"name", tracked.name}, {"weight", tracked.weight}});
  }
  if (spec.link_up_delay != Milliseconds(0)) out["linkUpDelayMs"] = spec.link_up_delay.count();
  if (spec.fence_lifetime) out["fenceLifetimeSeconds"] = spec.fence_lifetime->count();
  if (!spec.strict_v6_first_address) out["strictV6FirstAddress"] = false;
  if (spec.announce != GroupAnnounce{}) out["announce"] = announce_json(spec.announce);
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
  add_options(spec, out);
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

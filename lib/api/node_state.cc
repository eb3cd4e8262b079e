#include "lib/api/node_state.h"

#include <nlohmann/json.hpp>

#include "lib/api/json_view.h"
#include "lib/api/json_write.h"
#include "lib/api/net_fields.h"
#include "lib/api/traffic_fields.h"

namespace fairlead::api {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxItems = 100'000;
constexpr Word<MemberState> kStateWords[] = {{"Initialize", MemberState::kInitialize},
                                             {"Backup", MemberState::kBackup},
                                             {"Master", MemberState::kMaster}};

json transition_json(const MemberTransition& transition) {
  json out{{"time", time_text(transition.time)}, {"reason", transition.reason}};
  if (transition.outage_ms) out["outageMs"] = *transition.outage_ms;
  return out;
}

json group_json(const StateGroup& group) {
  json out{{"name", group.name},
           {"source", group.source},
           {"interface", group.interface},
           {"family", net::to_string(group.family)},
           {"virtualRouterID", group.virtual_router_id},
           {"state", to_string(group.state)},
           {"priority", group.priority},
           {"programmed", group.programmed},
           {"addresses", json::array()},
           {"problems", json::array()}};
  if (group.since != WallTime{}) out["since"] = time_text(group.since);
  if (!group.hears.empty()) out["hears"] = group.hears;
  for (const auto& address : group.addresses) {
    out["addresses"].push_back({{"address", net::to_string(address.address)}, {"held", address.held}});
  }
  if (group.last_transition) out["lastTransition"] = transition_json(*group.last_transition);
  for (const auto& problem : group.problems) {
    out["problems"].push_back(
        {{"type", problem.type}, {"reason", problem.reason}, {"message", problem.message}});
  }
  return out;
}

json server_json(const StateVirtualServer& server) {
  json out{{"address", net::to_string(server.endpoint.address)},
           {"port", server.endpoint.port.value()},
           {"protocol", net::to_string(server.protocol)},
           {"group", server.group},
           {"forwarding", to_string(server.forwarding)},
           {"scheduler", to_string(server.scheduler)},
           {"programmed", server.programmed},
           {"usable", server.usable},
           {"reals", json::array()}};
  for (const auto& real : server.reals) {
    json entry{{"address", net::to_string(real.endpoint.address)},
               {"port", real.endpoint.port.value()},
               {"weight", real.weight.value()}};
    if (!real.health.empty()) entry["health"] = real.health;
    if (!real.error.empty()) entry["error"] = real.error;
    out["reals"].push_back(std::move(entry));
  }
  return out;
}

void read_transition(const JsonView& view, std::optional<MemberTransition>& out) {
  if (!view.object()) return;
  MemberTransition& transition = out.emplace();
  view.at("time").read(transition.time);
  view.at("reason").read(transition.reason);
  std::int64_t outage = 0;
  if (view.at("outageMs").integer(0, INT64_MAX, outage)) transition.outage_ms = outage;
}

StateGroup read_group(const JsonView& item) {
  StateGroup out;
  item.at("name").read(out.name);
  item.at("source").read(out.source);
  item.at("interface").read(out.interface);
  read_family(item.at("family"), out.family);
  item.at("virtualRouterID").read(1, 255, out.virtual_router_id);
  item.at("state").read<MemberState>(kStateWords, out.state);
  item.at("priority").read(0, 255, out.priority);
  item.at("since").read(out.since);
  item.at("programmed").read(out.programmed);
  item.at("hears").read(out.hears);
  for (const auto& entry : item.at("addresses").items(kMaxItems)) {
    StateAddress address;
    read_address(entry.at("address"), address.address);
    entry.at("held").read(address.held);
    out.addresses.push_back(address);
  }
  read_transition(item.at("lastTransition"), out.last_transition);
  for (const auto& entry : item.at("problems").items(kMaxItems)) {
    Condition problem;
    problem.status = ConditionStatus::kTrue;
    entry.at("type").read(problem.type);
    entry.at("reason").read(problem.reason);
    entry.at("message").read(problem.message);
    out.problems.push_back(std::move(problem));
  }
  return out;
}

StateVirtualServer read_server(const JsonView& item) {
  StateVirtualServer out;
  read_address(item.at("address"), out.endpoint.address);
  read_port(item.at("port"), 0, out.endpoint.port);
  read_protocol(item.at("protocol"), out.protocol);
  item.at("group").read(out.group);
  read_forwarding(item.at("forwarding"), out.forwarding);
  read_scheduler(item.at("scheduler"), out.scheduler);
  item.at("programmed").read(out.programmed);
  item.at("usable").read(0, INT32_MAX, out.usable);
  for (const auto& entry : item.at("reals").items(kMaxItems)) {
    StateReal real;
    read_address(entry.at("address"), real.endpoint.address);
    read_port(entry.at("port"), 0, real.endpoint.port);
    std::int64_t weight = real.weight.value();
    entry.at("weight").integer(0, 65535, weight);
    real.weight = Weight(static_cast<std::uint16_t>(weight));
    entry.at("health").read(real.health);
    entry.at("error").read(real.error);
    out.reals.push_back(real);
  }
  return out;
}

StateFile read_file(const JsonView& item) {
  StateFile out;
  item.at("name").read(out.name);
  item.at("state").read(out.state);
  item.at("groups").read(0, INT32_MAX, out.groups);
  item.at("serverSets").read(0, INT32_MAX, out.server_sets);
  item.at("problems").read(out.problems, kMaxItems);
  return out;
}

}  // namespace

std::string encode_node_state(const NodeState& state) {
  json out{{"node", state.node},       {"instance", state.instance},
           {"version", state.version}, {"planSource", state.plan_source},
           {"groups", json::array()},  {"virtualServers", json::array()},
           {"files", json::array()},   {"problems", state.problems}};
  for (const auto& group : state.groups) out["groups"].push_back(group_json(group));
  for (const auto& server : state.virtual_servers) out["virtualServers"].push_back(server_json(server));
  for (const auto& file : state.files) {
    out["files"].push_back({{"name", file.name},
                            {"state", file.state},
                            {"groups", file.groups},
                            {"serverSets", file.server_sets},
                            {"problems", file.problems}});
  }
  return dump(out);
}

Decoded<NodeState> decode_node_state(std::string_view text) {
  Decoded<NodeState> out;
  const JsonDocument document(text, out.problems);
  const JsonView root = document.root();
  if (!root.present()) return out;
  root.at("node").require();
  root.at("node").read(out.value.node);
  root.at("instance").read(out.value.instance);
  root.at("version").read(out.value.version);
  root.at("planSource").read(out.value.plan_source);
  for (const auto& item : root.at("groups").items(kMaxItems)) out.value.groups.push_back(read_group(item));
  for (const auto& item : root.at("virtualServers").items(kMaxItems)) {
    out.value.virtual_servers.push_back(read_server(item));
  }
  for (const auto& item : root.at("files").items(kMaxItems)) out.value.files.push_back(read_file(item));
  root.at("problems").read(out.value.problems, kMaxItems);
  return out;
}

}  // namespace fairlead::api

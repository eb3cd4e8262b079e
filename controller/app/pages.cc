#include "controller/app/pages.h"

#include <utility>

#include "lib/sys/json_text.h"
#include "lib/sys/loop.h"

namespace fairlead::controller {
namespace {

constexpr Seconds kBeatWithin{10};

sys::HttpReply word(bool good, const std::string& yes, const std::string& no) {
  return {good ? 200 : 503, "text/plain; charset=utf-8", good ? yes : no};
}

void add_string(std::string& out, const char* name, const std::string& value) {
  if (out.back() != '{') out += ',';
  out += '"';
  out += name;
  out += "\":\"";
  sys::append_escaped(out, value);
  out += '"';
}

void add_number(std::string& out, const char* name, std::int64_t value) {
  if (out.back() != '{') out += ',';
  out += '"';
  out += name;
  out += "\":" + std::to_string(value);
}

void add_transition(std::string& out, const api::LastTransition& last) {
  out += ",\"lastTransition\":{";
  add_string(out, "time", to_rfc3339_micro(last.time));
  add_string(out, "from", last.from);
  add_string(out, "to", last.to);
  add_string(out, "reason", last.reason);
  if (last.outage_ms) add_number(out, "outageMs", *last.outage_ms);
  out += '}';
}

std::string virtual_ip_json(const api::ObjectKey& key, const api::VirtualIPStatus& status) {
  std::string out = "{";
  add_string(out, "namespace", key.namespace_name);
  add_string(out, "name", key.name);
  add_string(out, "address", status.address);
  add_string(out, "state", status.state);
  add_string(out, "master", status.master);
  add_string(out, "reals", status.reals);
  if (status.last_transition) add_transition(out, *status.last_transition);
  return out + "}";
}

std::string members_json(const api::VRRPGroup& group) {
  std::string out = "[";
  for (const auto& member : group.spec.members) {
    if (out.size() > 1) out += ',';
    out += '{';
    add_string(out, "node", member.node);
    add_number(out, "priority", member.priority);
    for (const auto& entry : group.status.members) {
      if (entry.node == member.node) add_string(out, "state", std::string(api::to_string(entry.state)));
    }
    out += '}';
  }
  return out + "]";
}

std::string group_json(const api::VRRPGroup& group, const api::VRRPGroupStatus& status) {
  std::string out = "{";
  add_string(out, "name", group.meta.name);
  add_number(out, "virtualRouterID", group.spec.virtual_router_id);
  add_string(out, "master", status.master);
  add_string(out, "state", status.state);
  out += ",\"addresses\":[";
  for (const auto& address : group.spec.addresses) {
    out += (out.back() == '[' ? "\"" : ",\"") + net::to_string(address.address) + "\"";
  }
  return out + "],\"members\":" + members_json(group) + "}";
}

}  // namespace

void Pages::set_state(std::string json) {
  auto next = std::make_shared<const std::string>(std::move(json));
  const std::scoped_lock lock(mutex_);
  state_ = std::move(next);
}

std::map<std::string, sys::HttpListener::Route> Pages::metrics_routes(const sys::Metrics& metrics) {
  return {{"/metrics",
           [&metrics] {
             return sys::HttpReply{200, "text/plain; version=0.0.4; charset=utf-8", metrics.render()};
           }},
          {"/state", [this] {
             const std::scoped_lock lock(mutex_);
             return sys::HttpReply{200, "application/json", *state_};
           }}};
}

std::map<std::string, sys::HttpListener::Route> Pages::health_routes() {
  return {{"/healthz",
           [this] {
             const TimePoint last{Microseconds(beat_.load())};
             return word(sys::now() - last < kBeatWithin && electing_, "ok", "stuck");
           }},
          {"/readyz", [this] { return word(ready_.load(), "ok", "waiting"); }}};
}

std::string state_json(const Inputs& inputs, const Statuses& statuses) {
  std::string out = "{\"virtualIPs\":[";
  for (const auto& [key, status] : statuses.virtual_ips) {
    if (out.back() != '[') out += ',';
    out += virtual_ip_json(key, status);
  }
  out += "],\"groups\":[";
  for (const auto& [key, status] : statuses.groups) {
    if (out.back() != '[') out += ',';
    out += group_json(inputs.groups.at(key), status);
  }
  return out + "]}";
}

}  // namespace fairlead::controller

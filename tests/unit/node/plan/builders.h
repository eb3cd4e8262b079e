#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "node/plan/make_plan.h"

// Values for the tests of node/plan and node/agent, written as the situation they describe.
namespace fairlead::testing {

inline net::IpAddress ip(const std::string& text) { return *net::parse_address(text); }

inline api::GroupMember member(std::string node, int priority) { return {std::move(node), "", priority, ""}; }

// A group of node-a (200) and node-b (100) on eth0 with one Delegate address.
inline api::VRRPGroup group(const std::string& name) {
  api::VRRPGroup out;
  out.meta.name = name;
  out.meta.uid = "uid-" + name;
  out.meta.generation = 1;
  out.spec.virtual_router_id = 51;
  out.spec.interface = "eth0";
  out.spec.advert_interval = Milliseconds(1000);
  out.spec.addresses = {{ip("192.0.2.10"), 32, api::Forwarding::kDelegate, {}}};
  out.spec.members = {member("node-a", 200), member("node-b", 100)};
  return out;
}

inline api::RealServer real(const std::string& endpoint, int weight) {
  const auto parsed = *net::parse_endpoint(endpoint);
  return {parsed.address, parsed.port, api::Weight(static_cast<std::uint16_t>(weight)), "",
          api::RealState::kReady};
}

inline api::VirtualServer virtual_server(const std::string& endpoint, std::vector<api::RealServer> reals) {
  const auto parsed = *net::parse_endpoint(endpoint);
  api::VirtualServer out;
  out.address = parsed.address;
  out.port = parsed.port;
  out.reals = std::move(reals);
  return out;
}

// shop/<name>, slice 0 of 1, TCP 192.0.2.10:80 -> 10.0.0.1:8080 with weight 1.
inline api::RealServerSet set(const std::string& name, const std::string& group_name) {
  api::RealServerSet out;
  out.meta.namespace_name = "shop";
  out.meta.name = name;
  out.meta.uid = "uid-" + name;
  out.meta.generation = 1;
  out.spec.group = group_name;
  out.spec.virtual_servers = {virtual_server("192.0.2.10:80", {real("10.0.0.1:8080", 1)})};
  return out;
}

inline plan::VirtualServerKey tcp(const std::string& endpoint) {
  const auto parsed = *net::parse_endpoint(endpoint);
  return {parsed.address, net::Protocol::kTcp, parsed.port};
}

inline std::map<std::string, api::VRRPGroup> groups_of(std::vector<api::VRRPGroup> list) {
  std::map<std::string, api::VRRPGroup> out;
  for (auto& item : list) out.insert({item.meta.name, std::move(item)});
  return out;
}

inline std::map<api::ObjectKey, api::RealServerSet> sets_of(std::vector<api::RealServerSet> list) {
  std::map<api::ObjectKey, api::RealServerSet> out;
  for (auto& item : list) out.insert({api::key_of(item.meta), std::move(item)});
  return out;
}

}  // namespace fairlead::testing

#pragma once

#include <string>
#include <vector>

#include "controller/plan/inputs.h"

// Objects as tests need them: small, valid, and changed where a test is about it.
namespace fairlead::controller::testing {

inline net::IpAddress ip(const std::string& text) { return *net::parse_address(text); }

inline api::ObjectMeta meta(const std::string& name, const std::string& namespace_name) {
  api::ObjectMeta out;
  out.name = name;
  out.namespace_name = namespace_name;
  out.uid = "uid-" + name;
  out.resource_version = "17";
  out.generation = 1;
  return out;
}

inline api::Node node(const std::string& name) {
  api::Node out;
  out.meta = meta(name, "");
  out.ready = true;
  return out;
}

// One interface with one prefix, up, on a kernel with IPVS.
inline api::NodeReport report(const std::string& name, const std::string& interface,
                              const std::string& prefix) {
  api::NodeReport out;
  out.meta = meta(name, "");
  out.spec.interfaces.push_back({interface, 1500, true, {*net::parse_prefix(prefix)}, {}});
  out.spec.capabilities.ipvs = true;
  return out;
}

inline api::AddressPool pool(const std::string& name, const std::string& range) {
  api::AddressPool out;
  out.meta = meta(name, "");
  out.spec.addresses.push_back(*net::parse_range(range));
  return out;
}

// Two servers behind one port, the finalizer in place.
inline api::VirtualIP vip(const std::string& name, const std::string& address) {
  api::VirtualIP out;
  out.meta = meta(name, "shop");
  out.meta.finalizers.emplace_back(api::kReleaseFinalizer);
  out.spec.addresses.push_back(ip(address));
  out.spec.ports.push_back({"http", net::Port(80), net::Port(8080), net::Protocol::kTcp});
  out.spec.servers.push_back({ip("10.0.0.1"), {}, api::Weight(1)});
  out.spec.servers.push_back({ip("10.0.0.2"), {}, api::Weight(1)});
  return out;
}

inline api::Service service(const std::string& name, const std::string& address) {
  api::Service out;
  out.meta = meta(name, "shop");
  out.type = "LoadBalancer";
  out.load_balancer_class = "fairlead.dev/vip";
  out.ports.push_back({"http", net::Port(80), net::Protocol::kTcp});
  if (!address.empty()) out.meta.annotations["fairlead.dev/loadBalancerIPs"] = address;
  return out;
}

template <class T>
void put(ByKey<T>& map, const T& object) {
  map.insert_or_assign(api::key_of(object.meta), object);
}

// The claim of an address, for a VirtualIP of namespace shop.
inline api::AddressClaim claim_for(const std::string& address, const std::string& owner) {
  api::AddressClaim out;
  out.meta = meta(api::address_claim_name(ip(address)), "");
  out.spec = {ip(address), "public", "", {"shop", owner, "uid-" + owner}};
  return out;
}
// The same, and it names a group.
inline api::AddressClaim claim_naming(const std::string& group, const std::string& address,
                                      const std::string& owner) {
  auto out = claim_for(address, owner);
  out.meta.annotations[api::kClaimGroupAnnotation] = group;
  return out;
}
// The VirtualIP, and the claims of what it asks for, which name the first group that there may be.
inline void put_claimed(Inputs& inputs, const api::VirtualIP& object) {
  put(inputs.virtual_ips, object);
  for (const auto& address : object.spec.addresses) {
    put(inputs.claims, claim_naming("192-0-2-0-24-v4-1", net::to_string(address), object.meta.name));
  }
}

// node-a, node-b, node-c with 192.0.2.1..3/24 on eth0, and the pool `public` 192.0.2.96/27.
inline Inputs three_nodes() {
  Inputs out;
  int host = 1;
  for (const std::string name : {"node-a", "node-b", "node-c"}) {
    put(out.nodes, node(name));
    put(out.node_reports, report(name, "eth0", "192.0.2." + std::to_string(host++) + "/24"));
  }
  put(out.pools, pool("public", "192.0.2.96/27"));
  out.now = TimePoint(Seconds(1000));
  return out;
}

// A group that holds addresses for VirtualIPs of namespace shop: members of equal fame, everything reported.
struct GroupOf {
  std::string name = "192-0-2-0-24-v4-1";
  int vrid = 1;
  std::vector<std::pair<std::string, std::string>> addresses;  // address, name of the VirtualIP
  std::vector<std::pair<std::string, int>> members;            // node, priority
};
inline api::VRRPGroup group(const GroupOf& spec) {
  api::VRRPGroup out;
  out.meta = meta(spec.name, "");
  out.spec.virtual_router_id = spec.vrid;
  out.spec.interface = "eth0";
  out.spec.advert_interval = Milliseconds(250);
  out.spec.preempt_delay = Seconds(30);
  for (const auto& [address, owner] : spec.addresses) {
    out.spec.addresses.push_back({ip(address), 32, api::Forwarding::kNat, {{"shop", owner, "uid-" + owner}}});
  }
  for (const auto& [name, priority] : spec.members) {
    out.spec.members.push_back({name, "uid-" + name, priority, ""});
    out.meta.labels[api::node_label(name)] = "";
  }
  return out;
}

inline api::MemberStatus entry(const std::string& node_name, api::MemberState state) {
  api::MemberStatus out;
  out.node = node_name;
  out.instance = node_name + "-1";
  out.state = state;
  out.since = WallTime(Seconds(100));
  out.observed_generation = 1;
  out.programmed = true;
  return out;
}

}  // namespace fairlead::controller::testing

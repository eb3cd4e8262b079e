#include "sim/controller/documents.h"

namespace fairlead::sim::cluster {
namespace {

constexpr const char* kOurs = "fairlead.dev/v1alpha1";

json in_shop(const std::string& kind, const std::string& version, const std::string& name) {
  return {{"apiVersion", version}, {"kind", kind}, {"metadata", {{"name", name}, {"namespace", kNamespace}}}};
}
json alone(const std::string& kind, const std::string& version, const std::string& name) {
  return {{"apiVersion", version}, {"kind", kind}, {"metadata", {{"name", name}}}};
}

// One of six, so that several ask for the same.
std::string address(int first, int wish) { return "192.0.2." + std::to_string(first + wish % 6); }

bool asks(int wish) { return wish % 4 != 0; }

std::string slot_name(const char* stem, int slot) { return stem + std::string("-") + std::to_string(slot); }

}  // namespace

Name virtual_ip_name(int slot) { return {"VirtualIP", {kNamespace, slot_name("vip", slot)}}; }
Name service_name(int slot) { return {"Service", {kNamespace, slot_name("web", slot)}}; }
Name slice_name(int slot) { return {"EndpointSlice", {kNamespace, slot_name("web", slot) + "-1"}}; }
Name node_name(const std::string& machine) { return {"Node", {"", machine}}; }
Name report_name(const std::string& machine) { return {"NodeReport", {"", machine}}; }
Name pool_name() { return {"AddressPool", {"", "public"}}; }

json virtual_ip(int slot, int wish) {
  json out = in_shop("VirtualIP", kOurs, virtual_ip_name(slot).key.name);
  out["spec"] = {{"ports", {{{"port", 80}}}},
                 {"servers", {{{"address", "10.0.0.1"}}, {{"address", "10.0.0.2"}}}}};
  if (asks(wish)) out["spec"]["addresses"] = {address(96, wish)};
  if (wish >= 20) {
    out["spec"]["sharingKey"] = "together";
    out["spec"]["ports"] = {{{"port", 80 + slot}}};
  } else if (wish >= 17) {
    out["spec"]["forwarding"] = "Delegate";
  } else if (wish >= 13) {
    out["spec"]["placement"] = {{"nodeSelector", {{"matchLabels", {{"zone", "a"}}}}}};
  }
  return out;
}

json service(int slot, int wish) {
  json out = in_shop("Service", "v1", service_name(slot).key.name);
  if (asks(wish)) out["metadata"]["annotations"] = {{"fairlead.dev/loadBalancerIPs", address(99, wish)}};
  out["spec"] = {{"type", "LoadBalancer"},
                 {"loadBalancerClass", "fairlead.dev/vip"},
                 {"ports", {{{"name", "http"}, {"port", 80}, {"protocol", "TCP"}}}}};
  return out;
}

json slice(int slot, int endpoints) {
  json out = in_shop("EndpointSlice", "discovery.k8s.io/v1", slice_name(slot).key.name);
  out["metadata"]["labels"] = {{"kubernetes.io/service-name", service_name(slot).key.name}};
  out["addressType"] = "IPv4";
  out["ports"] = {{{"name", "http"}, {"port", 8080}, {"protocol", "TCP"}}};
  out["endpoints"] = json::array();
  for (int i = 1; i <= endpoints; ++i)
    out["endpoints"].push_back({{"addresses", {"10.1.0." + std::to_string(i)}}});
  return out;
}

json pool(bool half) {
  json out = alone("AddressPool", kOurs, pool_name().key.name);
  out["spec"] = {{"addresses", {half ? "192.0.2.96-192.0.2.101" : "192.0.2.96-192.0.2.107"}}};
  return out;
}

json node(const std::string& machine, int zone) {
  json out = alone("Node", "v1", machine);
  out["metadata"]["labels"] = {{"zone", zone == 0 ? "a" : "b"}};
  out["spec"] = json::object();
  out["status"] = {{"conditions", {{{"type", "Ready"}, {"status", "True"}}}}};
  return out;
}

json report(const std::string& machine, int host, const std::string& node_uid, bool with_interface) {
  json out = alone("NodeReport", kOurs, machine);
  out["metadata"]["ownerReferences"] = {
      {{"apiVersion", "v1"}, {"kind", "Node"}, {"name", machine}, {"uid", node_uid}}};
  json interfaces = json::array();
  if (with_interface) {
    interfaces.push_back({{"name", "eth0"},
                          {"mtu", 1500},
                          {"up", true},
                          {"addresses", {"192.0.2." + std::to_string(host) + "/24"}}});
  }
  out["spec"] = {
      {"instance", machine}, {"interfaces", interfaces}, {"capabilities", {{"ipvs", true}, {"nft", true}}}};
  return out;
}

json shop() { return alone("Namespace", "v1", kNamespace); }

bool is_poison(const Name& name) { return name.key.name.starts_with("poison"); }

json poison_virtual_ip(int number, int how) {
  json out = virtual_ip(0, 1);
  out["metadata"]["name"] = "poison-" + std::to_string(number);
  json& spec = out["spec"];
  if (how == 0) {
    spec["ports"] = json::array();
    for (int i = 0; i < 1000; ++i) spec["ports"].push_back({{"port", 0}});
  }
  if (how == 1) spec["addresses"] = {"not an address", 7};
  if (how == 2) spec["addresses"] = {"198.51.100.7"};  // outside every pool
  if (how == 3) spec = "no spec at all";
  if (how == 4) spec["scheduler"] = "random";
  return out;
}

json poison_service(int number, int how) {
  json out = service(0, 1);
  out["metadata"]["name"] = "poison-service-" + std::to_string(number);
  if (how == 0) out["metadata"]["annotations"] = {{"fairlead.dev/loadBalancerIPs", "999.1.1.1"}};
  if (how == 1) out["metadata"]["annotations"] = {{"fairlead.dev/health-checks", "[{"}};
  if (how == 2) out["spec"]["ports"] = {{{"port", 99999}}};
  if (how == 3) {
    out["spec"]["ports"] = json::array();
    for (int i = 1; i <= 300; ++i)
      out["spec"]["ports"].push_back({{"name", "p" + std::to_string(i)}, {"port", i}});
  }
  return out;
}

json poison_pool(int number, int how) {
  json out = pool(false);
  out["metadata"]["name"] = "poison-pool-" + std::to_string(number);
  if (how == 1) out["spec"]["addresses"] = {"192.0.2.300/40"};
  if (how == 2) out["spec"] = {{"addresses", "everything"}};
  return out;
}

}  // namespace fairlead::sim::cluster

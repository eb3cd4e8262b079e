#include "lib/api/node_report.h"

#include <nlohmann/json.hpp>

#include "lib/api/json_view.h"
#include "lib/api/json_write.h"
#include "lib/api/net_fields.h"

namespace fairlead::api {
namespace {

using nlohmann::json;

constexpr Kind kKind{kFairleadVersion, "NodeReport"};
constexpr std::size_t kMaxInterfaces = 256;
constexpr std::size_t kMaxAddresses = 64;
constexpr std::size_t kMaxGateways = 16;
constexpr std::size_t kMaxSchedulers = 32;
constexpr std::size_t kMaxHeard = 255;
constexpr std::size_t kMaxProblems = 32;

void read_interfaces(const JsonView& list, std::vector<ReportedInterface>& out) {
  for (const auto& item : list.items(kMaxInterfaces)) {
    ReportedInterface link;
    if (!item.object()) continue;
    item.at("name").require();
    read_interface(item.at("name"), link.name);
    item.at("mtu").read(0, INT32_MAX, link.mtu);
    item.at("up").read(link.up);
    read_prefixes(item.at("addresses"), kMaxAddresses, link.addresses);
    for (const auto& gateway : item.at("gateways").items(kMaxGateways)) {
      net::IpAddress address;
      if (read_address(gateway, address)) link.gateways.push_back(address);
    }
    out.push_back(std::move(link));
  }
}

void read_capabilities(const JsonView& view, Capabilities& out) {
  if (!view.object()) return;
  view.at("ipvs").read(out.ipvs);
  view.at("schedulers").read(out.schedulers, kMaxSchedulers);
  view.at("nft").read(out.nft);
  view.at("kernel").read(out.kernel);
}

void read_heard(const JsonView& list, std::vector<HeardVirtualRouter>& out) {
  for (const auto& item : list.items(kMaxHeard)) {
    HeardVirtualRouter heard;
    if (!item.object()) continue;
    read_interface(item.at("interface"), heard.interface);
    read_family(item.at("family"), heard.family);
    item.at("virtualRouterID").require();
    item.at("virtualRouterID").read(1, 255, heard.virtual_router_id);
    item.at("source").require();
    read_address(item.at("source"), heard.source);
    out.push_back(std::move(heard));
  }
}

void read_body(const JsonView& root, NodeReport& out) {
  const JsonView spec = root.at("spec");
  spec.require();
  if (!spec.object()) return;
  spec.at("instance").read(out.spec.instance);
  spec.at("version").read(out.spec.version);
  read_interfaces(spec.at("interfaces"), out.spec.interfaces);
  read_capabilities(spec.at("capabilities"), out.spec.capabilities);
  read_heard(spec.at("heardVirtualRouters"), out.spec.heard_virtual_routers);
  spec.at("problems").read(out.spec.problems, kMaxProblems);
}

json interface_json(const ReportedInterface& link) {
  json out{{"name", link.name}, {"mtu", link.mtu}, {"up", link.up}};
  for (const auto& prefix : link.addresses) out["addresses"].push_back(net::to_string(prefix));
  for (const auto& gateway : link.gateways) out["gateways"].push_back(net::to_string(gateway));
  return out;
}

json capabilities_json(const Capabilities& capabilities) {
  return {{"ipvs", capabilities.ipvs},
          {"schedulers", capabilities.schedulers},
          {"nft", capabilities.nft},
          {"kernel", capabilities.kernel}};
}

}  // namespace

Decoded<NodeReport> decode_node_report(std::string_view text) {
  return decode_object<NodeReport>(text, kKind, read_body);
}

std::string encode_node_report(const NodeReport& object) {
  json out = apply_frame(kKind, object.meta);
  add_metadata(object.meta, out);
  json& spec = out["spec"];
  spec["instance"] = object.spec.instance;
  spec["version"] = object.spec.version;
  spec["interfaces"] = json::array();
  for (const auto& link : object.spec.interfaces) spec["interfaces"].push_back(interface_json(link));
  spec["capabilities"] = capabilities_json(object.spec.capabilities);
  for (const auto& heard : object.spec.heard_virtual_routers) {
    spec["heardVirtualRouters"].push_back({{"interface", heard.interface},
                                           {"family", net::to_string(heard.family)},
                                           {"virtualRouterID", heard.virtual_router_id},
                                           {"source", net::to_string(heard.source)}});
  }
  if (!object.spec.problems.empty()) spec["problems"] = object.spec.problems;
  return dump(out);
}

}  // namespace fairlead::api

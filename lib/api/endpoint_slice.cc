#include "lib/api/json_view.h"
#include "lib/api/net_fields.h"
#include "lib/api/service.h"

namespace fairlead::api {
namespace {

constexpr Kind kKind{"discovery.k8s.io/v1", "EndpointSlice"};
constexpr std::size_t kMaxEndpoints = 1000;  // as the API server's own validation
constexpr std::size_t kMaxAddresses = 100;
constexpr std::size_t kMaxPorts = 20000;

void read_endpoint(const JsonView& item, SliceEndpoint& out) {
  item.at("addresses").read(out.addresses, kMaxAddresses);
  const JsonView conditions = item.at("conditions");
  conditions.object();
  conditions.at("ready").read(out.ready);
  out.serving = out.ready;
  conditions.at("serving").read(out.serving);
  conditions.at("terminating").read(out.terminating);
  item.at("nodeName").read(out.node_name);
}

void read_body(const JsonView& root, EndpointSlice& out) {
  const auto label = out.meta.labels.find("kubernetes.io/service-name");
  if (label != out.meta.labels.end()) out.service_name = label->second;
  root.at("addressType").read(out.address_type);
  const auto endpoints = root.at("endpoints").items(kMaxEndpoints);
  out.endpoints.reserve(endpoints.size());  // as many as there are: thousands of slices are kept
  for (const auto& item : endpoints) {
    SliceEndpoint endpoint;
    if (!item.object()) continue;
    read_endpoint(item, endpoint);
    out.endpoints.push_back(std::move(endpoint));
  }
  for (const auto& item : root.at("ports").items(kMaxPorts)) {
    SlicePort port;
    if (!item.object()) continue;
    item.at("name").read(port.name);
    read_port(item.at("port"), 1, port.port);
    read_protocol(item.at("protocol"), port.protocol);
    out.ports.push_back(std::move(port));
  }
}

}  // namespace

Decoded<EndpointSlice> decode_endpoint_slice(std::string_view json) {
  return decode_object<EndpointSlice>(json, kKind, read_body);
}

}  // namespace fairlead::api

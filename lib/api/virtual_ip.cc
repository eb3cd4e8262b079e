#include "lib/api/virtual_ip.h"

#include <algorithm>
#include <set>
#include <utility>

#include "lib/api/json_view.h"
#include "lib/api/label_selector_fields.h"
#include "lib/api/net_fields.h"
#include "lib/api/traffic_fields.h"
#include "lib/api/virtual_ip_fields.h"

namespace fairlead::api {
namespace {

constexpr Kind kKind{"fairlead.dev/v1alpha1", "VirtualIP"};
constexpr std::size_t kMaxAddresses = 2;
constexpr std::size_t kMaxServers = 256;
constexpr std::size_t kMaxPorts = 64;
constexpr std::size_t kMaxGroups = 16;
constexpr std::size_t kMaxPreferred = 64;
constexpr std::size_t kMaxKey = 253;
constexpr std::size_t kMaxName = 253;  // of any object

constexpr Word<OnNoEndpoints> kOnNoEndpointsWords[] = {{"Reject", OnNoEndpoints::kReject},
                                                       {"Withdraw", OnNoEndpoints::kWithdraw}};

// Returns where IPv6 addresses stand.
std::vector<std::string> read_addresses(const JsonView& list, VirtualIPSpec& out) {
  std::vector<std::string> over_ipv6;
  for (const auto& item : list.items(kMaxAddresses)) {
    net::IpAddress address;
    if (!read_virtual_address(item, address)) continue;
    const bool second = std::any_of(out.addresses.begin(), out.addresses.end(),
                                    [&](const auto& other) { return other.family() == address.family(); });
    if (second)
      item.problem("must be at most one address per family, got a second " +
                   std::string(net::to_string(address.family())) + " address " + item.show());
    if (!address.is_v4()) over_ipv6.push_back(item.path());
    out.addresses.push_back(address);
  }
  return over_ipv6;
}

// Returns where IPv6 stands.
std::vector<std::string> read_families(const JsonView& list, VirtualIPSpec& out) {
  std::vector<std::string> over_ipv6;
  std::set<net::Family> families;
  for (const auto& item : list.items(kMaxAddresses)) {
    net::Family family = net::Family::kIPv4;
    read_family(item, family);
    if (!families.insert(family).second) list.problem("must name each family once, got " + list.show());
    if (family == net::Family::kIPv6) over_ipv6.push_back(item.path());
    out.ip_families.push_back(family);
  }
  for (const auto& address : out.addresses) {
    if (families.empty() || families.contains(address.family())) continue;
    list.problem("must have the families of addresses, " + std::string(net::to_string(address.family())) +
                 " among them, got " + list.show());
  }
  return over_ipv6;
}

// Returns where ports of servers' own stand.
std::vector<std::pair<JsonView, net::Port>> read_servers(const JsonView& list,
                                                         std::vector<RealServerSpec>& out) {
  std::vector<std::pair<JsonView, net::Port>> own_ports;
  std::set<std::pair<net::IpAddress, std::optional<net::Port>>> seen;
  for (const auto& item : list.items(kMaxServers)) {
    RealServerSpec server;
    if (!item.object()) continue;
    item.at("address").require();
    const bool known = read_server_address(item.at("address"), server.address);
    net::Port port{0};
    if (read_port(item.at("port"), 1, port)) {
      server.port = port;
      own_ports.emplace_back(item.at("port"), port);
    }
    std::int64_t weight = server.weight.value();
    item.at("weight").integer(0, 65535, weight);
    server.weight = Weight(static_cast<std::uint16_t>(weight));
    if (known && !seen.insert({server.address, server.port}).second) {
      item.problem("must be listed once, got " + item.show() + " again");
    }
    out.push_back(server);
  }
  return own_ports;
}

// Packets reach the server as the client sent them.
bool keeps_ports(Forwarding forwarding) {
  return forwarding == Forwarding::kDirectRouting || forwarding == Forwarding::kTunnel;
}

void read_ports(const JsonView& list, Forwarding forwarding, std::vector<VirtualPort>& out) {
  const bool direct = keeps_ports(forwarding);
  std::set<std::pair<net::Port, net::Protocol>> seen;
  for (const auto& item : list.items(kMaxPorts)) {
    VirtualPort port;
    if (!item.object()) continue;
    item.at("name").read(port.name);
    item.at("port").require();
    const bool known = read_port(item.at("port"), 1, port.port);
    net::Port target{0};
    if (read_port(item.at("targetPort"), 1, target)) port.target_port = target;
    read_protocol(item.at("protocol"), port.protocol);
    if (direct && port.target_port && *port.target_port != port.port) {
      item.at("targetPort")
          .problem("must equal port with forwarding DirectRouting or Tunnel, got " +
                   item.at("targetPort").show());
    }
    if (known && !seen.insert({port.port, port.protocol}).second) {
      item.problem("must be unique by port and protocol, got " + std::to_string(port.port.value()) + "/" +
                   std::string(net::to_string(port.protocol)) + " again");
    }
    out.push_back(port);
  }
}

void check_own_ports(const std::vector<std::pair<JsonView, net::Port>>& own_ports, const VirtualIPSpec& out) {
  if (!keeps_ports(out.forwarding)) return;
  for (const auto& [view, own] : own_ports) {
    const auto other = std::find_if(out.ports.begin(), out.ports.end(),
                                    [own = own](const auto& port) { return port.port != own; });
    if (other == out.ports.end()) continue;
    view.problem("must equal every port of ports with forwarding DirectRouting or Tunnel (" +
                 std::to_string(other->port.value()) + "), got " + view.show());
  }
}

// Which of serviceRef, servers and ports go together.
void check_backends(const JsonView& spec, const VirtualIPSpec& out) {
  const bool service = spec.at("serviceRef").present();
  const bool servers = !out.servers.empty();
  if (service && servers) {
    spec.problem("must have exactly one of serviceRef and servers, got both");
  } else if (!service && !servers && out.forwarding != Forwarding::kDelegate) {
    spec.problem(
        "must have exactly one of serviceRef and servers (neither only with forwarding Delegate), got "
        "neither");
  }
  if (servers && out.ports.empty()) spec.at("ports").problem("required with servers");
  if (!servers && !out.ports.empty()) spec.at("ports").problem("allowed with servers only");
}

void read_sharing_key(const JsonView& view, std::string& out) {
  view.read(out);
  if (out.size() > kMaxKey) {
    view.problem("must have at most " + std::to_string(kMaxKey) + " bytes, got " +
                 std::to_string(out.size()));
  }
}

// The CRD refuses a longer one, and so a VirtualIP that is made for a Service which asks for it.
void read_name(const JsonView& view, std::size_t least, std::string& out) {
  view.read(out);
  if (view.present() && (out.size() < least || out.size() > kMaxName)) {
    view.problem("must be a name of at most " + std::to_string(kMaxName) + " characters, got " + view.show());
  }
}

void read_service_ref(const JsonView& view, VirtualIPSpec& out) {
  if (!view.object()) return;
  std::string name;
  view.at("name").require();
  view.at("name").read(name);
  if (view.at("name").present() && name.empty())
    view.at("name").problem("must be the name of a Service, got \"\"");
  out.service = name;
}

void read_placement(const JsonView& view, NodePlacement& out) {
  if (!view.object()) return;
  read_label_selector(view.at("nodeSelector"), out.node_selector);
  for (const auto& item : view.at("preferredNodes").items(kMaxPreferred)) {
    std::string node;
    read_name(item, 1, node);
    auto& nodes = out.preferred_nodes;
    if (std::find(nodes.begin(), nodes.end(), node) == nodes.end()) nodes.push_back(std::move(node));
  }
}

void read_rest(const JsonView& spec, VirtualIPSpec& out) {
  TrafficFrame frame{out.forwarding, out.scheduler, false, {}};
  frame.udp_only = std::all_of(out.ports.begin(), out.ports.end(),
                               [](const auto& port) { return port.protocol == net::Protocol::kUdp; });
  for (const auto& address : out.addresses) frame.families.insert(address.family());
  frame.families.insert(out.ip_families.begin(), out.ip_families.end());
  if (out.forwarding == Forwarding::kDirectRouting && out.service) {
    out.not_yet_supported.push_back(spec.at("forwarding").path() + " (DirectRouting with serviceRef)");
  }
  auto options = read_traffic_options(spec, frame, out.not_yet_supported);
  out.health_checks = std::move(options.health_checks);
  out.on_unhealthy = options.on_unhealthy;
  out.traffic = std::move(options.traffic);
  spec.at("onNoEndpoints").read<OnNoEndpoints>(kOnNoEndpointsWords, out.on_no_endpoints);
  if (out.on_no_endpoints == OnNoEndpoints::kWithdraw && !out.service && out.servers.empty()) {
    spec.at("onNoEndpoints")
        .problem("Withdraw is allowed with serviceRef or servers only: nothing else tells of endpoints");
  }
  read_placement(spec.at("placement"), out.placement);
}

void read_status(const JsonView& status, VirtualIPStatus& out) {
  if (!status.object()) return;
  status.at("observedGeneration").read(0, INT64_MAX, out.observed_generation);
  status.at("address").read(out.address);
  status.at("addresses").read(out.addresses, kMaxAddresses);
  status.at("groups").read(out.groups, kMaxGroups);
  status.at("master").read(out.master);
  status.at("state").read(out.state);
  status.at("reals").read(out.reals);
  read_conditions(status.at("conditions"), out.conditions);
  const JsonView last = status.at("lastTransition");
  if (!last.object()) return;
  LastTransition& transition = out.last_transition.emplace();
  last.at("time").read(transition.time);
  last.at("from").read(transition.from);
  last.at("to").read(transition.to);
  last.at("reason").read(transition.reason);
  std::int64_t outage = 0;
  if (last.at("outageMs").integer(0, INT64_MAX, outage)) transition.outage_ms = outage;
}

void read_body(const JsonView& root, VirtualIP& out) {
  read_virtual_ip_spec(root.at("spec"), out.spec);
  read_status(root.at("status"), out.status);
}

}  // namespace

void read_virtual_ip_spec(const JsonView& spec, VirtualIPSpec& out) {
  spec.require();
  if (!spec.object()) return;
  auto over_ipv6 = read_addresses(spec.at("addresses"), out);
  read_name(spec.at("pool"), 0, out.pool);
  read_sharing_key(spec.at("sharingKey"), out.sharing_key);
  const auto allocated = read_families(spec.at("ipFamilies"), out);
  if (over_ipv6.empty()) over_ipv6 = allocated;
  read_service_ref(spec.at("serviceRef"), out);
  read_forwarding(spec.at("forwarding"), out.forwarding);
  if (out.forwarding == Forwarding::kTunnel) {
    for (const auto& path : over_ipv6) {
      out.not_yet_supported.push_back(path + " (IPv6 with forwarding " +
                                      std::string(to_string(out.forwarding)) + ")");
    }
  }
  read_scheduler(spec.at("scheduler"), out.scheduler);
  const auto own_ports = read_servers(spec.at("servers"), out.servers);
  read_ports(spec.at("ports"), out.forwarding, out.ports);
  check_own_ports(own_ports, out);
  check_backends(spec, out);
  read_rest(spec, out);
}

Decoded<VirtualIP> decode_virtual_ip(std::string_view json) {
  return decode_object<VirtualIP>(json, kKind, read_body);
}

std::string_view to_string(VipState state) {
  switch (state) {
    case VipState::kPending:
      return "Pending";
    case VipState::kReady:
      return "Ready";
    case VipState::kDegraded:
      return "Degraded";
    case VipState::kNoMaster:
      return "NoMaster";
    case VipState::kSplit:
      return "Split";
    case VipState::kRejected:
      return "Rejected";
  }
  return "unknown";
}

}  // namespace fairlead::api

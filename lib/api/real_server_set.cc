#include "lib/api/real_server_set.h"

#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>

#include "lib/api/json_view.h"
#include "lib/api/net_fields.h"
#include "lib/api/traffic_fields.h"

namespace fairlead::api {
namespace {

constexpr Kind kKind{"fairlead.dev/v1alpha1", "RealServerSet"};
constexpr std::size_t kMaxVirtualServers = 256;
constexpr std::size_t kMaxReals = 1000;  // of the whole object, too (kubernetes.md 1)
constexpr std::size_t kMaxEntries = 64;
constexpr int kMaxSlices = 1000;

constexpr Word<ExternalTrafficPolicy> kPolicyWords[] = {{"Cluster", ExternalTrafficPolicy::kCluster},
                                                        {"Local", ExternalTrafficPolicy::kLocal}};
constexpr Word<RealState> kStateWords[] = {{"Ready", RealState::kReady}, {"Draining", RealState::kDraining}};

// A server of the same port gets packets as the client sent them.
void check_direct_port(const JsonView& view, const VirtualServer& server, net::Port port) {
  const bool direct =
      server.forwarding == Forwarding::kDirectRouting || server.forwarding == Forwarding::kTunnel;
  if (!direct || port == server.port) return;
  view.problem("must equal the virtual server's port " + std::to_string(server.port.value()) +
               " with forwarding " + std::string(to_string(server.forwarding)) + ", got " + view.show());
}

void read_reals(const JsonView& list, VirtualServer& server) {
  std::set<std::pair<net::IpAddress, net::Port>> seen;
  const auto items = list.items(kMaxReals);
  server.reals.reserve(items.size());  // as many as there are: thousands of sets are kept
  for (const auto& item : items) {
    RealServer real;
    if (!item.object()) continue;
    item.at("address").require();
    item.at("port").require();
    const bool has_address = read_server_address(item.at("address"), real.address);
    const bool has_port = read_port(item.at("port"), 0, real.port);
    if (has_port) check_direct_port(item.at("port"), server, real.port);
    std::int64_t weight = -1;  // not said
    item.at("weight").integer(0, 65535, weight);
    item.at("node").read(real.node);
    item.at("state").read<RealState>(kStateWords, real.state);
    if (weight < 0 && real.state == RealState::kDraining) weight = 0;
    if (weight >= 0) real.weight = Weight(static_cast<std::uint16_t>(weight));
    if (has_address && has_port && !seen.insert({real.address, real.port}).second) {
      item.problem("must be listed once, got " + item.show() + " again");
    }
    server.reals.push_back(std::move(real));
  }
}

void read_virtual_server(const JsonView& item, VirtualServer& out,
                         std::vector<std::string>& not_yet_supported) {
  item.at("address").require();
  TrafficFrame frame{Forwarding::kNat, Scheduler::kWlc, false, {}};
  if (read_virtual_address(item.at("address"), out.address)) frame.families = {out.address.family()};
  item.at("port").require();
  if (read_port(item.at("port"), 0, out.port) && out.port.value() == 0 && !item.at("persistence").present()) {
    item.at("port").problem("0 (any port) is allowed with persistence only");
  }
  read_protocol(item.at("protocol"), out.protocol);
  read_scheduler(item.at("scheduler"), out.scheduler);
  read_forwarding(item.at("forwarding"), out.forwarding);
  frame.forwarding = out.forwarding;
  frame.scheduler = out.scheduler;
  frame.udp_only = out.protocol == net::Protocol::kUdp;
  auto options = read_traffic_options(item, frame, not_yet_supported);
  if (options.health_checks) out.health_checks = *std::move(options.health_checks);
  out.on_unhealthy = options.on_unhealthy;
  out.traffic = std::move(options.traffic);
  item.at("externalTrafficPolicy").read<ExternalTrafficPolicy>(kPolicyWords, out.external_traffic_policy);
  read_reals(item.at("reals"), out);
}

void read_virtual_servers(const JsonView& list, RealServerSetSpec& out) {
  std::size_t reals = 0;
  std::set<std::tuple<net::IpAddress, net::Port, net::Protocol>> seen;
  std::map<net::IpAddress, Forwarding> forwarding;  // of each address
  for (const auto& item : list.items(kMaxVirtualServers)) {
    VirtualServer server;
    if (!item.object()) continue;
    read_virtual_server(item, server, out.not_yet_supported);
    if (!seen.insert({server.address, server.port, server.protocol}).second) {
      item.problem("must be unique by address, port and protocol, got " +
                   net::to_string(net::Endpoint{server.address, server.port}) + "/" +
                   std::string(net::to_string(server.protocol)) + " again");
    }
    const auto of_address = forwarding.try_emplace(server.address, server.forwarding).first->second;
    if (of_address != server.forwarding) {
      item.at("forwarding")
          .problem("must be the same for all virtual servers of " + net::to_string(server.address) + " (" +
                   std::string(to_string(of_address)) + "), got " +
                   std::string(to_string(server.forwarding)));
    }
    reals += server.reals.size();
    out.virtual_servers.push_back(std::move(server));
  }
  if (reals > kMaxReals) {
    list.problem("must have at most " + std::to_string(kMaxReals) + " real servers, got " +
                 std::to_string(reals));
  }
}

void read_spec(const JsonView& spec, RealServerSet& set) {
  RealServerSetSpec& out = set.spec;
  spec.require();
  if (!spec.object()) return;
  spec.at("group").require();
  spec.at("group").read(out.group);
  const JsonView slice = spec.at("slice");
  slice.object();
  slice.at("count").read(1, kMaxSlices, out.slice_count);
  slice.at("index").read(0, out.slice_count - 1, out.slice_index);
  read_virtual_servers(spec.at("virtualServers"), out);
}

void read_member(const JsonView& item, RealServerSetMember& entry) {
  item.at("node").require();
  item.at("node").read(entry.node);
  item.at("up").read(0, INT32_MAX, entry.up);
  item.at("total").read(0, INT32_MAX, entry.total);
  item.at("observedGeneration").read(0, INT64_MAX, entry.observed_generation);
}

void read_status(const JsonView& status, RealServerSet& out, std::vector<Problem>& left_out) {
  if (!status.object()) return;
  read_entries(status.at("members"), kMaxEntries, read_member, left_out,
               [&](RealServerSetMember entry, bool readable) {
                 if (readable) out.members.push_back(std::move(entry));
               });
}

}  // namespace

Decoded<RealServerSet> decode_real_server_set(std::string_view json) {
  return decode_shared(json, kKind, read_spec, read_status);
}

Decoded<RealServerSet> decode_written_real_server_set(std::string_view json) {
  return decode_written_shared(json, kKind, read_spec, read_status);
}

}  // namespace fairlead::api

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/api/meta.h"
#include "lib/net/prefix.h"

// NodeReport (fairlead.dev/v1alpha1, cluster; name = node name): what the controller cannot know
// otherwise. Applied by that node alone, on change only. api.md.
namespace fairlead::api {

struct ReportedInterface {
  std::string name;
  int mtu = 0;
  bool up = false;
  std::vector<net::Prefix> addresses;  // global, lasting, not ours
  std::vector<net::IpAddress> gateways;
  friend bool operator==(const ReportedInterface&, const ReportedInterface&) = default;
};

struct Capabilities {
  bool ipvs = false;
  std::vector<std::string> schedulers;
  bool nft = false;
  std::string kernel;
  friend bool operator==(const Capabilities&, const Capabilities&) = default;
};

struct HeardVirtualRouter {
  std::string interface;
  net::Family family = net::Family::kIPv4;
  int virtual_router_id = 0;
  net::IpAddress source;
  friend auto operator<=>(const HeardVirtualRouter&, const HeardVirtualRouter&) = default;
};

struct NodeReportSpec {
  std::string instance;
  std::string version;
  std::vector<ReportedInterface> interfaces;  // sorted by name
  Capabilities capabilities;
  std::vector<HeardVirtualRouter> heard_virtual_routers;
  std::vector<std::string> problems;
  friend bool operator==(const NodeReportSpec&, const NodeReportSpec&) = default;
};

struct NodeReport {
  ObjectMeta meta;
  NodeReportSpec spec;
  friend bool operator==(const NodeReport&, const NodeReport&) = default;
};

Decoded<NodeReport> decode_node_report(std::string_view json);
std::string encode_node_report(const NodeReport& object);  // apply body: metadata and spec

}  // namespace fairlead::api

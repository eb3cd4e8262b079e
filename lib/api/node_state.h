#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/api/meta.h"
#include "lib/api/real_server_set.h"
#include "lib/api/vrrp_group.h"
#include "lib/net/endpoint.h"

// What a running node daemon answers on /state, and `fairlead-node status` shows. Not a Kubernetes object.
namespace fairlead::api {

struct StateAddress {
  net::IpAddress address;
  bool held = false;  // on the interface now, as the kernel acknowledged
  friend bool operator==(const StateAddress&, const StateAddress&) = default;
};

struct StateGroup {
  std::string name;
  std::string source = "api";  // or "static": it stands in a file of the node
  std::string interface;
  net::Family family = net::Family::kIPv4;
  int virtual_router_id = 0;
  MemberState state = MemberState::kInitialize;
  int priority = 0;
  WallTime since{};
  bool programmed = false;
  std::string hears;  // Backup: sender of the last valid advert
  std::vector<StateAddress> addresses;
  std::optional<MemberTransition> last_transition;
  std::vector<Condition> problems;  // type, reason and message only
  friend bool operator==(const StateGroup&, const StateGroup&) = default;
};

struct StateReal {
  net::Endpoint endpoint;
  Weight weight{1};
  std::string health{};  // "Up", "Down", "Unknown"; empty: it is not checked
  std::string error{};   // why the last attempt of a check did not pass
  friend bool operator==(const StateReal&, const StateReal&) = default;
};

struct StateVirtualServer {
  net::Endpoint endpoint;
  net::Protocol protocol = net::Protocol::kTcp;
  std::string group;
  Forwarding forwarding = Forwarding::kNat;
  Scheduler scheduler = Scheduler::kWlc;
  bool programmed = false;
  int usable = 0;  // real servers that may get new connections
  std::vector<StateReal> reals;
  friend bool operator==(const StateVirtualServer&, const StateVirtualServer&) = default;
};

// A static manifest.
struct StateFile {
  std::string name;
  // "Current": what it says is in force; "Older": its newest version is refused, and the one before is in
  // force; "Refused": nothing of it is.
  std::string state = "Current";
  int groups = 0;       // in force
  int server_sets = 0;  // in force
  std::vector<std::string> problems;
  friend bool operator==(const StateFile&, const StateFile&) = default;
};

struct NodeState {
  std::string node;
  std::string instance;
  std::string version;
  // Where the plan came from: "API", "Checkpoint", "PreviousCheckpoint", "Static" (of files alone) or "None".
  std::string plan_source = "None";
  std::vector<StateGroup> groups;                   // by name
  std::vector<StateVirtualServer> virtual_servers;  // by address, protocol, port
  std::vector<StateFile> files;                     // by name
  std::vector<std::string> problems;                // without those of files
  friend bool operator==(const NodeState&, const NodeState&) = default;
};

std::string encode_node_state(const NodeState& state);
Decoded<NodeState> decode_node_state(std::string_view json);

}  // namespace fairlead::api

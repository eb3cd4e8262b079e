#pragma once

#include <array>
#include <cstdint>
#include <cstdio>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "lib/net/address.h"
#include "lib/net/bytes.h"
#include "node/wire/advert_wire.h"
#include "sim/checker.h"
#include "sim/random.h"
#include "sim/scenario.h"
#include "sim/timeline.h"

namespace fairlead::sim {

class Node;

// One VRRP packet on its way, and what it says to one who believes it.
struct Packet {
  int from = -1;          // negative: no member sent it
  bool sound = true;      // as a member judges it
  bool stranger = false;  // uses the VRID for addresses that are not the group's
  int group = -1;         // negative: of no group here
  int priority = 0;
  vrrp::Centiseconds interval{0};
  wire::Datagram datagram;
};
using PacketPointer = std::shared_ptr<const Packet>;

// What a run counts.
struct Statistics {
  std::uint64_t transitions = 0;
  std::uint64_t adverts = 0;
  std::uint64_t checks = 0;
  std::uint64_t steps = 0;
  Microseconds time{0};
  std::map<FaultKind, std::uint64_t> faults;  // that struck
  void add(const Statistics& other);
};

// Writes what happens, if it is given a file.
class Trace {
 public:
  Trace(std::FILE* file, const Timeline& time) : file_(file), time_(time) {}
  bool on() const { return file_ != nullptr; }
  void line(int node, const std::string& text) const;

 private:
  std::FILE* file_;
  const Timeline& time_;
};

// The n-th host of the segment: over IPv6 its link-local address.
net::IpAddress host_address(net::Family family, int host);
// The address of a node, rising with its number, and the n-th of a group: over IPv6 the first is link-local.
net::IpAddress node_address(net::Family family, int node);
net::IpAddress virtual_address(net::Family family, int group, int number);
struct AddressName {
  int group = 0;
  int number = 0;
};
AddressName name_of(const net::IpAddress& virtual_address);
constexpr int kFirstVirtualRouterId = 51;  // of group 0

// Hosts that are no members.
constexpr int kForger = 99;
constexpr int kImpostorsHost = 98;

wire::Datagram make_datagram(const vrrp::Endpoints& endpoints, std::span<const std::uint8_t> message);
// An advert of that group as `source` would send it.
Packet make_advert(int from, const net::IpAddress& source, int group, const GroupSetup& setup, int priority,
                   vrrp::Centiseconds interval);

// The wire between the nodes: takes time, and does to packets what the active faults say.
class Segment {
 public:
  Segment(Timeline& time, Checker& checker, Random random)
      : time_(time), checker_(checker), random_(random) {}

  void add(Node& node) { nodes_.push_back(&node); }
  void begin(const Fault& fault) { faults_.push_back(&fault); }
  void end(const Fault& fault) { std::erase(faults_, &fault); }

  // To every node but the sender, or to one.
  void broadcast(Packet packet);
  void transmit(Packet packet, const net::IpAddress& destination);
  void send(const PacketPointer& packet, int to);

 private:
  bool separated(int from, int to) const;

  Timeline& time_;
  Checker& checker_;
  Random random_;
  std::vector<Node*> nodes_;
  std::vector<const Fault*> faults_;
};

}  // namespace fairlead::sim

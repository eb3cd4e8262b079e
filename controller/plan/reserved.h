#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "controller/plan/inputs.h"
#include "controller/plan/reason.h"

namespace fairlead::controller {

// Addresses that nobody may have as a VIP: a node's, the first and (IPv4) the last of a network that a node
// is in, a gateway's, in a Pod range, a Service's, the API
// server's; loopback, multicast and the like (kubernetes.md 1, "Refused always"). Computed once a round; one
// question costs a search for each length of prefix.
class ReservedAddresses {
 public:
  explicit ReservedAddresses(const Inputs& inputs);

  // Whose the address is: "the address of node node-a"; and the range where all are its.
  struct Whose {
    std::string text;
    net::Prefix range;
  };
  std::optional<Whose> find(const net::IpAddress& address) const;

  // What of the range is not reserved, in order.
  std::vector<net::AddressRange> rest_of(const net::AddressRange& range) const;

 private:
  void add(const net::IpAddress& address, const std::string& whose);
  void add(const std::string& prefix, const std::string& whose);
  void add_node(const api::Node& node);
  void add_report(const api::NodeReport& report);
  void add_ends(const net::Prefix& prefix);

  std::map<net::IpAddress, std::string> single_;
  std::map<net::Prefix, std::string> ranges_;
  std::set<std::pair<net::Family, int>> lengths_;  // of ranges_
};

// ReservedAddress, or nothing.
std::optional<Refusal> refuse_reserved(const ReservedAddresses& reserved, const net::IpAddress& address);

}  // namespace fairlead::controller

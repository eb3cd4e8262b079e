#pragma once

#include <deque>
#include <string>
#include <utility>

#include "controller/plan/inputs.h"

namespace fairlead::controller {

// Whether some node still has the labels that are asked for of the holder of an address: where none has, the
// group keeps the members that it has, and without a word nobody would know that they are the wrong ones.
// Computed once a round: what VirtualIPs ask comes in few kinds. Valid as long as the inputs.
class Unselected {
 public:
  explicit Unselected(const Inputs& inputs) : inputs_(inputs) {}

  // Why it stays where it is, by nodeSelector of the pool of its claim and placement of the VirtualIP. Empty:
  // some node is selected, its pool is not known, or the cluster has no nodes.
  std::string why(const api::VirtualIP& virtual_ip, const net::IpAddress& address);

 private:
  bool is_for_some_node(const api::LabelSelector& selector);

  const Inputs& inputs_;
  std::deque<std::pair<api::LabelSelector, bool>> known_;
};

}  // namespace fairlead::controller

#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>

#include "controller/plan/eligible.h"
#include "controller/plan/inputs.h"

namespace fairlead::controller {

// candidates(), worked out once in a round for all addresses that ask the same of nodes: VirtualIPs come in
// thousands, what they ask in few kinds, and each time every node is judged.
class KnownCandidates {
 public:
  explicit KnownCandidates(const Inputs& inputs);

  // Valid as long as this object.
  const Candidates& of(const Demand& demand);
  // explain() of them.
  const std::string& explanation(const Demand& demand);

 private:
  struct Answer {
    api::LabelSelector node_selector;
    Candidates candidates;
    std::optional<std::string> explanation;
  };
  // What else of a demand is heeded. Of an address: the networks that cover it on some node.
  using Kind = std::tuple<std::set<net::Prefix>, std::string, bool, std::optional<std::set<std::string>>>;

  Answer& answer(const Demand& demand);

  const Inputs& inputs_;
  std::set<net::Prefix> networks_;  // of all NodeReports
  std::map<Kind, std::deque<Answer>> answers_;
};

}  // namespace fairlead::controller

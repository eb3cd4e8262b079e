#include "controller/plan/known_candidates.h"

#include <algorithm>

namespace fairlead::controller {

KnownCandidates::KnownCandidates(const Inputs& inputs) : inputs_(inputs) {
  for (const auto& [key, report] : inputs.node_reports) {
    for (const auto& interface : report.spec.interfaces) {
      for (const auto& prefix : interface.addresses) networks_.insert(prefix.network());
    }
  }
}

KnownCandidates::Answer& KnownCandidates::answer(const Demand& demand) {
  std::set<net::Prefix> covering;
  for (const auto& network : networks_) {
    if (network.contains(demand.address)) covering.insert(network);
  }
  auto& known = answers_[{std::move(covering), demand.interface, demand.forwards, demand.local_nodes}];
  const auto same = std::find_if(known.begin(), known.end(), [&](const Answer& answer) {
    return answer.node_selector == demand.node_selector;
  });
  if (same != known.end()) return *same;
  return known.emplace_back(Answer{demand.node_selector, candidates(inputs_, demand), std::nullopt});
}

const Candidates& KnownCandidates::of(const Demand& demand) { return answer(demand).candidates; }

const std::string& KnownCandidates::explanation(const Demand& demand) {
  Answer& known = answer(demand);
  if (!known.explanation) known.explanation = explain(known.candidates, demand);
  return *known.explanation;
}

}  // namespace fairlead::controller

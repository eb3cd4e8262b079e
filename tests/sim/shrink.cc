#include "sim/shrink.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace fairlead::sim {
namespace {

std::vector<Scenario> without_a_fault(const Scenario& from) {
  std::vector<Scenario> out;
  for (std::size_t i = 0; i < from.faults.size(); ++i) {
    out.push_back(from);
    out.back().faults.erase(out.back().faults.begin() + static_cast<std::ptrdiff_t>(i));
  }
  return out;
}

std::vector<Scenario> without_a_group(const Scenario& from) {
  std::vector<Scenario> out;
  for (int i = 0; from.groups.size() > 1 && i < static_cast<int>(from.groups.size()); ++i) {
    Scenario next = from;
    next.groups.erase(next.groups.begin() + i);
    std::erase_if(next.faults, [i](const Fault& fault) { return fault.group == i; });
    for (Fault& fault : next.faults) fault.group -= fault.group > i ? 1 : 0;
    out.push_back(std::move(next));
  }
  return out;
}

// The last node goes, and what happened to it; sets of nodes keep the others' sides.
std::vector<Scenario> without_the_last_node(const Scenario& from) {
  if (from.nodes <= 2) return {};
  Scenario next = from;
  const int last = --next.nodes;
  for (GroupSetup& group : next.groups) group.priorities.pop_back();
  std::erase_if(next.faults, [last](const Fault& fault) {
    return fault.node == last || (fault.kind == FaultKind::kOneWay && fault.amount == last);
  });
  for (Fault& fault : next.faults) {
    if (fault.kind == FaultKind::kPartition) fault.amount &= (1 << last) - 1;
  }
  return {next};
}

std::vector<Scenario> simpler(const Scenario& from) {
  std::vector<Scenario> out;
  if (from.call_latency > Microseconds(0)) {
    out.push_back(from);
    out.back().call_latency = Microseconds(0);
  }
  if (from.finer_fence) {
    out.push_back(from);
    out.back().finer_fence = false;
  }
  for (std::size_t i = 0; i < from.groups.size(); ++i) {
    if (from.groups[i].family == net::Family::kIPv6) {
      out.push_back(from);
      out.back().groups[i].family = net::Family::kIPv4;
    }
    if (from.groups[i].addresses > 1) {
      out.push_back(from);
      out.back().groups[i].addresses = 1;
    }
    if (from.groups[i].preempt_delay > Seconds(0)) {
      out.push_back(from);
      out.back().groups[i].preempt_delay = Seconds(0);
    }
  }
  for (std::size_t i = 0; i < from.faults.size(); ++i) {
    if (from.faults[i].length < Milliseconds(20)) continue;
    out.push_back(from);
    out.back().faults[i].length /= 2;
  }
  for (const auto part : {2, 4, 10}) {
    out.push_back(from);
    out.back().length -= from.length / part;
  }
  return out;
}

}  // namespace

Scenario shrink(Scenario scenario, const std::function<bool(const Scenario&)>& fails) {
  int left = 600;
  for (bool again = true; again && left > 0;) {
    again = false;
    for (const auto& ways : {without_a_fault, without_a_group, without_the_last_node, simpler}) {
      for (bool found = true; found && left > 0;) {
        found = false;
        for (Scenario& next : ways(scenario)) {
          if (--left < 0) break;
          if (!fails(next)) continue;
          scenario = std::move(next);
          found = again = true;
          break;
        }
      }
    }
  }
  return scenario;
}

}  // namespace fairlead::sim

#pragma once

#include <array>
#include <cstdio>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "lib/sys/metrics.h"
#include "sim/checker.h"
#include "sim/node.h"
#include "sim/scenario.h"
#include "sim/segment.h"
#include "sim/timeline.h"

namespace fairlead::sim {

struct Outcome {
  std::optional<Violation> violation;
  Statistics statistics;
};

// The metrics of the nodes, made once a process: nobody reads them here.
using NodeMetrics = std::array<sys::Metrics, kMostNodes>;

// One scenario from its beginning to its end, or to the first broken promise. The same scenario always does
// the same. `trace` may be null.
Outcome run(const Scenario& scenario, NodeMetrics& metrics, const Judged& judged, std::FILE* trace);

// One segment with its nodes, and the nemesis that does to them what the scenario says.
class World {
 public:
  World(const Scenario& scenario, NodeMetrics& metrics, const Judged& judged, std::FILE* trace);
  Outcome run();

 private:
  void strike(const Fault& fault);
  void begin_lasting(const Fault& fault);
  void end_lasting(const Fault& fault);
  void change_plan(const Fault& fault);
  void tell_all(const Fault& fault);
  // One packet of kJunk, kStrangers or kImpostor, and the next one after it.
  void disturb(const Fault& fault, TimePoint until);
  Packet junk(const Fault& fault);
  Packet impostor(const Fault& fault);
  // So that nobody takes it.
  void spoil(net::Bytes& packet);
  void spoil(vrrp::Ipv6Message& packet);
  void spoil(int way, std::span<std::uint8_t> message);
  Node& node(int number) { return *nodes_[static_cast<std::size_t>(number)]; }

  const Scenario& scenario_;
  Timeline time_;
  Trace trace_;
  Random random_;
  Checker checker_;
  Segment segment_;
  Statistics statistics_;
  std::vector<KnownGroup> groups_;  // as the API has them now
  std::vector<std::unique_ptr<Node>> nodes_;
};

}  // namespace fairlead::sim

#include "sim/scenario.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

#include "sim/random.h"

namespace fairlead::sim {
namespace {

// How often a kind is drawn, and which of its numbers mean something.
struct KindRow {
  FaultKind kind;
  std::string_view name;
  int weight;
};
constexpr std::array kKinds{
    KindRow{FaultKind::kCrash, "crash", 12},
    KindRow{FaultKind::kStop, "stop", 10},
    KindRow{FaultKind::kFreeze, "freeze", 16},
    KindRow{FaultKind::kFreezeInCall, "freeze-in-call", 8},
    KindRow{FaultKind::kCrashInCall, "crash-in-call", 6},
    KindRow{FaultKind::kPause, "pause", 5},
    KindRow{FaultKind::kSuspend, "suspend", 3},
    KindRow{FaultKind::kPartition, "partition", 8},
    KindRow{FaultKind::kOneWay, "one-way", 8},
    KindRow{FaultKind::kLoss, "loss", 10},
    KindRow{FaultKind::kDelay, "delay", 6},
    KindRow{FaultKind::kDuplicate, "duplicate", 4},
    KindRow{FaultKind::kJunk, "junk", 6},
    KindRow{FaultKind::kStrangers, "strangers", 3},
    KindRow{FaultKind::kLinkDown, "link-down", 6},
    KindRow{FaultKind::kRemoval, "removal", 5},
    KindRow{FaultKind::kForgedRelinquish, "forged-relinquish", 5},
    KindRow{FaultKind::kSendsFail, "sends-fail", 4},
    KindRow{FaultKind::kPriorities, "priorities", 6},
    KindRow{FaultKind::kInterval, "interval", 6},
    KindRow{FaultKind::kAddresses, "addresses", 4},
    KindRow{FaultKind::kPreempt, "preempt", 3},
    KindRow{FaultKind::kHoldRefused, "hold-refused", 3},
    KindRow{FaultKind::kReleaseRefused, "release-refused", 4},
    KindRow{FaultKind::kSlow, "slow", 5},
    KindRow{FaultKind::kUnready, "unready", 3},
    KindRow{FaultKind::kImpostor, "impostor", 3},
    KindRow{FaultKind::kGroupGone, "group-gone", 4},
};

constexpr std::array kIntervals{10, 25, 25, 100, 100};

int draw_nodes(Random& random) {
  constexpr std::array kChoices{2, 2, 3, 3, 3, 3, 3, 4, 4, 4, 5, 5, 6, 7, 8};
  return kChoices.at(static_cast<std::size_t>(random.number(0, kChoices.size() - 1)));
}

int draw_interval(Random& random) {
  return kIntervals.at(static_cast<std::size_t>(random.number(0, kIntervals.size() - 1)));
}

// As the controller gives them: 50..200, apart by an equal share; now and then two are equal (FN-19).
std::vector<int> draw_priorities(Random& random, int nodes) {
  std::vector<int> out;
  for (int i = 0; i < nodes; ++i) out.push_back(200 - i * 150 / std::max(1, nodes - 1));
  for (std::size_t i = out.size() - 1; i > 0; --i) {
    std::swap(out[i], out[static_cast<std::size_t>(random.number(0, static_cast<int>(i)))]);
  }
  if (random.permille(100)) out[0] = out[1];
  return out;
}

GroupSetup draw_group(Random& random, int nodes) {
  GroupSetup out;
  out.interval = draw_interval(random);
  if (out.interval == 100 && random.permille(300)) out.version = vrrp::Version::k2;
  out.preempt = random.permille(700);
  if (random.permille(300)) out.preempt_delay = Seconds(random.number(1, 4));
  if (random.permille(150)) out.fence = Seconds(random.number(1, 4));
  out.unicast = random.permille(200);
  out.addresses = random.permille(600) ? random.number(1, 2) : random.number(1, kMostAddresses);
  out.priorities = draw_priorities(random, nodes);
  if (out.version == vrrp::Version::k3 && random.permille(400)) out.family = net::Family::kIPv6;
  return out;
}

FaultKind draw_kind(Random& random) {
  int total = 0;
  for (const KindRow& row : kKinds) total += row.weight;
  int left = random.number(0, total - 1);
  for (const KindRow& row : kKinds) {
    left -= row.weight;
    if (left < 0) return row.kind;
  }
  return FaultKind::kCrash;
}

// Lengths near a beat, near the time in which others take over, near the end of the lifetime, and long.
Milliseconds draw_length(Random& random, int interval) {
  const int beat = interval * 10;
  switch (random.number(0, 3)) {
    case 0:
      return Milliseconds(random.number(1, 2 * beat));
    case 1:
      return Milliseconds(random.number(2 * beat, 4 * beat));
    case 2:
      return Milliseconds(random.number(1000, 3500));
    default:
      return Milliseconds(random.number(2000, 8000));
  }
}

int draw_amount(Random& random, FaultKind kind, const Scenario& scenario) {
  switch (kind) {
    case FaultKind::kFreezeInCall:
    case FaultKind::kCrashInCall:
      return random.number(0, kCalls - 1);
    case FaultKind::kPartition:
      return random.number(1, (1 << scenario.nodes) - 2);
    case FaultKind::kOneWay:
      return random.number(-1, scenario.nodes - 1);
    case FaultKind::kLoss:
      return random.permille(500) ? random.number(50, 300) : random.number(300, 950);
    case FaultKind::kDelay:
      return random.permille(500) ? random.number(5, 100) : random.number(100, 1500);
    case FaultKind::kDuplicate:
      return random.number(100, 1000);
    case FaultKind::kJunk:
    case FaultKind::kStrangers:
      return random.number(3, 60);
    case FaultKind::kImpostor:
      return random.number(20, 1500);
    case FaultKind::kSlow:
      return random.permille(500) ? random.number(2, 60) : random.number(60, 1200);
    case FaultKind::kPriorities:
      return random.number(1, scenario.nodes - 1);
    case FaultKind::kInterval:
      return draw_interval(random);
    case FaultKind::kAddresses:
      return random.number(1, kMostAddresses);
    case FaultKind::kPreempt:
    case FaultKind::kReleaseRefused:
      return random.number(0, 1);
    default:
      return 0;
  }
}

Fault draw_fault(Random& random, const Scenario& scenario) {
  Fault out;
  out.kind = draw_kind(random);
  out.at = Milliseconds(random.number(0, 14000));
  out.node = random.number(0, scenario.nodes - 1);
  out.group = random.number(0, static_cast<int>(scenario.groups.size()) - 1);
  out.amount = draw_amount(random, out.kind, scenario);
  out.length = draw_length(random, scenario.groups[static_cast<std::size_t>(out.group)].interval);
  // Trouble comes together: half of all faults strike where and when another does.
  if (!scenario.faults.empty() && random.permille(500)) {
    const auto& other =
        scenario
            .faults[static_cast<std::size_t>(random.number(0, static_cast<int>(scenario.faults.size()) - 1))];
    out.at = std::min(Milliseconds(14000),
                      other.at + Milliseconds(random.number(0, static_cast<int>(other.length.count()))));
    if (random.permille(300)) out.node = other.node;
    out.group = other.group;
  }
  return out;
}

}  // namespace

std::string_view to_string(FaultKind kind) {
  for (const KindRow& row : kKinds) {
    if (row.kind == kind) return row.name;
  }
  return "";
}

Result<FaultKind> parse_fault_kind(std::string_view text) {
  for (const KindRow& row : kKinds) {
    if (row.name == text) return row.kind;
  }
  return fail(Code::kInvalid, "no fault is called " + std::string(text));
}

Milliseconds time_to_settle(const Scenario& scenario) {
  Milliseconds out{0};
  for (std::size_t group = 0; group < scenario.groups.size(); ++group) {
    int interval = scenario.groups[group].interval;
    for (const Fault& fault : scenario.faults) {
      if (fault.kind == FaultKind::kInterval && fault.group == static_cast<int>(group)) {
        interval = std::max(interval, fault.amount);
      }
    }
    const auto down =
        vrrp::active_down_interval(vrrp::Version::k3, vrrp::Priority(1), vrrp::Centiseconds(interval));
    out = std::max(
        out, std::chrono::ceil<Milliseconds>(2 * down) + Milliseconds(scenario.groups[group].preempt_delay));
  }
  out += Milliseconds(5000);
  Milliseconds last{0};
  for (const Fault& fault : scenario.faults) last = std::max(last, fault.at + kSoon + fault.length);
  return last + out;
}

Scenario draw(std::uint64_t seed) {
  Random random(seed);
  Scenario out;
  out.noise = random.next() % 1000000000;
  out.nodes = draw_nodes(random);
  constexpr std::array kGroups{1, 1, 1, 1, 1, 2, 2, 3, 4};
  const int groups = kGroups.at(static_cast<std::size_t>(random.number(0, kGroups.size() - 1)));
  for (int i = 0; i < groups; ++i) out.groups.push_back(draw_group(random, out.nodes));
  out.finer_fence = random.permille(700);
  if (random.permille(200)) out.call_latency = Microseconds(random.number(100, 4000));
  const int faults = random.permille(500) ? random.number(2, 4) : random.number(3, 9);
  for (int i = 0; i < faults; ++i) out.faults.push_back(draw_fault(random, out));
  std::stable_sort(out.faults.begin(), out.faults.end(),
                   [](const Fault& a, const Fault& b) { return a.at < b.at; });
  out.length = std::max(out.length, time_to_settle(out));
  return out;
}

}  // namespace fairlead::sim

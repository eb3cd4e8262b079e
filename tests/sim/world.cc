#include "sim/world.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace fairlead::sim {
namespace {

constexpr std::size_t kIpv4Header = 20;  // bytes
constexpr int kStrangersGroup = 180;     // VRID 231, which nobody here runs

bool equal_priorities(const KnownGroup& group) {
  auto sorted = group.setup.priorities;
  std::sort(sorted.begin(), sorted.end());
  return std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end();
}

}  // namespace

World::World(const Scenario& scenario, NodeMetrics& metrics, const Judged& judged, std::FILE* trace)
    : scenario_(scenario),
      trace_(trace, time_),
      random_(scenario.noise),
      checker_(scenario.nodes, static_cast<int>(scenario.groups.size()), scenario.call_latency, judged),
      segment_(time_, checker_, Random(random_.next())) {
  for (const GroupSetup& setup : scenario.groups) groups_.push_back({setup, 1});
  for (int i = 0; i < scenario.nodes; ++i) {
    nodes_.push_back(
        std::make_unique<Node>(i, Surroundings{time_, checker_, segment_, trace_, statistics_, scenario_},
                               metrics[static_cast<std::size_t>(i)], Random(random_.next())));
    segment_.add(*nodes_.back());
    time_.add(*nodes_.back());
    for (std::size_t group = 0; group < groups_.size(); ++group) {
      nodes_.back()->learn(static_cast<int>(group), groups_[group]);
    }
  }
}

Outcome World::run() {
  const TimePoint begun = time_.now();
  time_.before_each([this](TimePoint now) {
    if (checker_.violation()) return time_.stop();
    checker_.elapse(now);
    if (checker_.violation()) time_.stop();
  });
  for (const auto& node : nodes_) {
    time_.post(random_.span(Microseconds(0), Milliseconds(800)), [&node] { node->come_up(); });
  }
  for (const Fault& fault : scenario_.faults) {
    time_.post(Microseconds(fault.at), [this, &fault] { strike(fault); });
  }
  time_.run_until(begun + scenario_.length);
  if (time_.gave_up()) checker_.endless(*time_.gave_up());
  if (!checker_.violation() && !time_.stopped() && scenario_.length >= time_to_settle(scenario_)) {
    checker_.settled(std::any_of(groups_.begin(), groups_.end(), equal_priorities));
  }
  statistics_.checks = checker_.checks();
  statistics_.steps = time_.steps();
  statistics_.time = time_.now() - begun;
  return {checker_.violation(), statistics_};
}

void World::strike(const Fault& fault) {
  ++statistics_.faults[fault.kind];
  const GroupSetup& setup = scenario_.groups[static_cast<std::size_t>(fault.group)];
  if (trace_.on()) {
    trace_.line(-1, "== " + std::string(to_string(fault.kind)) + " node " + std::to_string(fault.node) +
                        " group " + std::to_string(fault.group) + " for " +
                        std::to_string(fault.length.count()) + " ms, " + std::to_string(fault.amount));
  }
  switch (fault.kind) {
    case FaultKind::kFreezeInCall:
    case FaultKind::kCrashInCall:
      return node(fault.node).lie_in_wait(fault);
    case FaultKind::kRemoval:
      return node(fault.node).remove_addresses();
    case FaultKind::kForgedRelinquish:
      return segment_.broadcast(make_advert(-1, host_address(setup.family, kForger), fault.group, setup, 0,
                                            vrrp::Centiseconds(100)));
    case FaultKind::kJunk:
    case FaultKind::kStrangers:
    case FaultKind::kImpostor:
      return disturb(fault, time_.now() + fault.length);
    case FaultKind::kPriorities:
    case FaultKind::kInterval:
    case FaultKind::kAddresses:
    case FaultKind::kPreempt:
      return change_plan(fault);
    default:
      begin_lasting(fault);
      time_.post(Microseconds(fault.length), [this, &fault] { end_lasting(fault); });
  }
}

void World::begin_lasting(const Fault& fault) {
  Node& one = node(fault.node);
  switch (fault.kind) {
    case FaultKind::kCrash:
    case FaultKind::kStop:
      return one.go_down(fault.kind == FaultKind::kStop);
    case FaultKind::kFreeze:
      return one.freeze();
    case FaultKind::kPause:
    case FaultKind::kSuspend:
      return one.pause();
    case FaultKind::kLinkDown:
      return one.carrier(false);
    case FaultKind::kSendsFail:
      return one.refuse_sends(true);
    case FaultKind::kHoldRefused:
      return one.refuse_holds(true);
    case FaultKind::kReleaseRefused:
      return one.refuse_releases(true, fault.amount == 1);
    case FaultKind::kSlow:
      return one.slow_down(Milliseconds(fault.amount));
    case FaultKind::kUnready:
      return one.unready(fault.group, true);
    case FaultKind::kGroupGone:
      return one.learn(fault.group, std::nullopt);
    default:
      return segment_.begin(fault);
  }
}

void World::end_lasting(const Fault& fault) {
  if (trace_.on()) trace_.line(-1, "== end of " + std::string(to_string(fault.kind)));
  Node& one = node(fault.node);
  switch (fault.kind) {
    case FaultKind::kCrash:
    case FaultKind::kStop:
      return one.come_up();
    case FaultKind::kFreeze:
      return one.thaw();
    case FaultKind::kPause:
    case FaultKind::kSuspend:
      return one.resume(fault.kind == FaultKind::kSuspend);
    case FaultKind::kLinkDown:
      return one.carrier(true);
    case FaultKind::kSendsFail:
      return one.refuse_sends(false);
    case FaultKind::kHoldRefused:
      return one.refuse_holds(false);
    case FaultKind::kReleaseRefused:
      return one.refuse_releases(false, false);
    case FaultKind::kSlow:
      return one.slow_down(Microseconds(0));
    case FaultKind::kUnready:
      return one.unready(fault.group, false);
    case FaultKind::kGroupGone:
      return one.learn(fault.group, groups_[static_cast<std::size_t>(fault.group)]);
    default:
      return segment_.end(fault);
  }
}

void World::change_plan(const Fault& fault) {
  KnownGroup& group = groups_[static_cast<std::size_t>(fault.group)];
  if (fault.kind == FaultKind::kInterval && group.setup.version == vrrp::Version::k2) return;
  ++group.generation;
  auto& priorities = group.setup.priorities;
  switch (fault.kind) {
    case FaultKind::kPriorities:
      std::rotate(priorities.begin(), priorities.begin() + fault.amount % static_cast<int>(priorities.size()),
                  priorities.end());
      break;
    case FaultKind::kInterval:
      group.setup.interval = fault.amount;
      break;
    case FaultKind::kAddresses:
      group.setup.addresses = fault.amount;
      break;
    default:
      group.setup.preempt = fault.amount == 1;
  }
  tell_all(fault);
}

// Each node hears of the newest plan at a moment of its own within the fault's length.
void World::tell_all(const Fault& fault) {
  for (const auto& one : nodes_) {
    time_.post(random_.span(Microseconds(0), fault.length), [this, &one, group = fault.group] {
      one->learn(group, groups_[static_cast<std::size_t>(group)]);
    });
  }
}

void World::disturb(const Fault& fault, TimePoint until) {
  if (time_.now() >= until) return;
  if (fault.kind == FaultKind::kImpostor) {
    segment_.broadcast(impostor(fault));
  } else {
    segment_.send(std::make_shared<const Packet>(junk(fault)), fault.node);
  }
  time_.post(Milliseconds(fault.amount), [this, &fault, until] { disturb(fault, until); });
}

// Of one who does not care whom he disturbs: his rank changes, now and then he leaves.
Packet World::impostor(const Fault& fault) {
  const GroupSetup& setup = scenario_.groups[static_cast<std::size_t>(fault.group)];
  const vrrp::Advertisement advert{
      vrrp::VirtualRouterId(static_cast<std::uint8_t>(kFirstVirtualRouterId + fault.group)),
      vrrp::Priority(static_cast<std::uint8_t>(random_.permille(100) ? 0 : random_.number(1, 255))),
      vrrp::Centiseconds(setup.interval),
      {virtual_address(setup.family, kStrangersGroup, 0)}};
  const vrrp::Endpoints endpoints{host_address(setup.family, kImpostorsHost),
                                  vrrp::multicast_group(setup.family)};
  return {-1,
          !setup.unicast,
          true,
          fault.group,
          advert.priority.value(),
          advert.max_advertise_interval,
          make_datagram(endpoints, vrrp::encode(advert, {setup.version, {}, {}}, endpoints))};
}

Packet World::junk(const Fault& fault) {
  const GroupSetup& setup = scenario_.groups[static_cast<std::size_t>(fault.group)];
  const auto source = host_address(setup.family, random_.number(10, 220));
  if (fault.kind == FaultKind::kStrangers) {
    Packet out =
        make_advert(-1, source, kStrangersGroup, setup, random_.number(0, 255), vrrp::Centiseconds(100));
    out.group = -1;
    return out;
  }
  Packet out = make_advert(-1, source, fault.group, setup, random_.number(0, 255),
                           vrrp::Centiseconds(100 * random_.number(1, 40)));
  out.sound = false;
  std::visit([this](auto& content) { spoil(content); }, out.datagram.content);
  if (auto* packet = std::get_if<net::Bytes>(&out.datagram.content); packet && packet->size() > kIpv4Header) {
    // One checksum of version 3 may have become the other (RFC 9568 1.1, difference 4).
    const auto message = std::span(*packet).subspan(kIpv4Header);
    const vrrp::Endpoints endpoints{source, vrrp::multicast_group(setup.family)};
    if (message.size() >= 8 && vrrp::match_checksum(message, endpoints)) message[7] ^= 1;
  }
  return out;
}

void World::spoil(net::Bytes& packet) {
  const int way = random_.number(0, 4);
  if (way == 0) {
    packet[8] = static_cast<std::uint8_t>(random_.number(0, 254));  // TTL
  } else if (way == 4) {
    packet.resize(static_cast<std::size_t>(random_.number(0, 31)));
  } else {
    spoil(way, std::span(packet).subspan(kIpv4Header));
  }
}

void World::spoil(vrrp::Ipv6Message& packet) {
  const int way = random_.number(0, 4);
  if (way == 0) {
    packet.hop_limit = random_.number(0, 254);
  } else if (way == 4) {
    packet.message.resize(static_cast<std::size_t>(random_.number(0, 23)));
  } else {
    spoil(way, packet.message);
  }
}

void World::spoil(int way, std::span<std::uint8_t> message) {
  switch (way) {
    case 1:
      message[6] ^= static_cast<std::uint8_t>(random_.number(1, 255));  // checksum
      break;
    case 2:
      message[0] = static_cast<std::uint8_t>(random_.number(0x40, 0xff));  // version and type
      break;
    default:
      message[3] = 0;  // count
  }
}

Outcome run(const Scenario& scenario, NodeMetrics& metrics, const Judged& judged, std::FILE* trace) {
  World world(scenario, metrics, judged, trace);
  return world.run();
}

}  // namespace fairlead::sim

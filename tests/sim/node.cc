#include "sim/node.h"

#include <algorithm>
#include <utility>

#include "sim/ports.h"

namespace fairlead::sim {
namespace {

constexpr std::size_t kSocketHolds = 256;
constexpr int kMostTurnsAtOnce = 10000;
constexpr int kMostAlarmsInASecond = 2000;
constexpr std::uint64_t kFenceNoise = 0x5851f42d4c957f2d;      // its chances are its own
constexpr Microseconds kLongestStart = Milliseconds(60);       // until the checkpoint is read
constexpr Microseconds kLongestForwarding = Milliseconds(30);  // until IPVS and guard are in place

std::string group_name(int group) { return "g" + std::to_string(group); }

Told told_of(const plan::GroupPlan& plan) {
  return {plan.vrrp_version,  plan.priority.value(),         plan.advertise_interval, plan.preempt,
          plan.preempt_delay, plan.min_active_down_interval, plan.fence_lifetime};
}

}  // namespace

plan::GroupPlan plan_of(const KnownGroup& known, int group, int node) {
  const GroupSetup& setup = known.setup;
  plan::GroupPlan out;
  out.name = group_name(group);
  out.version = {"uid-" + out.name, known.generation, 1};
  out.virtual_router_id = vrrp::VirtualRouterId(static_cast<std::uint8_t>(kFirstVirtualRouterId + group));
  out.family = setup.family;
  out.interface = "eth1";
  if (setup.fence > Seconds(0)) out.fence_lifetime = setup.fence;
  if (setup.unicast) {
    out.unicast.emplace();
    for (int i = 0; i < static_cast<int>(setup.priorities.size()); ++i) {
      if (i != node) out.unicast->peers.emplace(node_address(setup.family, i), vrrp::kTtl);
    }
  }
  out.vrrp_version = setup.version;
  out.advertise_interval = vrrp::Centiseconds(setup.interval);
  out.preempt = setup.preempt;
  out.preempt_delay = setup.preempt_delay;
  for (int i = 0; i < setup.addresses; ++i) {
    out.addresses.insert(virtual_address(setup.family, group, i));
  }
  int highest = 0;
  for (int i = 0; i < static_cast<int>(setup.priorities.size()); ++i) {
    const int priority = setup.priorities[static_cast<std::size_t>(i)];
    if (i == node) {
      out.priority = vrrp::Priority(static_cast<std::uint8_t>(priority));
    } else {
      highest = std::max(highest, priority);
    }
  }
  out.min_active_down_interval = vrrp::active_down_interval(
      setup.version, vrrp::Priority(static_cast<std::uint8_t>(highest)), out.advertise_interval);
  return out;
}

Node::Node(int number, Surroundings surroundings, sys::Metrics& metrics, Random random)
    : number_(number),
      world_(surroundings),
      metrics_(metrics),
      random_(random),
      kernel_(node_address(net::Family::kIPv4, number), node_address(net::Family::kIPv6, number),
              Random(random_.next())),
      fence_(Random(world_.scenario.noise + kFenceNoise * static_cast<std::uint64_t>(2 * number + 1))),
      fence_random_(world_.scenario.noise + kFenceNoise * static_cast<std::uint64_t>(2 * number + 2)),
      known_(surroundings.scenario.groups.size()),
      states_(surroundings.scenario.groups.size()),
      unready_(surroundings.scenario.groups.size()) {}

std::optional<TimePoint> Node::next() const {
  if (pauses_ > 0) return std::nullopt;
  auto out = kernel_.next_expiry();
  if (can_run() && process_->alarm && (!out || *process_->alarm < *out)) out = process_->alarm;
  if (fence_.next_end() && (!out || *fence_.next_end() < *out)) out = fence_.next_end();
  return out ? std::optional(std::max(*out + stood_, world_.time.now())) : std::nullopt;
}

void Node::ring() {
  const auto expiry = kernel_.next_expiry();
  if (expiry && *expiry <= monotonic()) {
    const auto gone = kernel_.expire(monotonic());
    for (const auto& address : gone) {
      if (world_.trace.on()) note("the kernel removes " + net::to_string(address));
      world_.checker.expired(number_, name_of(address).group, name_of(address).number);
    }
    if (!gone.empty()) {
      tell_answers();
      changed_by_kernel();
    }
    return;
  }
  if (fence_.next_end() && *fence_.next_end() <= monotonic()) {
    fence_.run_out(monotonic());
    if (fence_.take_news()) tell_answers();
    return;
  }
  serve();
}

void Node::changed_by_kernel() {
  news_ = true;
  world_.time.post(random_.span(Microseconds(0), Microseconds(300)), [this] { serve(); });
}

void Node::deliver(const PacketPointer& packet) {
  if (pauses_ > 0 || no_carriers_ > 0) {
    if (packet->from >= 0) world_.checker.lost(packet->from, number_, world_.time.now());
    return;
  }
  if (process_ == nullptr || !process_->ears.contains(packet->datagram.ear)) return;
  if (socket_.size() >= kSocketHolds) {
    overflowed_ = true;
    if (packet->from >= 0) world_.checker.lost(packet->from, number_, world_.time.now());
    return;
  }
  socket_.push_back(packet);
  wake();
}

void Node::learn(int group, const std::optional<KnownGroup>& known) {
  known_[static_cast<std::size_t>(group)] = known;
  if (process_ == nullptr || !process_->ordered) return;  // it will read all of it
  mailbox_.push_back([this] { give_order(); });
  wake();
}

void Node::give_order() {
  agent::VrrpOrder order;
  order.sequence = ++process_->sequence;
  order.owned = owned_;
  for (int group = 0; group < static_cast<int>(known_.size()); ++group) {
    const auto& known = known_[static_cast<std::size_t>(group)];
    std::optional<Told> told;
    int addresses = 0;
    if (known) {
      addresses = known->setup.addresses;
      auto plan = plan_of(*known, group, number_);
      told = told_of(plan);
      owned_.insert(plan.addresses.begin(), plan.addresses.end());
      order.groups.emplace(plan.name, std::move(plan));
    }
    world_.checker.told(number_, group, told);
    world_.checker.listed(number_, group, addresses);
  }
  if (world_.trace.on()) note("order " + std::to_string(order.sequence));
  const bool first = !std::exchange(process_->ordered, true);
  process_->routers->order(std::move(order));
  if (first) world_.checker.daemon_began(number_);
  world_.time.post(random_.span(Microseconds(0), kLongestForwarding), [this] {
    if (process_ == nullptr) return;
    mailbox_.push_back([this] { give_ready(); });
    serve();
  });
}

void Node::give_ready() {
  agent::ForwardingReport report;
  report.sequence = process_->sequence;
  for (int group = 0; group < static_cast<int>(known_.size()); ++group) {
    const auto& known = known_[static_cast<std::size_t>(group)];
    if (!known || unready_[static_cast<std::size_t>(group)] > 0) continue;
    for (int i = 0; i < known->setup.addresses; ++i) {
      report.ready.insert(virtual_address(known->setup.family, group, i));
    }
  }
  if (world_.scenario.finer_fence) report.fence = process_->fence;
  world_.checker.ready(number_, report.ready);
  process_->routers->forwarding(std::move(report));
}

void Node::take_report(const agent::VrrpReport& report) {
  if (report.sequence > 0) wish_for(report.fenced);
  for (std::size_t group = 0; group < states_.size(); ++group) {
    const auto found = report.groups.find(group_name(static_cast<int>(group)));
    const auto state = found == report.groups.end() ? std::nullopt : std::optional(found->second.state);
    if (state == states_[group]) continue;
    states_[group] = state;
    ++world_.statistics.transitions;
    if (world_.trace.on()) {
      note(group_name(static_cast<int>(group)) + " is " +
           (state ? std::string(api::to_string(*state)) : "no more") +
           (state && found->second.last_transition ? " " + found->second.last_transition->reason : ""));
    }
    world_.checker.reported(number_, static_cast<int>(group), state.value_or(api::MemberState::kInitialize));
  }
}

void Node::start() {
  if (world_.trace.on()) note("starts");
  process_ = std::make_unique<Process>();
  ++run_;
  socket_.clear();
  states_.assign(states_.size(), std::nullopt);
  turn([this] {
    process_->routers = std::make_unique<agent::VirtualRouters>(
        make_ports(*this), metrics_, [this](const agent::VrrpReport& report) { take_report(report); });
  });
  if (process_ == nullptr) return;
  world_.time.post(random_.span(Milliseconds(1), kLongestStart), [this] {
    if (process_ == nullptr || process_->ordered) return;
    mailbox_.push_back([this] {
      if (!process_->ordered) give_order();
    });
    serve();
  });
}

void Node::end_process() {
  process_.reset();
  mailbox_.clear();
  socket_.clear();
  news_ = false;
  world_.checker.daemon_ended(number_);
}

void Node::wake() {
  if (slow_ == Microseconds(0)) return serve();
  world_.time.post(random_.span(Microseconds(0), slow_), [this] { serve(); });
}

void Node::serve() {
  while (can_run() && !world_.time.stopped()) {
    if (!mailbox_.empty()) {
      const auto task = std::move(mailbox_.front());
      mailbox_.pop_front();
      turn(task);
    } else if (!socket_.empty() && process_->on_packet) {
      turn(process_->on_packet);
    } else if (news_) {
      news_ = false;
      turn(process_->on_news);
    } else if (process_->alarm && *process_->alarm <= monotonic()) {
      process_->alarm.reset();
      ++alarms_in_second_;
      turn(std::exchange(process_->on_alarm, nullptr));
    } else {
      return;
    }
  }
}

void Node::count_turn() {
  const TimePoint now = world_.time.now();
  if (std::exchange(turns_at_, now) != now) turns_at_once_ = 0;
  if (now - second_begun_ >= Seconds(1)) {
    second_begun_ = now;
    alarms_in_second_ = 0;
  }
  if (++turns_at_once_ > kMostTurnsAtOnce) {
    world_.time.give_up("node " + std::to_string(number_) + " takes more than " +
                        std::to_string(kMostTurnsAtOnce) + " turns at one moment");
  }
  if (alarms_in_second_ > kMostAlarmsInASecond) {
    world_.time.give_up("node " + std::to_string(number_) + " wakes more than " +
                        std::to_string(kMostAlarmsInASecond) + " times a second");
  }
}

void Node::turn(const std::function<void()>& task) {
  count_turn();
  in_turn_ = true;
  world_.checker.turn_began(number_);
  bool killed = false;
  try {
    task();
  } catch (const Killed&) {
    killed = true;
  }
  in_turn_ = false;
  if (killed) {
    if (world_.trace.on()) note("dies in a call");
    end_process();
  } else {
    world_.checker.turn_ended(number_);
    if (process_->stopping) {
      carry_out_fence();  // awaited, at the end of a clean stop
      end_process();
    }
  }
  for (const auto& fault : std::exchange(after_turn_, {})) fault();
}

}  // namespace fairlead::sim

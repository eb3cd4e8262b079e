// What the nemesis does to a node.

#include <algorithm>
#include <utility>

#include "sim/node.h"

namespace fairlead::sim {

// A fault that strikes in the middle of a system call waits for the end of the turn.
void Node::when_idle(std::function<void()> task) {
  if (in_turn_) {
    after_turn_.push_back(std::move(task));
  } else {
    task();
  }
}

void Node::tell_halted(bool before) {
  if (halted() == before) return;
  if (before) {
    world_.checker.runs_again(number_);
    if (std::exchange(overflowed_, false)) {
      for (int from = 0; from < world_.scenario.nodes; ++from) {
        if (from != number_) world_.checker.lost(from, number_, world_.time.now());
      }
    }
  } else {
    world_.checker.halted(number_);
  }
}

void Node::go_down(bool cleanly) {
  if (in_turn_ && !cleanly) {  // asleep in a call, out of which it never comes
    ++downs_;
    killed_in_call_ = true;
    return;
  }
  when_idle([this, cleanly] {
    ++downs_;
    if (process_ == nullptr) return;
    if (world_.trace.on()) note(cleanly ? "is told to stop" : "crashes");
    if (!cleanly) return end_process();
    mailbox_.push_back([this] {
      process_->routers->stop([] {});
      process_->stopping = true;
    });
    serve();
  });
}

void Node::come_up() {
  when_idle([this] {
    if (--downs_ > 0) return;
    if (process_ == nullptr) return start();
    // Told to stop, and frozen before it could.
    ++downs_;
    world_.time.post(Milliseconds(200), [this] { come_up(); });
  });
}

void Node::freeze() {
  when_idle([this] {
    if (world_.trace.on()) note("freezes");
    const bool before = halted();
    ++freezes_;
    tell_halted(before);
  });
}

void Node::thaw() {
  when_idle([this] {
    if (world_.trace.on()) note("thaws");
    const bool before = halted();
    --freezes_;
    tell_halted(before);
    serve();
  });
}

void Node::pause() {
  when_idle([this] {
    if (pauses_ == 0) paused_at_ = world_.time.now();
    if (world_.trace.on()) note("stands still");
    const bool before = halted();
    ++pauses_;
    world_.checker.reachable(number_, false);
    tell_halted(before);
  });
}

void Node::resume(bool suspended) {
  when_idle([this, suspended] {
    const bool before = halted();
    if (--pauses_ > 0) return;
    if (world_.trace.on()) note("goes on");
    const Microseconds span = world_.time.now() - paused_at_;
    stood_ += span;
    if (suspended) suspended_ += span;
    world_.checker.clock_stood(number_, span, suspended);
    world_.checker.reachable(number_, no_carriers_ == 0);
    tell_halted(before);
    serve();
  });
}

void Node::carrier(bool up) {
  when_idle([this, up] {
    no_carriers_ += up ? -1 : 1;
    const bool now_up = no_carriers_ == 0;
    if (now_up == kernel_.interfaces().at(kInterface).up) return;
    if (world_.trace.on()) note(now_up ? "link up" : "link down");
    kernel_.carrier(now_up);
    world_.checker.carrier(number_, now_up);
    world_.checker.reachable(number_, now_up && pauses_ == 0);
    changed_by_kernel();
  });
}

void Node::refuse_sends(bool yes) {
  when_idle([this, yes] {
    sends_refused_ = yes;
    world_.checker.sends_refused(number_, yes);
  });
}

void Node::refuse_holds(bool yes) {
  when_idle([this, yes] { holds_refused_ = yes; });
}

void Node::refuse_releases(bool yes, bool removes) {
  when_idle([this, yes, removes] {
    releases_refused_ = yes;
    removes_all_the_same_ = removes;
  });
}

void Node::slow_down(Microseconds lateness) {
  when_idle([this, lateness] {
    world_.checker.slow(number_, slow_, lateness);
    slow_ = lateness;
    if (process_ != nullptr && process_->alarm) {
      process_->alarm = std::min(*process_->alarm, process_->due + slow_);
    }
    serve();
  });
}

void Node::unready(int group, bool yes) {
  when_idle([this, group, yes] {
    unready_[static_cast<std::size_t>(group)] += yes ? 1 : -1;
    if (process_ == nullptr || !process_->ordered) return;
    mailbox_.push_back([this] { give_ready(); });
    wake();
  });
}

void Node::remove_addresses() {
  when_idle([this] {
    const auto held = kernel_.held();
    for (const auto& address : held) {
      if (world_.trace.on()) note("somebody removes " + net::to_string(address));
      kernel_.remove(address);
      world_.checker.gone(number_, name_of(address).group, name_of(address).number);
    }
    if (held.empty()) return;
    tell_answers();
    changed_by_kernel();
  });
}

void Node::lie_in_wait(const Fault& fault) {
  trap_ = &fault;
  trap_until_ = world_.time.now() + kSoon;
}

void Node::in_call(Call call) {
  if (trap_ != nullptr && world_.time.now() > trap_until_) trap_ = nullptr;
  if (trap_ != nullptr && trap_->amount == static_cast<int>(call)) {
    const Fault& fault = *std::exchange(trap_, nullptr);
    cut_short();
    if (fault.kind == FaultKind::kCrashInCall) {
      ++downs_;
      world_.time.post(Microseconds(fault.length), [this] { come_up(); });
      throw Killed{};
    }
    if (world_.trace.on()) note("freezes in a call");
    sleep(fault.length, true);
    if (world_.trace.on()) note("goes on in the call");
    return;
  }
  const Microseconds latency = world_.scenario.call_latency;
  if (latency > Microseconds(0) && random_.permille(500))
    sleep(random_.span(Microseconds(0), latency), false);
}

void Node::sleep(Microseconds span, bool counts) {
  if (counts) {
    const bool before = halted();
    asleep_ = true;
    tell_halted(before);
  }
  world_.time.run_until(world_.time.now() + span);
  if (counts) {
    asleep_ = false;
    tell_halted(true);
  }
  if (!std::exchange(killed_in_call_, false)) return;
  cut_short();
  throw Killed{};
}

// In a call: a unicast advert may have reached some and not the others.
void Node::cut_short() {
  for (int to = 0; to < world_.scenario.nodes; ++to) world_.checker.lost(number_, to, world_.time.now());
}

}  // namespace fairlead::sim

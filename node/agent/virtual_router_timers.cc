#include "node/agent/virtual_router_timers.h"

#include <chrono>
#include <map>

#include "lib/base/time.h"
#include "node/agent/virtual_router.h"

namespace fairlead::agent {
namespace {

constexpr Milliseconds kClocksApart{1};  // less is the time between two readings
constexpr Milliseconds kTogether{1};

using Queue = std::multimap<TimePoint, VirtualRouter*>;  // by when they are due

class Timers {
 public:
  Timers(Agenda& agenda, Clock& clock, Listeners& listeners, std::size_t packets)
      : agenda_(agenda), clock_(clock), listeners_(listeners), packets_(packets) {}

  void run(const Listeners::Routers& routers) {
    for (VirtualRouter* router : agenda_.touched()) router->put_deadline();
    Queue others;
    TimePoint now = clock_.now();
    Microseconds early{0};
    for (VirtualRouter* router : agenda_.due(now + kTogether)) {
      const auto due = router->next_deadline();
      if (!due || now + (router->advertises() ? early : Microseconds(0)) < *due) continue;
      if (router->advertises()) {
        pass(*router, early);
        early = kTogether;
        now = clock_.now();  // which takes its time
      } else {
        others.emplace(*due, router);
      }
    }
    if (others.empty()) return;  // of most turns that is all
    for (const auto& [name, router] : routers) await_beat(*router);
    for (const auto& [due, router] : others) {
      run_beats();
      pass(*router);
      await_beat(*router);
    }
    run_beats();
  }

 private:
  // Those that are due by now, each once.
  void run_beats() {
    const auto end = beats_.upper_bound(clock_.now());
    const Queue due(beats_.begin(), end);
    beats_.erase(beats_.begin(), end);
    for (const auto& [at, router] : due) {
      if (router->advertises()) pass(*router);
      await_beat(*router);
    }
  }

  void await_beat(VirtualRouter& router) {
    if (!router.advertises()) return;
    if (const auto due = router.next_deadline()) beats_.emplace(*due, &router);
  }

  // Late: what others sent meanwhile comes first (failure-model.md 1.2).
  void pass(VirtualRouter& router, Microseconds early = Microseconds(0)) {
    if (router.must_drain_first()) listeners_.drain(packets_);
    router.time_passed(early);
  }

  Agenda& agenda_;
  Clock& clock_;
  Listeners& listeners_;
  std::size_t packets_;
  Queue beats_;  // of those that are Active
};

}  // namespace

void run_timers(const Listeners::Routers& routers, VirtualRouterSurroundings& world, Listeners& listeners,
                std::size_t packets) {
  Timers(world.agenda, world.clock, listeners, packets).run(routers);
}

void compare_clocks(const Listeners::Routers& routers, VirtualRouterSurroundings& world) {
  // In this order a turn that is interrupted between the two wakes too early, and looks again.
  const Microseconds now = world.clock.now().time_since_epoch();
  const Microseconds slept = world.clock.boot_time() - now;
  if (std::chrono::abs(slept - world.slept) < kClocksApart) return;
  world.slept = slept;
  for (const auto& [name, router] : routers) router->forget_deadline();
}

}  // namespace fairlead::agent

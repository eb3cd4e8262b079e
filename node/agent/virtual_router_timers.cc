#include "node/agent/virtual_router_timers.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <vector>

#include "lib/base/time.h"
#include "node/agent/virtual_router.h"

namespace fairlead::agent {
namespace {

constexpr Milliseconds kClocksApart{1};  // less is the time between two readings
constexpr Milliseconds kTogether{1};
constexpr int kEarlyPerTurn = 32;     // so that no turn becomes longer and longer
constexpr Milliseconds kJustRead{1};  // by the clock that counts a suspend

using Queue = std::multimap<TimePoint, VirtualRouter*>;  // by when they are due

class Timers {
 public:
  Timers(Agenda& agenda, Clock& clock, Listeners& listeners, std::size_t packets)
      : agenda_(agenda), clock_(clock), listeners_(listeners), packets_(packets) {}

  void run(const Listeners::Routers& routers) {
    for (VirtualRouter* router : agenda_.touched()) router->put_deadline();
    const Queue others = run_due(clock_.now());
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
  // Those that are Active, and with one that is due those that will be soon; the others are left to be run.
  // Their adverts leave one right behind the other, since each wakes whoever hears it if it sleeps again, and
  // the next ones are due in one moment, so that a single look at the wire counts for all of them.
  Queue run_due(TimePoint now) {
    struct Beat {
      VirtualRouter* router = nullptr;
      Microseconds early{0};
    };
    std::vector<Beat> beats;  // those before their time come last
    Queue others;
    int early = 0;
    for (VirtualRouter* router : agenda_.due(now + kTogether)) {
      const auto due = router->next_deadline();
      if (!due) continue;
      const bool soon = now < *due;
      if (!router->advertises()) {
        if (!soon) others.emplace(*due, router);
        continue;
      }
      // None is before its time for itself.
      if (soon && (beats.empty() || early == kEarlyPerTurn)) continue;
      early += soon ? 1 : 0;
      beats.push_back({router, soon ? *due - now : Microseconds(0)});
    }
    for (const Beat& beat : beats) {
      look_at_wire(*beat.router);
      beat.router->prepare_advert(beat.early);
      if (clock_.now() - now > kTogether) break;  // the kernel takes its time: those that are ready go
    }
    for (const Beat& beat : beats) {
      if (beat.router->advertises()) pass(*beat.router, beat.early);
    }
    return others;
  }

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
    look_at_wire(router);
    router.time_passed(early);
  }

  void look_at_wire(const VirtualRouter& router) {
    if (router.must_drain_first() && !has_just_read(router)) listeners_.drain(packets_);
  }

  // Whether the wire was read since the time of an advert had come, and that a moment ago: as good as now. A
  // Backup takes over by what it hears at last.
  bool has_just_read(const VirtualRouter& router) {
    const auto& last = listeners_.last_reading();
    const auto due = router.next_advert();
    return last && due && last->at >= *due && clock_.boot_time() - last->boot_time <= kJustRead;
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

#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "sim/controller/ground.h"
#include "sim/controller/judge.h"
#include "sim/controller/machine.h"
#include "sim/controller/plot.h"
#include "sim/controller/replica.h"
#include "sim/program.h"

namespace fairlead::sim::cluster {

struct Statistics {
  Microseconds time{0};
  std::uint64_t steps = 0;
  std::uint64_t rounds = 0;
  std::uint64_t writes = 0;
  std::uint64_t checks = 0;
  Microseconds longest_settling{0};  // from the end of the last fault to the last write
  std::map<EventKind, std::uint64_t> events;
  void add(const Statistics& other);
};

struct Outcome {
  std::optional<Breach> breach;
  Microseconds at{0};
  Statistics statistics;
};

// Plays the plot, then waits until nobody writes any more, and judges what is there then. With `trace` each
// event and each round that wants something is printed.
Outcome run(const Plot& plot, const Judged& judged, bool trace);

class Stage {
 public:
  Stage(const Plot& plot, const Judged& judged, bool trace);
  Outcome play();

 private:
  // What becomes of one machine besides its daemon.
  struct Seat {
    std::unique_ptr<Machine> machine;
    std::string node_uid;
    std::optional<TimePoint> dead_since;  // the whole machine
    bool registers = true;
    int zone = 0;
    int cordons = 0;
    int exclusions = 0;
    int no_interface = 0;
    int away = 0;  // faults that keep its daemon down
    int cuts = 0;
  };

  void set_up();
  void begin(const Event& event);
  bool of_users(const Event& event);
  bool of_machines(const Event& event);
  bool of_controllers(const Event& event);
  void of_server(const Event& event);
  void flip_service(const Event& event);
  void cut_pool(const Event& event);
  void turn_unreadable(const Event& event);
  void make_readable(const Name& name);
  void lose_machine(const Event& event);
  void mark(Seat& seat, int Seat::*count, Milliseconds length);
  void take_over(const Event& event);
  void hold_back(const Event& event);
  void two_leaders(const Event& event);
  void restart(Replica& replica, const Event& event);
  void restore();
  void changed(const Name& name, const json* before, const json* after);
  void tick();
  void keep_registered(Seat& seat);
  void elect();
  void ensure_leader();
  void heal();
  void settle();
  bool come_to_rest();
  std::optional<Breach> ending(bool calm) const;
  Breach whose_fault(Breach found);
  void try_restart();
  void say(const std::string& what);
  bool over() const { return time_.stopped(); }
  void after(Microseconds in, std::function<void()> task) { time_.post(in, std::move(task)); }
  Seat& seat(int target) { return seats_[static_cast<std::size_t>(target) % seats_.size()]; }
  Replica& replica(int target) { return *replicas_[static_cast<std::size_t>(target) % replicas_.size()]; }
  std::optional<TimePoint> last_sent() const;

  const Plot& plot_;
  Judged judged_;
  bool trace_;
  Timeline time_;
  Random random_;
  Server server_;
  Ground ground_;
  Judge judge_;
  std::vector<Seat> seats_;
  std::vector<std::unique_ptr<Replica>> replicas_;
  std::map<std::string, std::string> masters_;  // group's UID -> machine
  std::map<std::pair<int, std::string>, int> held_back_;
  std::multiset<std::string> forbidden_;
  int leader_ = 0;
  int together_ = 0;  // faults by which both lead
  int poisons_ = 0;
  int pool_gone_ = 0;
  int epoch_ = 1;  // configEpoch that was raised last
  int pool_less_ = 0;
  bool ending_ = false;
  std::uint64_t ticks_ = 0;
  TimePoint calm_at_{};
  Statistics statistics_;
};

}  // namespace fairlead::sim::cluster

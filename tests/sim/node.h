#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "node/agent/last_turn.h"
#include "node/agent/virtual_routers.h"
#include "sim/fence.h"
#include "sim/kernel.h"
#include "sim/segment.h"

namespace fairlead::sim {

// What a node's part in the world needs of it.
struct Surroundings {
  Timeline& time;
  Checker& checker;
  Segment& segment;
  const Trace& trace;
  Statistics& statistics;
  const Scenario& scenario;
};

// A group as the API describes it at some moment.
struct KnownGroup {
  GroupSetup setup;
  int generation = 1;
};
// What `node` makes of it.
plan::GroupPlan plan_of(const KnownGroup& known, int group, int node);

// One machine: a kernel, a socket that packets wait in, and the vrrp thread (agent::VirtualRouters, the
// product's own) as a process that can be started, frozen, killed and caught inside a system call.
class Node : public Clockwork {
 public:
  Node(int number, Surroundings surroundings, sys::Metrics& metrics, Random random);

  std::optional<TimePoint> next() const override;
  void ring() override;
  void deliver(const PacketPointer& packet);

  // The API has it so from now on; nothing: the node is no member.
  void learn(int group, const std::optional<KnownGroup>& known);

  // Faults. Those that stop something nest: it goes on when the last one has ended.
  void go_down(bool cleanly);  // until come_up()
  void come_up();
  void freeze();
  void thaw();
  void pause();  // clocks too
  void resume(bool suspended);
  void carrier(bool up);
  void refuse_sends(bool yes);
  void refuse_holds(bool yes);
  // The answer to a removal gets lost; if `removes`, it is carried out.
  void refuse_releases(bool yes, bool removes);
  void slow_down(Microseconds lateness);  // 0: no more
  void unready(int group, bool yes);
  void remove_addresses();
  // Strikes in the next call of that kind.
  void lie_in_wait(const Fault& fault);

 private:
  friend class SimClock;
  friend class SimAddresses;
  friend class SimNetwork;
  friend class SimAdverts;
  friend class SimAnnouncer;
  friend agent::VirtualRouterPorts make_ports(Node& node);
  struct Killed {};  // thrown out of a system call
  struct Process {
    std::function<void()> on_packet;
    std::function<void()> on_news;
    std::optional<TimePoint> alarm;  // monotonic
    TimePoint due;                   // for which it was set
    std::function<void()> on_alarm;
    std::uint64_t seen = 0;  // generation of the kernel's state that it has read
    address::Interfaces view;
    std::set<wire::Ear> ears;
    bool ordered = false;
    bool stopping = false;
    std::optional<std::vector<filter::FencedGroup>> fence_wished;
    agent::FenceReport fence;  // what became of it
    bool fence_begun = false;
    agent::LastTurn last_turn;
    std::uint64_t sequence = 0;
    std::unique_ptr<agent::VirtualRouters> routers;  // destroyed first
  };

  TimePoint monotonic() const { return world_.time.now() - stood_; }
  bool can_run() const { return process_ != nullptr && !halted() && !in_turn_; }
  bool halted() const { return freezes_ > 0 || pauses_ > 0 || asleep_; }
  void start();
  void end_process();
  // Runs what waits: tasks, packets, news, the alarm.
  void serve();
  void turn(const std::function<void()>& task);
  // serve(), as soon as a slow loop gets to it.
  void wake();
  void when_idle(std::function<void()> task);
  void tell_halted(bool before);
  void give_order();
  void give_ready();
  void take_report(const agent::VrrpReport& report);
  // The forwarding thread's part of the finer fence: carries the newest wish out, a little later.
  void wish_for(const std::vector<filter::FencedGroup>& groups);
  void fence_soon();
  void carry_out_fence();
  filter::FenceKey fence_key(int group) const;
  // False: the advert stays here.
  bool lets_out(int group, vrrp::Priority priority, wire::Fence fence);
  // Tells which of the addresses that are there are heard.
  void tell_answers();
  void changed_by_kernel();
  void in_call(Call call);
  void sleep(Microseconds span, bool counts);
  void cut_short();
  // Ends the scenario if the daemon goes round in circles.
  void count_turn();
  void note(const std::string& text) const { world_.trace.line(number_, text); }

  const int number_;
  Surroundings world_;
  sys::Metrics& metrics_;
  Random random_;
  Kernel kernel_;
  KernelFence fence_;
  Random fence_random_;
  std::set<net::IpAddress> answering_;
  std::deque<PacketPointer> socket_;
  bool overflowed_ = false;
  std::vector<std::optional<KnownGroup>> known_;
  std::vector<std::optional<api::MemberState>> states_;
  std::set<net::IpAddress> owned_;  // the checkpoint
  std::unique_ptr<Process> process_;
  int run_ = 0;  // of the process
  std::deque<std::function<void()>> mailbox_;
  std::vector<std::function<void()>> after_turn_;
  const Fault* trap_ = nullptr;
  TimePoint trap_until_;
  bool in_turn_ = false;
  bool asleep_ = false;
  bool news_ = false;
  bool sends_refused_ = false;
  bool holds_refused_ = false;
  bool releases_refused_ = false;
  bool removes_all_the_same_ = false;
  bool killed_in_call_ = false;
  Microseconds slow_{0};
  std::vector<int> unready_;
  TimePoint turns_at_;
  int turns_at_once_ = 0;
  TimePoint second_begun_;
  int alarms_in_second_ = 0;
  int downs_ = 1;
  int freezes_ = 0;
  int pauses_ = 0;
  int no_carriers_ = 0;
  TimePoint paused_at_;
  Microseconds stood_{0};
  Microseconds suspended_{0};
};

}  // namespace fairlead::sim

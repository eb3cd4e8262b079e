#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>

#include "lib/api/vrrp_group.h"
#include "lib/base/time.h"
#include "lib/net/address.h"
#include "node/vrrp/types.h"
#include "sim/program.h"
#include "sim/scenario.h"

namespace fairlead::sim {

// A promise that was broken, and when.
struct Violation {
  std::string invariant;  // "I-1", "I-2", ... (failure-model.md 2), "VR-080", ... (vrrp.md 3), "fence"
  std::string what;
  TimePoint at;
};

// What one node was told about one group, as far as the promises depend on it.
struct Told {
  vrrp::Version version = vrrp::Version::k3;
  int priority = 0;
  vrrp::Centiseconds interval{100};
  bool preempt = true;
  Microseconds preempt_delay{0};
  Microseconds min_active_down_interval{0};
  std::optional<Seconds> fence;
  friend bool operator==(const Told&, const Told&) = default;
};

// An advert as it was read.
struct Heard {
  int from = -1;  // negative: no member sent it
  bool stranger = false;
  int priority = 0;
  vrrp::Centiseconds interval{0};
};

// Watches a segment from outside, with knowledge of every fault, and judges it by the texts: it knows what
// the daemons were told, what they sent and read, and what their kernels hold; of the daemons' own thoughts
// it takes only the reported state. Times are the segment's.
//
// I-1, two nodes a and b that both answer for one address of a group: they hold it, and their finer fence, if
// they have one, lets it through. From the moment at which they first did, be it another address by now
// (failure-model.md 1.2 and 2; vrrp.md 8), allowed:
//   both daemons run: 50 ms from the beginning, if whoever came second had the right to take over; it had
//     if it heard nobody of at least its rank for its Active_Down_Interval, or a priority-0 advert and then
//     nobody for Skew_Time. The loser must give way to the winner's next advert: so each lost (or late)
//     advert of the winner to the loser allows one more interval a + 50 ms from the loss. n adverts lost in
//     a row thus allow n a + 50 ms, and a partition its length and a + 50 ms.
//     called by the priority 0 of a third node, beside a master that lives: a + 50 ms from then on, since the
//     master need not speak before its next advert (version 2; in version 3 it answers, once in a/4), even if
//     its addresses are removed and put back meanwhile.
//   one of them was frozen: 50 ms after it runs again, since what it missed waits in its socket; after its
//     machine was paused, its link was down, or its plan changed: a + 50 ms.
//   one of them does not run (dead or frozen), and the other took over because of silence: as long as the
//     fence's figure says, L + 1.1 s - ADI, with ADI that of the one that took over. If the dead one's last
//     adverts were lost to the other, or it died between renewal and advert (FN-35): longer by the time from
//     the last advert read to the last renewal, so by n a if n were lost.
//   the same, but the other preempted it, or a third node's priority 0 called it: L + 1.1 s from the last
//     renewal, which is I-2. So it is if the dead one took over while the other, which had decided to take
//     over before, did not get its first advert out: it does not step back for one of lower rank.
//   with the finer fence: ADI_min as the node knew it when its last advert left, in the place of L + 1.1 s,
//     counted from that advert. Beside one that took over because of silence that is nothing, but for adverts
//     that were lost and for plans that the two had not both heard of.
//   one goes on after a restart: while its last advert is younger than ADI_min (FN-01).
//   one whose kernel does not answer removals: 100 ms, after which it asks again, and 50 ms from each
//   refusal. a loop that is slow may be so for everything it does. it took over at the call of the one that
//   holds: never (hand-over).
//
// I-4, of a daemon that runs: nothing without a carrier and nothing that its plan does not list, 50 ms after
// that began, or 150 ms after the kernel refused to remove it; and nothing is added that IPVS and guard were
// not ready for at some time since the router entered the election. What fails later is repaired, not left
// (I-5). A node that drains has left the plan.
class Checker {
 public:
  Checker(int nodes, int groups, Microseconds call_latency, Judged judged);

  // Everything has been as it is now until `now`. Call before anything happens at `now`.
  void elapse(TimePoint now);

  void daemon_ended(int node);
  // Its first order was carried out.
  void daemon_began(int node);
  // The daemon gets no turn (frozen), or the whole machine stands still.
  void halted(int node);
  void runs_again(int node);
  // The machine ran no clock for so long (boot-time clock too, unless `suspended`).
  void clock_stood(int node, Microseconds span, bool suspended);
  void reachable(int node, bool yes);
  void carrier(int node, bool up);
  void sends_refused(int node, bool yes);
  void release_refused(int node, const std::vector<net::IpAddress>& addresses);
  // The kernel refused addresses: for half a minute or longer the node need not be where it should.
  void troubled(int node) { at(node).troubled = true; }
  void slow(int node, Microseconds before, Microseconds lateness);
  // What the forwarding reports as ready from now on.
  void ready(int node, const std::set<net::IpAddress>& addresses);

  void told(int node, int group, const std::optional<Told>& told);
  // So many addresses, from the first on, are the group's at this node; 0: it has no such group.
  void listed(int node, int group, int addresses);
  // The kernel has carried out the finer fence as told: whether the group is in it.
  void fenced(int node, int group, bool yes);
  // An advert is about to leave, or to be refused.
  void tries(int node, int group) { member(node, group).tried_this_turn = true; }
  void sent(int node, int group, int priority, vrrp::Centiseconds interval);
  void lost(int from, int to, TimePoint until);
  void read(int node, int group, const Heard& heard);
  void held(int node, int group, int address, bool created);
  // The daemon wants it no more; another removed it.
  void released(int node, int group, int address);
  void gone(int node, int group, int address);
  void expired(int node, int group, int address);
  // The node holds it and answers for it, or holds it in silence. REQUIRES: told after each change.
  void answers(int node, int group, int address, bool yes);
  void announced(int node, int group, int address);
  void reported(int node, int group, api::MemberState state);
  void turn_began(int node);
  void turn_ended(int node);

  // The simulated time does not go on.
  void endless(std::string what) { fail("endless", std::move(what)); }
  // The end of a scenario: one holder each, and where all preempt, the best one.
  void settled(bool equal_priorities);

  const std::optional<Violation>& violation() const { return violation_; }
  std::uint64_t checks() const { return checks_; }

 private:
  struct TakeOver {
    TimePoint at;
    TimePoint turn_began;  // the one that decided it: a call may have taken its time since
    TimePoint base;        // since then nobody was heard
    Microseconds active_down{0};
    bool preempting = false;
    bool relinquished = false;
    int relinquisher = -1;
  };
  struct Member {
    std::optional<Told> told;
    std::optional<Told> told_before;  // in the turn that takes an order, which may act by either
    api::MemberState state = api::MemberState::kInitialize;
    std::optional<TimePoint> sent;  // last advert, as Active
    vrrp::Centiseconds sent_interval{0};
    Seconds lifetime_sent{0};  // the figure when it was sent
    std::optional<TimePoint> renewed;
    std::optional<TimePoint> renewed_before;  // this turn
    Microseconds renewed_clock{0};
    Microseconds sent_clock{0};
    Microseconds min_active_down_sent{0};
    Seconds lifetime_renewed{0};
    TimePoint backup_since;
    Microseconds backup_clock{0};  // Node::stood then
    TimePoint base;                // Active_Down_Timer was set
    std::optional<vrrp::Centiseconds> learned;
    TimePoint learned_at;
    std::optional<TimePoint> relinquished;
    int relinquisher = -1;
    std::optional<TimePoint> gave_up;  // its own last advert of priority 0
    bool heard_lower = false;
    std::optional<TimePoint> lower_read_at;  // as Master; it may be a Backup that preempts by now
    vrrp::Centiseconds shortest{0};          // interval told since `base`
    TakeOver take_over;
    bool fenced = false;
    Microseconds fence_limit{0};  // of the last advert: so long others are silent at least
    Microseconds sent_stood{0};   // Node::stood when it left
    Microseconds older_limit{0};  // as told before, until the fence has followed
    std::uint32_t held = 0;
    std::uint32_t answering = 0;
    std::uint32_t listed = 0;
    TimePoint listed_since;
    std::uint32_t ready = 0;  // at some time since it was in Initialize
    std::uint32_t ready_now = 0;
    std::uint32_t unjustified = 0;     // created in this turn without a right to
    bool took_over_this_turn = false;  // lawfully; what it reads later in the turn it reads as Active
    bool let_go_this_turn = false;     // of all addresses: it may be a Backup by now, or have another plan
    bool renewed_this_turn = false;
    bool tried_this_turn = false;
  };
  struct Node {
    bool runs = false;
    bool halted = false;
    bool reachable = true;
    bool carrier = true;
    TimePoint carrier_since;
    TimePoint release_refused_at;
    bool sends_refused = false;
    bool troubled = false;
    bool halted_in_turn = false;
    bool release_refused_in_turn = false;
    Microseconds slow{0};
    TimePoint down_since;
    TimePoint awake_since;
    TimePoint turn_began;
    TimePoint excused_until;
    Microseconds stood{0};      // both clocks
    Microseconds suspended{0};  // of these, the boot-time clock went on
  };
  using Pair = std::tuple<int, int, int>;  // group, node, higher node

  Member& member(int node, int group) { return members_[index(node)][index(group)]; }
  Node& at(int node) { return nodes_[index(node)]; }
  static std::size_t index(int i) { return static_cast<std::size_t>(i); }
  bool up(int node) { return at(node).runs && !at(node).halted; }
  static bool has(std::uint32_t set, int bit) { return ((set >> bit) & 1U) != 0; }

  void fail(std::string invariant, std::string what);
  void judge_age(int node, int group);
  void judge_silence(int node, int group);
  void judge_ground(int node, int group);
  void judge_take_over(int node, int group, int address);
  void set_base(Member& who, TimePoint base);
  void begin_backup(int node, int group, TimePoint since);
  void may_be_backup(int node, int group);
  static Seconds lifetime_told(const Member& who);
  static Microseconds min_active_down(const Told& told, vrrp::Centiseconds spoken);
  void judge_resumption(int node, int group);
  bool is_well(int node, int group);
  bool may_take_over(int node, int group, const Told& told);
  // By what it is told, or was before this turn.
  bool may_take_over(int node, int group);
  void look_for_overlaps();
  TimePoint allowed_until(int group, int a, int b, TimePoint since);
  TimePoint allowed_over_halted(int group, int halted, int other, TimePoint since);
  int winner(int group, int a, int b);
  Microseconds beat(int node, int group);
  std::string name(int node, int group) const;

  const int node_count_;
  const int group_count_;
  const Microseconds slack_;
  const Judged judged_;
  TimePoint now_{};
  TimePoint changed_{};  // when elapse() was called before
  std::array<Node, kMostNodes> nodes_;
  std::array<std::array<Member, kMostGroups>, kMostNodes> members_;
  std::array<std::array<TimePoint, kMostNodes>, kMostNodes> lost_until_{};          // [from][to]
  std::array<std::array<std::uint32_t, kMostAddresses>, kMostGroups> answering_{};  // the nodes that do
  bool overlaps_may_be_ = false;
  std::map<Pair, TimePoint> overlaps_;  // since when
  std::optional<Violation> violation_;
  std::uint64_t checks_ = 0;
};

}  // namespace fairlead::sim

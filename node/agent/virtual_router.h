#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "lib/base/earlier.h"
#include "node/address/audit.h"
#include "node/agent/heard_master.h"
#include "node/agent/messages.h"
#include "node/agent/virtual_router_addresses.h"
#include "node/agent/virtual_router_adverts.h"
#include "node/agent/virtual_router_peers.h"
#include "node/agent/virtual_router_standing.h"
#include "node/agent/virtual_router_surroundings.h"
#include "node/agent/virtual_router_wait.h"
#include "node/neighbor/schedule.h"
#include "node/plan/plan.h"
#include "node/vrrp/admission.h"
#include "node/vrrp/machine.h"

namespace fairlead::agent {

// One group: feeds the pure machine (node/vrrp/machine.h) and carries out its effects. Lives as long as
// the group's identity (UID, interface, VRID, family, version, whether it owns its addresses) stays; every
// other change of the plan goes through change(). vrrp thread only.
class VirtualRouter {
 public:
  VirtualRouter(plan::GroupPlan plan, VirtualRouterSurroundings& surroundings);
  VirtualRouter(const VirtualRouter&) = delete;
  VirtualRouter& operator=(const VirtualRouter&) = delete;

  const plan::GroupPlan& plan() const { return plan_; }
  // Index of the interface it runs on; 0 in Initialize for want of one.
  int interface() const { return link_.index; }
  bool is_same_router(const plan::GroupPlan& other) const;

  // Gives up the addresses the new plan no longer has, before anything is added anywhere (lesson 17).
  void drop_addresses(const plan::GroupPlan& next);
  // Takes the new plan, which takes effect with the next place(). REQUIRES: is_same_router.
  void change(plan::GroupPlan next);
  // Looks at the interfaces and at which VIPs may be held: starts, stops, or takes VIPs in. Timers move only
  // by a value of their own that changed. Does nothing if nothing changed.
  void place(const Ground& ground);
  // When place() may decide otherwise though nothing changed.
  std::optional<TimePoint> next_look() const { return earlier(look_again_, wait_.until()); }

  // Tells a fresh router which addresses of its interface have our tag, and when they were renewed last: what
  // an earlier run left. If that run may be continued (FN-01), it keeps them as they are until it can start,
  // or hears anybody, or it is too late, and starts as Active. Call before the first place().
  void find(int interface, const address::Renewals& left);

  void hear(const vrrp::Accepted& accepted);
  // An advert that named this router and was refused: no event, but perhaps worth telling.
  void refuse(const vrrp::Rejected& rejected);
  // Does what is due by now. The advert's time is advanced by so much, but by no more than a hundredth of its
  // interval, if that makes it due.
  void time_passed(Microseconds early = Microseconds(0));
  // If that is going to send the advert: renews the addresses before it, as it would itself, where that may
  // be apart from the advert. To be called in the same turn, with the same time.
  void prepare_advert(Microseconds early);
  // Puts back addresses that others removed, or that expired (FN-06).
  void repair(const std::vector<net::IpAddress>& missing);
  // Gives up as FenceExpired if the last advert is too old, whatever this turn was about.
  void leave_if_overdue();
  // The same, and announces nothing that waits for it, if by now the kernel may have taken the addresses
  // back: what it still has, or gets back, the next renewal tells.
  void withdraw_doubtful();
  // Removes addresses that the kernel holds to be another's, by duplicate address detection, and puts them
  // back: whose they are the election says.
  void make_again(const std::vector<net::IpAddress>& useless);
  // Planned end: addresses, then priority 0. Nothing of an earlier run is continued.
  void shut_down(vrrp::Reason reason);
  // After an audit: whether nothing of ours is left, on any interface, that should be gone. Only then the
  // plan's generation counts as carried out.
  void settle(bool nothing_left_behind);

  // What the finer fence is to hold of it. Call before place().
  std::optional<filter::FencedGroup> fence_wish(const address::Interfaces& interfaces,
                                                const std::map<net::IpAddress, std::string>& foreign) {
    wait_.forget_old(world_.clock.now());
    const Microseconds interval(plan_.advertise_interval);
    return agent::fence_wish(plan_, wait_.after(plan_, interval), addresses_.all(), interfaces, foreign);
  }
  // What it wants on its interface now.
  void add_desired(address::Desired& desired) const;
  // When time_passed() is due next: what it was, unless a call may have changed it.
  std::optional<TimePoint> next_deadline() const;
  // Puts it on the agenda.
  void put_deadline() { place_.put(next_deadline()); }
  // The boot-time clock went on without the other one: what was reckoned by both holds no longer.
  void forget_deadline() { touch(); }
  // Whether the wire must be read before a timer counts: the fence asks for it before an advert that is late,
  // and before it takes over a Backup must know of all that was sent until now.
  bool must_drain_first() const;
  // Whether it is Active: its next deadline is an advert's, or comes before it.
  bool advertises() const { return active(); }
  std::optional<TimePoint> next_advert() const {
    return active() ? vrrp::next_deadline(state_) : std::nullopt;
  }
  bool running() const { return !std::holds_alternative<vrrp::Initialize>(state_); }
  // Its report, if it may be another than the last one. A router that has to be asked is on the agenda among
  // those that were touched.
  std::optional<GroupReport> news();
  // As of now.
  GroupReport report() const;

 private:
  // In every call that may change the report, or when time_passed() is due.
  void touch() { stir(), touched_ = true; }
  // In a call that may change when time_passed() is due, and of the report what Telling shows: as each advert
  // does, which is rarely news.
  void stir() { place_.touch(), deadline_known_ = false; }
  std::optional<TimePoint> reckon_deadline() const;
  bool may_prepare() const;
  // By how much of `early` an advert may be advanced: at most a hundredth of its interval; 0 unless Active.
  Microseconds advance(Microseconds early) const;
  // What its event makes of the machine, and what the machine asks for.
  void deliver(const vrrp::Event& event);
  // False if the rest of the effects must not be carried out.
  bool carry_out(const vrrp::Step& step);
  bool send_advert(vrrp::Priority priority);
  bool hold_all();
  bool renew();
  bool release_all();
  void announce(const neighbor::Due& due);
  void announce_again();
  void announce_source(const Standing& standing);
  neighbor::Timing timing() const { return {plan_.announce.repeats, plan_.announce.refresh}; }
  // After a write of addresses by which something may have come to light.
  void heed_addresses();
  std::vector<net::IpAddress> in_service(const std::vector<net::IpAddress>& some) const;
  void on_transition(vrrp::Reason reason);
  void on_active(vrrp::Reason reason);

  // Two failed sends in a row end the renewals and repairs: no lifetime without the advert that stands for
  // it.
  bool mute() const { return adverts_.failed() >= 2; }
  bool late() const { return adverts_.fence() == address::FenceVerdict::kGiveUp; }
  void reconfigure(const vrrp::RouterConfig& next);
  // The plan's configuration, as it is to be for now.
  vrrp::RouterConfig configured() const;
  // What adverts tell of it: how long others wait after one.
  vrrp::Centiseconds told_interval() const;
  // Out of the election for now: addresses, then priority 0.
  void leave(vrrp::Reason reason);
  // True if only a refusal of the kernel keeps the router out of the election.
  bool may_start() const;
  // Enters the election, if nothing keeps it out.
  void start();
  void stand_on(const Ground& ground);
  void take_in(const Ground& ground);
  void tell(const std::optional<api::Condition>& before, const std::optional<api::Condition>& now) const;
  // Why an address of the plan cannot be held, whether it is ready or not.
  std::optional<api::Condition> obstacle(const net::IpAddress& address, const Ground& ground) const;
  bool owner() const { return plan_.priority == vrrp::kOwner; }
  // All addresses of the plan, and those that an advert lists of what is in service.
  std::set<net::IpAddress> planned() const;
  std::vector<net::IpAddress> listed() const;
  Seconds lifetime() const;
  api::MemberState member_state() const;
  bool active() const { return std::holds_alternative<vrrp::Active>(state_); }
  bool backup() const { return std::holds_alternative<vrrp::Backup>(state_); }

  // What an earlier run left to be continued: where, and until when that may be.
  struct Remains {
    int interface = 0;
    std::set<net::IpAddress> addresses;
    Microseconds last_beat{0};  // boot time
    TimePoint until;
  };
  void give_up_remains();

  plan::GroupPlan plan_;
  VirtualRouterSurroundings& world_;
  Agenda::Place place_;
  GroupMetrics metrics_;
  HeldAddresses addresses_;
  Adverts adverts_;
  ShortestWait wait_;
  Peers peers_;
  vrrp::Priority priority_;  // the plan's, with the weights of tracked interfaces
  vrrp::RouterConfig config_;
  vrrp::State state_ = vrrp::Initialize{};
  AnnouncedLink link_;
  FenceStanding fence_;
  std::set<net::IpAddress> in_service_;  // held while Active: of the plan, and ready
  std::optional<TimePoint> look_again_;
  bool told_to_hand_over_ = false;              // by the plan that is to be placed
  std::optional<neighbor::Schedule> schedule_;  // Active only
  std::optional<Remains> remains_;              // before the first start only
  std::optional<TimePoint> prepared_;           // when the addresses were renewed before this turn's advert

  std::optional<TimePoint> last_heard_;
  HeardMaster heard_;

  mutable std::optional<TimePoint> deadline_;  // of next_deadline()
  mutable bool deadline_known_ = false;

  // What shows whether stir() has changed the report: less to compare than the report is to make.
  struct Telling {
    std::size_t state = 0;
    std::optional<net::IpAddress> heard;
    std::uint64_t addresses = 0;  // changes()
    std::uint64_t adverts = 0;
    std::uint64_t peers = 0;
    bool yields = false;
    friend bool operator==(const Telling&, const Telling&) = default;
  };
  Telling telling() const;

  // For the report:
  bool touched_ = true;  // since the last one
  Telling told_;
  WallTime since_;
  std::int64_t observed_generation_ = 0;
  bool programmed_ = false;
  std::optional<api::MemberTransition> last_transition_;
  std::optional<api::Condition> link_problem_;
  std::optional<api::Condition> address_problem_;
};

}  // namespace fairlead::agent

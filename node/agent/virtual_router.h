#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "node/address/audit.h"
#include "node/address/fence.h"
#include "node/agent/messages.h"
#include "node/agent/virtual_router_announcements.h"
#include "node/agent/virtual_router_metrics.h"
#include "node/agent/virtual_router_ports.h"
#include "node/neighbor/schedule.h"
#include "node/plan/plan.h"
#include "node/vrrp/admission.h"
#include "node/vrrp/machine.h"

namespace fairlead::agent {

// What all virtual routers of the thread share. Outlives them.
struct VirtualRouterSurroundings {
  Clock& clock;
  kernel::Addresses& addresses;
  wire::AdvertWire& adverts;
  Announcements& announcements;
  VrrpMetrics& metrics;
  // Set by a router whose removal was not acknowledged: the addresses must be compared again soon.
  bool audit_wanted = false;
};

// One group: feeds the pure machine (node/vrrp/machine.h) and carries out its effects. Lives as long as
// the group's identity (UID, interface, VRID, family) stays; every other change of the plan goes through
// change(). vrrp thread only.
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
  // Takes the new plan. Timers move only by a value of their own that changed. REQUIRES: is_same_router.
  void change(plan::GroupPlan next);
  // Looks at the interface and at which VIPs may be held: starts, stops, or takes VIPs in. `deaf` says why
  // adverts cannot be heard there, if so. Does nothing if nothing changed.
  void place(const address::Interfaces& interfaces, const std::set<net::IpAddress>& ready,
             const std::optional<std::string>& deaf);

  void hear(const vrrp::Accepted& accepted);
  void time_passed();
  // Puts back addresses that others removed, or that expired (FN-06).
  void repair(const std::vector<net::IpAddress>& missing);
  // Planned end: addresses, then priority 0.
  void shut_down();
  // After an audit: whether nothing of ours is left, on any interface, that should be gone. Only then the
  // plan's generation counts as carried out.
  void settle(bool nothing_left_behind);

  // What it wants on its interface now.
  void add_desired(address::Desired& desired) const;
  // When time_passed() is due next.
  std::optional<TimePoint> next_deadline() const;
  // Whether the fence asks for reading the wire before the next advert.
  bool must_drain_first() const;
  bool running() const { return !std::holds_alternative<vrrp::Initialize>(state_); }
  GroupReport report() const;

 private:
  void deliver(const vrrp::Event& event);
  // False if the rest of the effects must not be carried out.
  bool carry_out(const vrrp::Step& step);
  bool send_advert(vrrp::Priority priority);
  Result<> send_to_all(const vrrp::Advertisement& advert);
  std::optional<net::IpAddress> primary_on(const address::Interface& interface) const;
  std::string no_source() const;
  void note_unsent(const std::string& why);
  void note_sent();
  void note_advert();
  bool hold_all();
  bool renew();
  // What the kernel took and what it refused, into held_, not_held_ and try_again_; the addresses that it had
  // refused before and took now.
  std::set<net::IpAddress> note_holding(const kernel::Holding& holding);
  bool release(const std::vector<net::IpAddress>& addresses);
  void hold(const std::vector<net::IpAddress>& addresses, bool first_time);
  void announce(const neighbor::Due& due);
  void on_transition(vrrp::Reason reason);
  address::FenceVerdict fence() const;
  void reconfigure(const vrrp::RouterConfig& next);
  // The plan's configuration, as it is to be for now.
  vrrp::RouterConfig configured() const;
  // True if only a refusal of the kernel keeps the router out of the election.
  bool may_start() const;
  // Enters the election, if nothing keeps it out.
  void start();
  void take_in(const std::set<net::IpAddress>& ready, const address::Interfaces& interfaces);
  void note_peer(const vrrp::Accepted& accepted);
  void note_restored(const net::IpAddress& address, const std::string& cause);
  Seconds lifetime() const;
  api::MemberState member_state() const;
  bool active() const { return std::holds_alternative<vrrp::Active>(state_); }
  std::vector<net::IpAddress> held_list() const { return {held_.begin(), held_.end()}; }

  plan::GroupPlan plan_;
  VirtualRouterSurroundings& world_;
  GroupMetrics metrics_;
  vrrp::RouterConfig config_;
  vrrp::State state_ = vrrp::Initialize{};
  AnnouncedLink link_;
  std::set<net::IpAddress> in_service_;  // what the advert lists: of the plan, and ready
  std::set<net::IpAddress> held_;        // acknowledged by the kernel
  // What the kernel refused when it was asked last, and why.
  std::map<net::IpAddress, std::string> not_held_;
  // When it has refused every address: until then in Initialize; and until one is held, no claim over a
  // living master for a long time.
  std::optional<TimePoint> try_again_;

  // Our last advert, with what those who heard it count by.
  struct LastAdvert {
    Microseconds at{0};  // boot time
    Microseconds interval{0};
    Microseconds min_active_down_interval{0};
  };

  // Active only:
  std::optional<LastAdvert> last_advert_;
  std::optional<TimePoint> last_renewal_;
  std::optional<neighbor::Schedule> schedule_;
  int failed_sends_ = 0;  // in a row; of a Backup: its attempts to displace a master

  // The last advert that could not be sent. Stays until one is sent, or was not tried for a long time.
  struct Unsent {
    std::string why;
    TimePoint at;
  };
  std::optional<Unsent> unsent_;

  std::optional<TimePoint> last_heard_;
  std::string hears_;
  std::set<net::IpAddress> differing_peers_;           // as logged
  std::map<net::IpAddress, TimePoint> told_restored_;  // when the log was told of it last
  TimePoint repairs_since_{};
  int repairs_ = 0;

  // For the report:
  WallTime since_;
  std::int64_t observed_generation_ = 0;
  bool programmed_ = false;
  std::optional<api::MemberTransition> last_transition_;
  std::optional<api::Condition> link_problem_;
  std::optional<api::Condition> address_problem_;
};

}  // namespace fairlead::agent

#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "node/address/audit.h"
#include "node/agent/messages.h"
#include "node/agent/router_metrics.h"
#include "node/agent/virtual_router_ports.h"
#include "node/neighbor/schedule.h"
#include "node/vrrp/admission.h"
#include "node/vrrp/machine.h"

namespace fairlead::agent {

// What a virtual router needs to know of its surroundings. Absent interface: it is missing.
struct Surroundings {
  const address::Interface* interface = nullptr;  // valid during the call
  bool ready = false;                             // every VIP of the group may be held
  std::set<net::IpAddress> ready_addresses;       // which of them
  std::optional<std::string> foreign_holder;      // a VIP is configured there by somebody else
};

// One virtual router: carries out what the machine of RFC 9568 section 6.4 decides. Owns the group's
// addresses on its interface. Decides nothing about the protocol itself. Runs on the vrrp thread.
class VirtualRouter {
 public:
  // Ports and budget outlive it; the budget is the interface's (announcements of all its groups).
  VirtualRouter(VirtualRouterPorts& ports, std::map<int, neighbor::FrameBudget>& budgets,
                sys::Metrics& metrics, const plan::GroupPlan& plan);

  // A new plan for the same interface and VRID. REQUIRES: !needs_restart(plan).
  void reconfigure(const plan::GroupPlan& plan, const Surroundings& around);
  // True if only a new virtual router can carry out this plan: another interface, VRID or family.
  bool needs_restart(const plan::GroupPlan& plan) const;

  // Interface or readiness may have changed: starts, stops, adds addresses that became ready, and puts
  // back addresses that others removed.
  void observe(const Surroundings& around);
  void receive(const vrrp::Accepted& accepted);
  void time_passed();
  // Addresses gone (acknowledged), then the priority-0 advert. False if the kernel did not acknowledge;
  // then no such advert was sent and held() still names what may be left.
  bool shut_down();

  std::optional<TimePoint> next_deadline() const;
  GroupReport report() const;
  const plan::GroupPlan& plan() const { return plan_; }
  // 0 while the interface is missing.
  int interface() const { return interface_; }
  const std::set<net::IpAddress>& held() const { return held_; }

 private:
  bool active() const { return std::holds_alternative<vrrp::Active>(state_); }
  vrrp::RouterConfig config() const;
  void deliver(const vrrp::Event& event);
  bool carry_out(const std::vector<vrrp::Effect>& effects);
  void changed_state(const vrrp::State& before, vrrp::Reason reason);
  bool fence_allows_advert();
  void send_advert(vrrp::Priority priority);
  void hold_addresses();
  void renew_addresses();
  bool release(const std::set<net::IpAddress>& addresses);
  void announce(const std::vector<net::IpAddress>& addresses);
  void put_back_missing(const address::Interface& interface);
  std::vector<net::IpAddress> wanted() const;
  Seconds lifetime() const;
  void read_interface(const Surroundings& around);
  void log_transition(std::string_view event, vrrp::Reason reason) const;

  VirtualRouterPorts& ports_;
  std::map<int, neighbor::FrameBudget>& budgets_;
  RouterMetrics metrics_;
  plan::GroupPlan plan_;
  vrrp::State state_ = vrrp::Initialize{};

  int interface_ = 0;
  net::MacAddress mac_;
  bool arp_ = true;
  net::IpAddress primary_;
  std::string blocked_by_;  // problem type that keeps it in Initialize; empty: none
  std::string blocked_message_;
  bool ready_ = false;
  std::set<net::IpAddress> ready_addresses_;
  std::optional<TimePoint> warm_since_;

  std::set<net::IpAddress> held_;
  std::optional<TimePoint> last_renewal_;
  std::optional<Microseconds> last_advert_;  // boot time; only while Active
  int failed_sends_ = 0;                     // in a row
  std::optional<neighbor::Schedule> schedule_;
  std::vector<TimePoint> repairs_;  // of the last minute

  std::optional<TimePoint> last_heard_;
  std::string hears_;
  WallTime since_{};
  std::optional<api::MemberTransition> last_transition_;
};

}  // namespace fairlead::agent

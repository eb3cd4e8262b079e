#include "node/agent/virtual_routers.h"

#include <algorithm>
#include <map>
#include <memory>
#include <utility>

#include "lib/base/overloaded.h"
#include "lib/sys/log.h"
#include "node/address/audit.h"
#include "node/agent/virtual_router.h"
#include "node/vrrp/admission.h"

namespace fairlead::agent {
namespace {

constexpr std::size_t kPacketsATurn = 2000;
constexpr Seconds kForgetForeignAfter{600};
constexpr Seconds kRetryRelease{1};
constexpr Seconds kOldestTurn{1};  // a turn at least this often: forgetting, retries

struct HeardKey {
  std::string interface;
  int virtual_router_id;
  net::IpAddress source;
  friend auto operator<=>(const HeardKey&, const HeardKey&) = default;
};

}  // namespace

class VirtualRouters::Impl {
 public:
  Impl(VirtualRouterPorts ports, sys::Metrics& metrics, OnReport on_report)
      : ports_(std::move(ports)), metrics_(metrics), on_report_(std::move(on_report)) {
    ports_.network->on_news([this] { turn(); });
    ports_.adverts->on_packet([this] { turn(); });
    ports_.clock->wake_at(ports_.clock->now(), [this] { turn(); });
  }

  void order(VrrpOrder order) {
    begin_turn();
    ports_.network->update();
    if (!order_) remove_leftovers(order.owned);
    order_ = std::move(order);
    remove_routers();
    for (const auto& [name, plan] : order_->groups) take_group(plan);
    end_turn();
  }

  void forwarding(ForwardingReport report) {
    begin_turn();
    forwarding_ = std::move(report);
    ports_.network->update();
    observe_all();
    end_turn();
  }

  void stop(const std::function<void()>& done) {
    stopped_ = true;  // what still wakes us finds nothing to do
    for (auto& [name, router] : routers_) router->shut_down();
    publish();
    done();
  }

 private:
  // Clock, received packets, timers: in this order (vrrp.md 4), so that a queued advert cancels a take-over.
  void begin_turn() {
    drain_packets();
    for (auto& [name, router] : routers_) router->time_passed();
  }

  void turn() {
    if (stopped_) return;
    begin_turn();
    if (ports_.network->update()) observe_all();
    end_turn();
  }

  void end_turn() {
    retry_releases();
    forget_foreign();
    publish();
    TimePoint next = ports_.clock->now() + kOldestTurn;
    for (const auto& [name, router] : routers_) {
      const auto deadline = router->next_deadline();
      if (deadline) next = std::min(next, *deadline);
    }
    ports_.clock->wake_at(next, [this] { turn(); });
  }

  Surroundings surroundings(const plan::GroupPlan& plan) const {
    Surroundings out;
    const auto& interfaces = ports_.network->interfaces();
    out.interface = address::find_interface(interfaces, plan.interface);
    for (const auto& address : plan.addresses) {
      if (!out.foreign_holder) out.foreign_holder = address::foreign_holder(interfaces, address);
      if (forwarding_.ready.contains(address)) {
        out.ready_addresses.insert(address);
      }
    }
    out.ready = !plan.addresses.empty() && out.ready_addresses.size() == plan.addresses.size();
    return out;
  }

  void observe_all() {
    for (auto& [name, router] : routers_) router->observe(surroundings(router->plan()));
    leave_unused();
  }

  void take_group(const plan::GroupPlan& plan) {
    auto& router = routers_[plan.name];
    if (router && router->needs_restart(plan)) {
      retire(*router);
      router.reset();
    }
    if (router) {
      router->reconfigure(plan, surroundings(plan));
      return;
    }
    router = std::make_unique<VirtualRouter>(ports_, budgets_, metrics_, plan);
    router->observe(surroundings(plan));
  }

  void remove_routers() {
    for (auto at = routers_.begin(); at != routers_.end();) {
      if (order_->groups.contains(at->first)) {
        ++at;
        continue;
      }
      retire(*at->second);
      at = routers_.erase(at);
    }
    leave_unused();
  }

  // A group that ends: what its removal left behind is tried again each second.
  void retire(VirtualRouter& router) {
    if (router.shut_down()) return;
    for (const auto& address : router.held()) to_release_.insert({router.interface(), address});
    retry_at_ = ports_.clock->now() + kRetryRelease;
  }

  void remove_leftovers(const std::set<net::IpAddress>& owned) {
    for (const auto& placement : address::leftovers(ports_.network->interfaces(), owned)) {
      sys::log(sys::LogLevel::kInfo, "vrrp.leftover_removed",
               {{"address", net::to_string(placement.address)}});
      if (!ports_.addresses->release(placement.interface, {placement.address})) {
        to_release_.insert(placement);
        retry_at_ = ports_.clock->now() + kRetryRelease;
      }
    }
    ports_.network->update();
  }

  void retry_releases() {
    if (to_release_.empty() || ports_.clock->now() < retry_at_) return;
    std::erase_if(to_release_, [&](const address::Placement& placement) {
      return ports_.addresses->release(placement.interface, {placement.address}).has_value();
    });
    retry_at_ = ports_.clock->now() + kRetryRelease;
  }

  void leave_unused() {
    std::set<int> used;
    for (const auto& [name, router] : routers_) used.insert(router->interface());
    std::erase_if(joined_, [&](int interface) {
      if (used.contains(interface)) return false;
      ports_.adverts->leave(interface);
      return true;
    });
    for (const int interface : used) {
      if (interface != 0) joined_.insert(interface);
    }
  }

  void drain_packets() {
    for (const auto& datagram : ports_.adverts->receive(kPacketsATurn)) take_packet(datagram);
  }

  void take_packet(const wire::Datagram& datagram) {
    const auto interface = ports_.network->interfaces().find(datagram.interface);
    if (interface == ports_.network->interfaces().end()) return;
    vrrp::Listener listener;
    for (const auto& entry : interface->second.addresses) listener.own_addresses.insert(entry.prefix.address);
    for (const auto& [name, router] : routers_) {
      if (router->interface() == datagram.interface) {
        listener.virtual_router_ids.insert(router->plan().virtual_router_id);
      }
    }
    std::visit(Overloaded{
                   [&](const vrrp::Accepted& accepted) {
                     VirtualRouter* const router =
                         find(datagram.interface, accepted.advert.virtual_router_id);
                     if (router != nullptr) router->receive(accepted);
                   },
                   [&](const vrrp::Rejected& rejected) { count_rejected(datagram.interface, rejected); },
                   [&](const vrrp::Foreign& foreign) { note_foreign(interface->second.name, foreign); },
               },
               vrrp::admit(listener, datagram.packet));
  }

  VirtualRouter* find(int interface, vrrp::VirtualRouterId vrid) {
    for (auto& [name, router] : routers_) {
      if (router->interface() == interface && router->plan().virtual_router_id == vrid) return router.get();
    }
    return nullptr;
  }

  void count_rejected(int interface, const vrrp::Rejected& rejected) {
    std::string group;
    if (rejected.claimed_virtual_router_id && *rejected.claimed_virtual_router_id != 0) {
      const auto* router = find(interface, vrrp::VirtualRouterId(*rejected.claimed_virtual_router_id));
      if (router != nullptr) group = router->plan().name;
    }
    metrics_
        .counter("fairlead_node_vrrp_adverts_rejected_total", "Advertisements dropped, by reason.",
                 {{"group", group}, {"reason", std::string(vrrp::to_string(rejected.reason))}})
        .add(1);
  }

  void note_foreign(const std::string& interface, const vrrp::Foreign& foreign) {
    metrics_
        .counter("fairlead_node_vrrp_foreign_adverts_total",
                 "Sound advertisements of virtual routers that are not ours.", {{"interface", interface}})
        .add(1);
    metrics_
        .counter("fairlead_node_vrrp_adverts_rejected_total", "Advertisements dropped, by reason.",
                 {{"group", ""}, {"reason", "vrid"}})
        .add(1);
    heard_[{interface, foreign.virtual_router_id.value(), foreign.sender}] = ports_.clock->now();
  }

  void forget_foreign() {
    const TimePoint now = ports_.clock->now();
    std::erase_if(heard_, [&](const auto& entry) { return now - entry.second > kForgetForeignAfter; });
  }

  VrrpReport report() const {
    VrrpReport out;
    out.sequence = order_ ? order_->sequence : 0;
    for (const auto& [name, router] : routers_) {
      out.groups.emplace(name, router->report());
      out.held.insert(router->held().begin(), router->held().end());
    }
    for (const auto& placement : to_release_) out.held.insert(placement.address);
    for (const auto& [index, interface] : ports_.network->interfaces()) {
      api::ReportedInterface reported{interface.name, interface.mtu, interface.up, {}, interface.gateways};
      for (const auto& entry : interface.addresses) {
        if (entry.global && entry.lasting && !entry.ours) reported.addresses.push_back(entry.prefix);
      }
      if (!reported.addresses.empty()) out.interfaces.push_back(std::move(reported));
    }
    std::sort(out.interfaces.begin(), out.interfaces.end(),
              [](const auto& a, const auto& b) { return a.name < b.name; });
    for (const auto& [key, when] : heard_) {
      out.heard.push_back({key.interface, key.source.family(), key.virtual_router_id, key.source});
    }
    return out;
  }

  void publish() {
    VrrpReport now = report();
    if (published_ && now == *published_) return;
    published_ = now;
    on_report_(std::move(now));
  }

  VirtualRouterPorts ports_;
  sys::Metrics& metrics_;
  OnReport on_report_;
  std::map<int, neighbor::FrameBudget> budgets_;
  std::optional<VrrpOrder> order_;
  ForwardingReport forwarding_;
  std::map<std::string, std::unique_ptr<VirtualRouter>> routers_;
  std::set<int> joined_;
  std::set<address::Placement> to_release_;  // removals the kernel has not acknowledged
  TimePoint retry_at_{};
  std::map<HeardKey, TimePoint> heard_;
  std::optional<VrrpReport> published_;
  bool stopped_ = false;
};

VirtualRouters::VirtualRouters(VirtualRouterPorts ports, sys::Metrics& metrics, OnReport on_report)
    : impl_(std::make_unique<Impl>(std::move(ports), metrics, std::move(on_report))) {}
VirtualRouters::~VirtualRouters() = default;

void VirtualRouters::order(VrrpOrder order) { impl_->order(std::move(order)); }
void VirtualRouters::forwarding(ForwardingReport report) { impl_->forwarding(std::move(report)); }
void VirtualRouters::stop(std::function<void()> done) { impl_->stop(done); }

}  // namespace fairlead::agent

#include "node/agent/virtual_routers.h"

#include <optional>
#include <utility>

#include "lib/base/earlier.h"
#include "lib/sys/log.h"
#include "node/address/audit.h"
#include "node/address/link_history.h"
#include "node/agent/virtual_router.h"
#include "node/agent/virtual_router_announcements.h"
#include "node/agent/virtual_router_leftovers.h"
#include "node/agent/virtual_router_listeners.h"
#include "node/agent/virtual_router_metrics.h"
#include "node/agent/virtual_router_timers.h"
#include "node/agent/virtual_router_view.h"
#include "node/agent/virtual_routers_report.h"

namespace fairlead::agent {
namespace {

constexpr std::size_t kPacketsPerTurn = 1024;
constexpr int kTurnsBeforeStop = 8;       // more than a socket's buffer holds; a flood would never end
constexpr Milliseconds kAuditAgain{100};  // after a removal that was not acknowledged

}  // namespace

class VirtualRouters::Impl {
 public:
  Impl(VirtualRouterPorts ports, sys::Metrics& metrics, OnReport on_report)
      : ports_(std::move(ports)),
        metrics_(metrics),
        on_report_(std::move(on_report)),
        announcements_(*ports_.announcer, metrics_),
        listeners_(*ports_.adverts, *ports_.clock, metrics_),
        leftovers_(*ports_.addresses),
        world_{*ports_.clock, *ports_.addresses, *ports_.adverts, announcements_, metrics_} {
    ports_.adverts->on_packet([this] { turn(); });
    ports_.network->on_news([this] { look_at_news(); });
    turn();
  }

  void order(VrrpOrder order) {
    new_order_ = std::move(order);
    turn();
  }

  void forwarding(ForwardingReport report) {
    ready_ = std::move(report.ready);
    fence_ = std::move(report.fence);
    look_again_ = true;
    turn();
  }

  void namesake(const std::string& instance) {
    if (world_.namesake == instance) return;
    world_.namesake = instance;
    look_again_ = true;
    turn();
  }

  void stop(const std::function<void()>& done) {
    if (!stopped_) {
      for (int turn = 0; turn < kTurnsBeforeStop; ++turn) {
        if (listeners_.drain(kPacketsPerTurn) < kPacketsPerTurn) break;
      }
      for (auto& [name, router] : routers_) router->shut_down(vrrp::Reason::kShutdown);
      announcements_.flush(ports_.clock->now());
      (void)update();
      audit();
      wish_for({});
      report();
      stopped_ = true;
    }
    done();
  }

 private:
  void turn() {
    if (stopped_) return;
    compare_clocks(routers_, world_);
    listeners_.drain(kPacketsPerTurn);
    const TimePoint began = ports_.clock->now();
    run_timers(routers_, world_, listeners_, kPacketsPerTurn);
    if (update() || is_past(look_at_)) look_again_ = true;
    if (new_order_) take_order(*std::exchange(new_order_, std::nullopt));
    if (std::exchange(look_again_, false)) {
      place();
      audit();
    } else if (world_.audit_wanted && ports_.clock->now() >= next_audit_) {
      audit();
    }
    if (announcements_.waiting()) {
      // A call of this turn may have taken its time: who may have a successor by now announces nothing.
      for (auto& [name, router] : routers_) router->withdraw_doubtful();
    }
    announcements_.flush(ports_.clock->now());
    report();
    arm();
    if (ports_.turned && world_.failing == 0 && !world_.audit_wanted) ports_.turned(began);
  }

  bool is_past(std::optional<TimePoint> deadline) { return deadline && ports_.clock->now() >= *deadline; }

  const address::Interfaces& interfaces() {
    return view_.of(ports_.network->interfaces(), world_.tag_forgotten);
  }

  void take_order(VrrpOrder order) {
    const bool first = sequence_ == 0;
    view_.know(order);
    // All removals before any addition: an address may move from one group to another (lesson 17).
    for (auto router = routers_.begin(); router != routers_.end();) {
      const auto next = order.groups.find(router->first);
      if (next == order.groups.end() || !router->second->is_same_router(next->second)) {
        router->second->shut_down(vrrp::Reason::kShutdown);
        router = routers_.erase(router);
        continue;
      }
      if (router->second->plan() != next->second) router->second->drop_addresses(next->second);
      ++router;
    }
    for (auto& [name, plan] : order.groups) {
      const auto router = routers_.find(name);
      if (router == routers_.end()) {
        routers_.emplace(name, std::make_unique<VirtualRouter>(std::move(plan), world_));
      } else if (router->second->plan() != plan) {
        router->second->change(std::move(plan));
      }
    }
    if (first) take_over_leftovers(order.owned);
    sequence_ = order.sequence;
    (void)update();
    report_.view_changed();
    report_.routers_changed();
    look_again_ = true;
  }

  // What an earlier run left is continued where FN-01 allows it, else removed.
  void take_over_leftovers(const std::set<net::IpAddress>& owned) {
    const address::Interfaces& interfaces = this->interfaces();
    auto left = address::leftovers(interfaces, owned);
    if (left.empty()) return;
    const address::Renewals renewals = ports_.network->renewals();
    address::Desired kept;
    for (auto& [name, router] : routers_) {
      const auto* interface = address::find_interface(interfaces, router->plan().interface);
      if (interface == nullptr) continue;
      router->find(interface->index, renewals);
      router->add_desired(kept);
    }
    std::erase_if(left, [&](const address::Placement& placement) { return kept.contains(placement); });
    const auto found = by_interface(left);
    for (const auto& [interface, addresses] : found) {
      sys::log(sys::LogLevel::kInfo, "vrrp.leftovers_removed",
               {{"interface", std::to_string(interface)}, {"addresses", std::to_string(addresses.size())}});
      if (!leftovers_.release(interface, addresses)) world_.audit_wanted = true;
    }
  }

  void place() {
    static const std::set<net::IpAddress> kNone;
    const address::Interfaces& interfaces = this->interfaces();
    const auto foreign = address::foreign_holders(interfaces);
    links_.observe(interfaces, ports_.clock->now());
    listeners_.arrange(routers_, interfaces);
    std::vector<filter::FencedGroup> wishes;
    for (auto& [name, router] : routers_) {
      const auto wish = router->fence_wish(interfaces, foreign);
      if (wish) wishes.push_back(*wish);
      const FenceStanding fence = fence_standing(wish, fence_);
      const auto& ready = fence.awaited ? kNone : ready_;
      Ground ground{interfaces, foreign, links_, ports_.clock->now(), ready, std::nullopt, fence};
      if (const auto* interface = address::find_interface(interfaces, router->plan().interface)) {
        ground.deaf = listeners_.why_deaf({interface->index, router->plan().family});
      }
      router->place(ground);
    }
    wish_for(std::move(wishes));
    look_at_ = listeners_.retry();
    for (const auto& [name, router] : routers_) look_at_ = earlier(look_at_, router->next_look());
  }

  void wish_for(std::vector<filter::FencedGroup> wishes) {
    auto before = report_.get().fenced;
    for (const auto& [name, router] : routers_) {
      const plan::GroupPlan& plan = router->plan();
      if (!plan.unicast) continue;  // if it was multicast before, what it holds is to be heard all the same
      const filter::FenceKey key{router->interface(), plan.family, plan.virtual_router_id};
      std::erase_if(before, [&](const auto& group) { return group.key == key; });
    }
    report_.wish_for(fence_wishes(std::move(wishes), before, address::ours(interfaces())));
  }

  // Compares the kernel with what is wanted. Our own writes of this turn are in the view after update().
  void audit() {
    take_in_news();
    world_.audit_wanted = false;
    if (sequence_ == 0) return;  // nobody has told yet what is ours to keep
    address::Desired desired;
    for (const auto& [name, router] : routers_) router->add_desired(desired);
    const address::Audit found = address::audit(interfaces(), desired);
    auto lost = found.missing;
    lost.insert(lost.end(), found.lasting.begin(), found.lasting.end());
    for (const auto& [interface, addresses] : by_interface(lost)) {
      for (auto& [name, router] : routers_) {
        if (router->interface() == interface) router->repair(addresses);
      }
    }
    for (const auto& [interface, addresses] : by_interface(found.duplicate)) {
      for (auto& [name, router] : routers_) {
        if (router->interface() == interface) router->make_again(addresses);
      }
    }
    const auto surplus = by_interface(found.surplus);
    leftovers_.forget_all_but(surplus);
    for (const auto& [interface, addresses] : surplus) {
      if (!leftovers_.release(interface, addresses)) world_.audit_wanted = true;
    }
    if (world_.audit_wanted) next_audit_ = ports_.clock->now() + kAuditAgain;
    take_in_news();
    // Whose an address was that stays nobody can tell, nor on which interface its router is now.
    for (auto& [name, router] : routers_) router->settle(!world_.audit_wanted);
  }

  // Every renewal is news, and changes nothing.
  void look_at_news() {
    take_in_news();
    if (look_again_) turn();
  }

  // Most of it we wrote ourselves; what others did meanwhile, to links too, the next turn looks at.
  void take_in_news() {
    if (update()) look_again_ = true;
  }

  // True if the view has changed.
  bool update() {
    if (!ports_.network->update()) return false;
    view_.changed();
    report_.view_changed();
    return true;
  }

  void report() {
    const auto view = [this]() -> const address::Interfaces& { return interfaces(); };
    const auto touched = world_.agenda.touched();
    const bool changed = report_.update(sequence_, routers_, touched, view, listeners_.heard());
    for (VirtualRouter* router : touched) router->put_deadline();
    world_.agenda.forget_touched();
    if (changed) on_report_(report_.get());
  }

  void arm() {
#ifndef __OPTIMIZE__  // it costs what is to be saved: for the builds that look for mistakes
    for (const auto& [name, router] : routers_) (void)router->next_deadline();  // which asserts what it knows
#endif
    auto next = earlier(earlier(announcements_.next(), world_.agenda.next()), look_at_);
    if (world_.audit_wanted) next = earlier(next, next_audit_);
    if (look_again_) next = ports_.clock->now();
    if (next) ports_.clock->wake_at(*next, [this] { turn(); });
  }

  VirtualRouterPorts ports_;
  VrrpMetrics metrics_;
  OnReport on_report_;
  Announcements announcements_;
  Listeners listeners_;
  Leftovers leftovers_;
  address::LinkHistory links_;
  VirtualRouterSurroundings world_;

  std::map<std::string, std::unique_ptr<VirtualRouter>> routers_;
  InterfaceView view_;
  std::set<net::IpAddress> ready_;
  std::optional<FenceReport> fence_;  // as answered
  std::optional<VrrpOrder> new_order_;
  CurrentReport report_;
  std::uint64_t sequence_ = 0;
  TimePoint next_audit_{};
  // When the interfaces must be looked at again though nothing changed there: place() alone decides that.
  std::optional<TimePoint> look_at_;
  bool look_again_ = true;
  bool stopped_ = false;
};

VirtualRouters::VirtualRouters(VirtualRouterPorts ports, sys::Metrics& metrics, OnReport on_report)
    : impl_(std::make_unique<Impl>(std::move(ports), metrics, std::move(on_report))) {}
VirtualRouters::~VirtualRouters() = default;

void VirtualRouters::order(VrrpOrder order) { impl_->order(std::move(order)); }
void VirtualRouters::forwarding(ForwardingReport report) { impl_->forwarding(std::move(report)); }
void VirtualRouters::namesake(const std::string& instance) { impl_->namesake(instance); }
void VirtualRouters::stop(std::function<void()> done) { impl_->stop(done); }

}  // namespace fairlead::agent

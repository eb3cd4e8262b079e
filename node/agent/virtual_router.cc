#include "node/agent/virtual_router.h"

#include <algorithm>
#include <utility>

#include "lib/base/overloaded.h"
#include "lib/base/text.h"
#include "lib/sys/log.h"

namespace fairlead::agent {
namespace {

// A living master is displaced this long after the kernel refused every address of ours, no sooner: each try
// takes the address from him for a moment.
constexpr std::chrono::minutes kClaimAgain{10};
constexpr std::size_t kRefusalsNamed = 5;
constexpr std::size_t kDifferingPeersKnown = 16;  // senders can be made up
// A Backup that has not tried to send for so long cannot tell any more whether it could.
constexpr std::chrono::minutes kUnsentForgotten{10};

// "hold 192.0.2.1 on interface 2: EPERM; ... and 3 more".
std::string text_of(const std::map<net::IpAddress, std::string>& refusals) {
  std::vector<std::string> named;
  for (const auto& [address, why] : refusals) {
    if (named.size() < kRefusalsNamed) named.push_back(why);
  }
  const std::size_t more = refusals.size() - named.size();
  return join(named, "; ") + (more > 0 ? " and " + std::to_string(more) + " more" : "");
}

std::vector<net::IpAddress> outside(const std::set<net::IpAddress>& some,
                                    const std::set<net::IpAddress>& all) {
  std::vector<net::IpAddress> out;
  std::set_difference(some.begin(), some.end(), all.begin(), all.end(), std::back_inserter(out));
  return out;
}

}  // namespace

VirtualRouter::VirtualRouter(plan::GroupPlan plan, VirtualRouterSurroundings& surroundings)
    : plan_(std::move(plan)),
      world_(surroundings),
      metrics_(surroundings.metrics.all(), plan_.name),
      since_(surroundings.clock.wall()) {
  config_ = configured();
  metrics_.set_state(api::MemberState::kInitialize);
  metrics_.set_priority(plan_.priority);
  sys::log(sys::LogLevel::kInfo, "vrrp.started",
           {{"group", plan_.name},
            {"interface", plan_.interface},
            {"vrid", std::to_string(plan_.virtual_router_id.value())},
            {"priority", std::to_string(plan_.priority.value())}});
}

bool VirtualRouter::is_same_router(const plan::GroupPlan& other) const {
  return plan_.version.uid == other.version.uid && plan_.interface == other.interface &&
         plan_.family == other.family && plan_.vrrp_version == other.vrrp_version &&
         plan_.virtual_router_id == other.virtual_router_id;
}

void VirtualRouter::drop_addresses(const plan::GroupPlan& next) {
  const auto gone = outside(in_service_, next.addresses);
  if (gone.empty()) return;
  if (gone.size() == in_service_.size()) shut_down();  // an advert lists at least one address
  for (const net::IpAddress& address : gone) {
    in_service_.erase(address);
    not_held_.erase(address);
    told_restored_.erase(address);
  }
  if (active()) (void)release(gone);
}

void VirtualRouter::change(plan::GroupPlan next) {
  plan_ = std::move(next);
  metrics_.set_priority(plan_.priority);
  reconfigure(configured());
}

vrrp::RouterConfig VirtualRouter::configured() const {
  vrrp::RouterConfig out = config_;
  out.version = plan_.vrrp_version;
  out.priority = plan_.priority;
  out.advertisement_interval = plan_.advertise_interval;
  out.preempt = plan_.preempt;
  out.preempt_delay = plan_.preempt_delay;
  if (try_again_) out.preempt_delay = std::max(out.preempt_delay, Microseconds(kClaimAgain));
  return out;
}

void VirtualRouter::reconfigure(const vrrp::RouterConfig& next) {
  if (next == config_) return;
  const vrrp::RouterConfig before = std::exchange(config_, next);
  deliver(vrrp::Reconfigured{before});
}

void VirtualRouter::hear(const vrrp::Accepted& accepted) {
  metrics_.count_received();
  if (!running()) return;
  last_heard_ = world_.clock.now();
  note_peer(accepted);
  const bool relinquished = accepted.advert.priority == vrrp::kRelinquish;
  deliver(vrrp::AdvertReceived{accepted.advert.priority, accepted.advert.max_advertise_interval,
                               accepted.sender});
  if (std::holds_alternative<vrrp::Backup>(state_)) {
    if (unsent_ && *last_heard_ - unsent_->at >= kUnsentForgotten) unsent_.reset();
    hears_ = relinquished ? "" : to_string(accepted.sender);
  }
}

// VR-043, VR-044: another interval or list is logged, once per sender and change, and never dropped.
void VirtualRouter::note_peer(const vrrp::Accepted& accepted) {
  if (accepted.advert.priority == vrrp::kRelinquish) return;
  const bool differs =
      accepted.advert.max_advertise_interval != plan_.advertise_interval ||
      accepted.advert.addresses != vrrp::in_advert_order({in_service_.begin(), in_service_.end()});
  if (!differs) {
    differing_peers_.erase(accepted.sender);
    return;
  }
  if (differing_peers_.size() < kDifferingPeersKnown && differing_peers_.insert(accepted.sender).second) {
    sys::log(sys::LogLevel::kWarning, "vrrp.peer_differs",
             {{"group", plan_.name},
              {"sender", to_string(accepted.sender)},
              {"interval_cs", std::to_string(accepted.advert.max_advertise_interval.count())},
              {"addresses", std::to_string(accepted.advert.addresses.size())}});
  }
}

bool VirtualRouter::may_start() const {
  return !running() && !link_problem_ && programmed_ && !in_service_.empty();
}

void VirtualRouter::start() {
  const TimePoint now = world_.clock.now();
  if (!may_start() || (try_again_ && now < *try_again_)) return;
  if (!config_.warm_since) config_.warm_since = now;
  deliver(vrrp::Startup{});
}

void VirtualRouter::time_passed() {
  start();
  const TimePoint now = world_.clock.now();
  const auto deadline = vrrp::next_deadline(state_);
  if (deadline && now >= *deadline) {
    if (active()) world_.metrics.observe_lateness(now - *deadline);
    deliver(vrrp::TimePassed{});
  }
  if (schedule_) announce(neighbor::due(*schedule_, held_list(), now));
}

void VirtualRouter::shut_down() {
  if (running()) deliver(vrrp::Shutdown{});
}

void VirtualRouter::settle(bool nothing_left_behind) {
  if (!nothing_left_behind) return;
  observed_generation_ = plan_.version.generation;
  // A removal that was acknowledged late.
  std::erase_if(held_, [this](const auto& address) { return !active() || !in_service_.contains(address); });
  metrics_.set_addresses(held_.size());
}

void VirtualRouter::add_desired(address::Desired& desired) const {
  if (!active()) return;
  for (const net::IpAddress& address : in_service_) desired[{link_.index, address}] = lifetime();
}

std::optional<TimePoint> VirtualRouter::next_deadline() const {
  if (may_start()) return try_again_;
  auto deadline = vrrp::next_deadline(state_);
  if (deadline && schedule_) {
    const auto announcement = neighbor::next_due(*schedule_, held_.size());
    if (announcement) deadline = std::min(*deadline, *announcement);
  }
  return deadline;
}

bool VirtualRouter::must_drain_first() const { return active() && fence() != address::FenceVerdict::kGoOn; }

void VirtualRouter::deliver(const vrrp::Event& event) {
  const vrrp::Step step = vrrp::step(config_, state_, event, world_.clock.now());
  state_ = step.next;
  const bool carried_out = carry_out(step);
  // Nobody heard of the attempt: nothing has happened, and the log has one line about the first.
  if (step.reason == vrrp::Reason::kPreempted && failed_sends_ > 0) {
    state_ = vrrp::step(config_, state_, vrrp::FenceExpired{}, world_.clock.now()).next;
    last_advert_.reset();
    return;
  }
  if (step.reason) on_transition(*step.reason);
  if (!active() || carried_out) return;
  if (try_again_) {
    deliver(vrrp::AddressesRefused{});
  } else {
    deliver(vrrp::FenceExpired{});
  }
}

void VirtualRouter::on_transition(vrrp::Reason reason) {
  reconfigure(configured());
  const auto state = member_state();
  since_ = world_.clock.wall();
  const std::string because(to_string(reason));
  last_transition_ = api::MemberTransition{since_, because, std::nullopt};
  metrics_.set_state(state);
  metrics_.count_transition(state, reason, since_);
  if (state == api::MemberState::kMaster) {
    if (last_heard_ && !held_.empty()) {
      const Microseconds outage = world_.clock.now() - *last_heard_;
      last_transition_->outage_ms = std::chrono::floor<Milliseconds>(outage).count();
      world_.metrics.observe_outage(reason, outage);
    }
    last_heard_.reset();
    hears_.clear();
    sys::log(
        sys::LogLevel::kInfo, "vrrp.became_active",
        {{"group", plan_.name},
         {"reason", because},
         {"addresses", std::to_string(held_.size())},
         {"outage_ms", last_transition_->outage_ms ? std::to_string(*last_transition_->outage_ms) : ""}});
    return;
  }
  last_advert_.reset();
  last_renewal_.reset();
  schedule_.reset();
  failed_sends_ = 0;
  if (!try_again_) not_held_.clear();
  if (state == api::MemberState::kBackup) {
    sys::log(sys::LogLevel::kInfo, "vrrp.became_backup", {{"group", plan_.name}, {"reason", because}});
    return;
  }
  last_heard_.reset();
  hears_.clear();
  sys::log(sys::LogLevel::kInfo, "vrrp.initialize", {{"group", plan_.name}, {"reason", because}});
}

api::MemberState VirtualRouter::member_state() const {
  return std::visit(Overloaded{[](const vrrp::Initialize&) { return api::MemberState::kInitialize; },
                               [](const vrrp::Backup&) { return api::MemberState::kBackup; },
                               [](const vrrp::Active&) { return api::MemberState::kMaster; }},
                    state_);
}

GroupReport VirtualRouter::report() const {
  GroupReport out;
  out.uid = plan_.version.uid;
  out.state = member_state();
  out.since = since_;
  out.observed_generation = observed_generation_;
  out.programmed = programmed_;
  out.priority = plan_.priority.value();
  out.hears = hears_;
  out.last_transition = last_transition_;
  out.held = held_;
  for (const auto& problem : {link_problem_, address_problem_}) {
    if (problem) out.problems.push_back(*problem);
  }
  if (!not_held_.empty()) {
    out.problems.push_back(
        {"AddressNotHeld", api::ConditionStatus::kTrue, "KernelRefused", text_of(not_held_), 0, {}});
  }
  if (unsent_) {
    out.problems.push_back(
        {"AdvertsNotSent", api::ConditionStatus::kTrue, "SendFailed", unsent_->why, 0, {}});
  }
  const Microseconds overlap = address::fence_overlap(lifetime(), plan_.min_active_down_interval);
  if (overlap > Microseconds(0)) {
    const auto tenths = (overlap.count() + 99999) / 100000;
    out.problems.push_back({"FenceOverlap",
                            api::ConditionStatus::kTrue,
                            "LifetimeExceedsActiveDownInterval",
                            std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " s",
                            plan_.version.generation,
                            {}});
  }
  return out;
}

}  // namespace fairlead::agent

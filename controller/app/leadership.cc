#include "controller/app/leadership.h"

#include <utility>

#include "lib/base/overloaded.h"
#include "lib/sys/log.h"

namespace fairlead::controller {
namespace {

constexpr Seconds kTick{1};
constexpr Seconds kForOpenWrites{5};
constexpr Seconds kSameFailureAgain{60};

}  // namespace

Leadership::Leadership(const World& world, const Election* election, std::function<void(End)> on_end)
    : world_(world),
      on_end_(std::move(on_end)),
      leader_(world.metrics.gauge("fairlead_controller_leader", "1: this replica leads", {})),
      transitions_(world.metrics.counter("fairlead_controller_leader_transitions_total",
                                         "Changes of the Lease's holder that this replica has seen", {})),
      slow_path_(world.metrics.counter("fairlead_controller_lease_slow_path_total",
                                       "Renewals that did not go through at once", {})),
      errors_(world.metrics.counter("fairlead_controller_lease_errors_total",
                                    "Tries at the Lease that failed", {})),
      tick_(world.loop),
      patience_(world.loop) {
  if (election == nullptr) {
    leader_.set(1);
    world_.controller.lead();
    return;
  }
  leader_.set(0);
  lease_ = api::to_string(election->lease);
  world_.client.set_write_gate([this] { return !stopping_ && elector_ && elector_->may_write(); });
  elector_ = std::make_unique<apiserver::Elector>(world_.client, election->lease, election->config,
                                                  [this](const auto& news) { heard(news); });
  sys::log(sys::LogLevel::kInfo, "controller.electing",
           {{"lease", lease_}, {"identity", election->config.identity}});
  tick();
}

void Leadership::heard(const reconcile::ElectionAction& news) {
  std::visit(Overloaded{
                 [](reconcile::ReadLease) {},
                 [](const reconcile::CreateLease&) {},
                 [](const reconcile::UpdateLease&) {},
                 [](reconcile::AbandonRequest) {},
                 [this](const reconcile::HolderChanged& e) { holder_changed(e.holder); },
                 [this](reconcile::SlowPathTaken) { slow_path_.add(1); },
                 [this](const reconcile::TryFailed& e) { try_failed(e.why); },
                 [this](reconcile::LeadTaken) { taken(); },
                 [this](const reconcile::LeadLost& e) { lost(e.why); },
                 [this](const reconcile::Resigned& e) { resigned(e.kept); },
             },
             news);
}

void Leadership::holder_changed(const std::string& holder) {
  transitions_.add(1);
  sys::log(sys::LogLevel::kInfo, "controller.lease_holder", {{"lease", lease_}, {"holder", holder}});
}

void Leadership::try_failed(const std::string& why) {
  errors_.add(1);
  const bool again = why == told_ && sys::now() - failed_at_ < kSameFailureAgain;
  failed_at_ = sys::now();
  told_ = why;
  if (!again) sys::log(sys::LogLevel::kWarning, "controller.lease_failed", {{"lease", lease_}, {"why", why}});
}

void Leadership::taken() {
  leader_.set(1);
  sys::log(sys::LogLevel::kInfo, "controller.leading", {{"lease", lease_}});
  if (!stopping_) world_.controller.lead();
}

void Leadership::lost(const std::string& why) {
  leader_.set(0);
  sys::log(sys::LogLevel::kError, "controller.lease_lost", {{"lease", lease_}, {"why", why}});
  end(End::kLost);
}

void Leadership::resigned(const std::string& kept) {
  leader_.set(0);
  if (!kept.empty()) {
    sys::log(sys::LogLevel::kWarning, "controller.lease_kept", {{"lease", lease_}, {"why", kept}});
  }
  end(End::kStopped);
}

// The Lease goes when no write of ours is on its way any more: the next leader begins at once.
void Leadership::stop() {
  if (std::exchange(stopping_, true)) return end(End::kStopped);
  patience_.arm(sys::now() + kForOpenWrites, [this] { let_go(); });
  world_.controller.stop([this] { let_go(); });
}

void Leadership::let_go() {
  if (std::exchange(letting_go_, true)) return;
  if (!elector_) return end(End::kStopped);
  elector_->resign();
}

void Leadership::tick() {
  world_.pages.set_electing(elector_->moves());
  tick_.arm(sys::now() + kTick, [this] { tick(); });
}

void Leadership::end(End how) {
  if (const auto on_end = std::exchange(on_end_, nullptr)) on_end(how);
}

}  // namespace fairlead::controller

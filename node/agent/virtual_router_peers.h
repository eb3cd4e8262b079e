#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <vector>

#include "lib/api/meta.h"
#include "lib/reconcile/token_bucket.h"
#include "node/agent/virtual_router_surroundings.h"
#include "node/plan/plan.h"
#include "node/vrrp/admission.h"
#include "node/vrrp/machine.h"
#include "node/vrrp/sightings.h"

namespace fairlead::agent {

// What one virtual router knows of those it hears: who differs from us, who is a stranger with our VRID, who
// speaks so that one of us does not understand the other. It logs and counts that and gives the conditions;
// what the adverts do to the election is the machine's business. In any state. vrrp thread only.
class Peers {
 public:
  explicit Peers(VirtualRouterSurroundings& world) : world_(world) {}

  // Takes an accepted advert in. Returns it as the machine wants it: from a stranger, or not.
  vrrp::AdvertReceived hear(const vrrp::Accepted& accepted, const plan::GroupPlan& plan);
  // Takes in an advert that named this router and was refused.
  void refuse(const vrrp::Rejected& rejected, const plan::GroupPlan& plan);
  // The stranger who was heard last, if he is not silent yet: he counts for a router that starts only now.
  std::optional<vrrp::AdvertReceived> stranger() const;

  // The sender; of a stranger the one that is told of, however many there are.
  net::IpAddress told_of(const vrrp::AdvertReceived& received) const;

  // Forgets who has been silent for long enough, which next_forgotten() says when to do.
  void forget();
  std::optional<TimePoint> next_forgotten() const { return sightings_.next_forgotten(); }
  std::vector<api::Condition> problems(const plan::GroupPlan& plan) const;
  // Another number: problems() may be others, under the same plan.
  std::uint64_t changes() const { return sightings_.changes(); }

 private:
  static constexpr double kLinesASecond = 1.0 / 6;
  static constexpr int kLinesAtOnce = 10;

  bool is_stranger(const vrrp::Accepted& accepted, const plan::GroupPlan& plan);
  void note_difference(const vrrp::Accepted& accepted, bool stranger, const plan::GroupPlan& plan);
  void note(const vrrp::Seen& what, const net::IpAddress& sender, Microseconds remembered,
            const plan::GroupPlan& plan);

  VirtualRouterSurroundings& world_;
  vrrp::Sightings sightings_;
  std::optional<vrrp::AdvertReceived> stranger_;
  std::set<net::IpAddress> familiar_;   // listed an address of ours at some time
  std::set<net::IpAddress> differing_;  // as logged
  // Lines of the log about them: a sender who takes turns differs anew at every other advert.
  reconcile::TokenBucket lines_{kLinesASecond, kLinesAtOnce};
};

}  // namespace fairlead::agent

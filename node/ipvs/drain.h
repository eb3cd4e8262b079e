#pragma once

#include <map>
#include <optional>
#include <set>

#include "lib/base/time.h"
#include "node/ipvs/table.h"

// What becomes of real servers that leave their virtual server while it stays (api.md, `drainSeconds`;
// datapath.md 1.11): weight 0 at once, so that they get no new connections, and deletion once they have none
// left, or at their deadline. UDP counts as connected for 300 s after its last packet, and clients that
// persist for as long as they are bound: there the deadline decides.
namespace fairlead::ipvs {

// What is known of one virtual server's real servers besides what the kernel shows. A value.
struct Drains {
  // Of the plan, as of the last look.
  std::set<net::Endpoint> serving;
  // Have left it, and stay until then at most. None of them is in `serving`.
  std::map<net::Endpoint, TimePoint> leaving{};
  friend bool operator==(const Drains&, const Drains&) = default;
};

// How real servers leave one virtual server.
struct Removal {
  Seconds drain{300};  // how long they may stay; 0: not at all
  // Taken out by their checks (onUnhealthy Remove), or not there any more: they go at once.
  std::set<net::Endpoint> at_once{};
  friend bool operator==(const Removal&, const Removal&) = default;
};

struct DrainStep {
  Drains drains;         // after this look
  Destinations staying;  // to be wanted besides `desired`: as the kernel has them, with weight 0
  // Those that begin to leave, or to be deleted for having left: not to be taken for repairs of what others
  // did.
  std::set<net::Endpoint> departing;
  friend bool operator==(const DrainStep&, const DrainStep&) = default;
};

// One look at a virtual server of ours: `seen` is what the kernel has of it, `desired` what it shall have of
// the plan. What is in neither `desired` nor `staying` of the answer goes now. That is also what somebody
// else put there, since it never was ours.
//
// `before`: nullopt at the first look at a service of an earlier run. What it holds besides `desired` counts
// as having left just now: when it did nobody knows.
//
// A dump may lack what is there (datapath.md 4): one that has left is remembered until its deadline.
// `removal` is today's: a drain that was shortened counts for those that are leaving already, a longer one
// does not.
DrainStep drain(const std::optional<Drains>& before, const SeenDestinations& seen,
                const Destinations& desired, const Removal& removal, TimePoint now);

// True if one of them has reached its deadline: look again.
bool is_due(const Drains& drains, TimePoint now);

}  // namespace fairlead::ipvs

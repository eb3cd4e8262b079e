#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "lib/reconcile/token_bucket.h"
#include "node/health/check.h"

namespace fairlead::health {

// What the checks of one node may cost together. A node whose checks need more than this looks later than
// their intervals say; Schedule::overdue() counts them.
struct Limits {
  double starts_per_second = 1000;
  int burst = 100;            // that may start at once
  std::size_t at_once = 512;  // attempts running, each of which has a descriptor
};

// Checks by their verdict.
struct Count {
  std::size_t unknown = 0;
  std::size_t up = 0;
  std::size_t down = 0;
  friend bool operator==(const Count&, const Count&) = default;
};

// All checks of a node, each once, and whose turn it is. Without sockets or clocks: the owner starts what
// start() returns and says how it ended.
class Schedule {
 public:
  explicit Schedule(Limits limits);

  // These checks are wanted from now on. Those that were wanted before go on as if nothing had happened;
  // those that are not wanted any more are dropped, running or not. A new one inherits the result of another
  // check of its target; else it is up if `in_service` names it: its target serves now. What nobody knows is
  // unknown.
  void want(const std::set<CheckKey>& keys, const std::set<CheckKey>& in_service, TimePoint now);
  // The checks among these of which nothing is known here: new, and of a new target.
  std::set<CheckKey> unheard_of(const std::set<CheckKey>& keys) const;

  // Whose attempts start now, those due longest first. They count as running until finish().
  std::vector<CheckKey> start(TimePoint now);
  // True if the verdict is another one now. A check that is not wanted any more, or not running, changes
  // nothing.
  bool finish(const CheckKey& key, const Outcome& outcome, TimePoint now);
  // When start() will have something to do; nullopt: not before finish() or want().
  std::optional<TimePoint> next_deadline(TimePoint now) const;

  const std::map<CheckKey, Check>& checks() const { return checks_; }
  const Count& count() const { return count_; }
  std::size_t running() const { return running_; }
  // How many are due and not running.
  std::size_t overdue(TimePoint now) const;

 private:
  Limits limits_;
  reconcile::TokenBucket bucket_;
  std::map<CheckKey, Check> checks_;
  std::set<std::pair<TimePoint, CheckKey>> due_;  // of all that are not running
  std::size_t running_ = 0;
  Count count_;
};

}  // namespace fairlead::health

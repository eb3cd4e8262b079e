#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "lib/base/time.h"
#include "lib/reconcile/token_bucket.h"

namespace fairlead::reconcile {

struct WorkQueueConfig {
  Microseconds first_delay = Milliseconds(5);  // K-24: per key, doubling
  Microseconds longest_delay = Seconds(30);    // K-24: 30-60 s for data-path keys
  double retries_per_second = 10;              // K-24: overall, for retries only
  int retry_burst = 100;
};

// Which keys are to be worked on, in the order they were added (K-23). A key is in work at most once;
// added while in work, it runs once more afterwards; added twice while it waits, it runs once.
// Keys, not events: whoever takes one looks at the newest state.
class WorkQueue {
 public:
  explicit WorkQueue(const WorkQueueConfig& config);

  void add(const std::string& key);
  // The next key; it is in work until done() or retry(). Delayed keys whose time has come are first
  // queued. nullopt: nothing to do before next_deadline().
  std::optional<std::string> take(TimePoint now);
  // Work on `key` succeeded: its delay starts anew. REQUIRES: in work.
  void done(const std::string& key);
  // Work on `key` failed: it comes back after its delay, sooner if added meanwhile. REQUIRES: in work.
  void retry(const std::string& key, TimePoint now);

  // When the next delayed key falls due; nullopt: none is delayed.
  std::optional<TimePoint> next_deadline() const;
  std::size_t depth() const { return order_.size(); }

 private:
  void queue(const std::string& key);

  WorkQueueConfig config_;
  TokenBucket retries_;
  std::deque<std::string> order_;  // the queued keys
  std::set<std::string> queued_;
  std::set<std::string> in_work_;
  std::set<std::string> dirty_;  // added while in work
  std::map<std::string, int> failures_;
  std::multimap<TimePoint, std::string> delayed_;
};

}  // namespace fairlead::reconcile

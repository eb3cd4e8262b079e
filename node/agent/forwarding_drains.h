#pragma once

#include <cstddef>
#include <map>
#include <set>

#include "lib/base/time.h"
#include "node/ipvs/changes.h"
#include "node/ipvs/drain.h"

namespace fairlead::agent {

// What a pass over the IPVS table had to do with real servers that left.
struct Departures {
  std::set<ipvs::Server> departing;  // that began to leave, or went for having left: no repairs
  std::set<ipvs::Server> gone;       // that IPVS has no more, for whatever reason
  friend bool operator==(const Departures&, const Departures&) = default;
};

// ipvs::Drains of all our virtual servers, from look to look. A virtual server that is not known here was
// never looked at: it is of an earlier run. A value without a clock.
class ForwardingDrains {
 public:
  // One look at `key`, as ipvs::drain() has it. Returns what is wanted of it besides `desired`.
  ipvs::Destinations look(const ipvs::Key& key, const ipvs::SeenDestinations& seen,
                          const ipvs::Destinations& desired, const ipvs::Removal& removal, TimePoint now,
                          Departures& departures);
  bool knows(const ipvs::Key& key) const { return drains_.contains(key); }
  // A service of an earlier run that is not in the plan: what it has goes with it.
  void meet(const ipvs::Key& key, const ipvs::SeenDestinations& seen);
  // The kernel has taken this change.
  void note(const ipvs::Change& change, Departures& departures);
  // The others are not ours any more.
  void keep_only(const std::set<ipvs::Key>& keys);
  void clear() { drains_.clear(); }

  // Those with a real server whose deadline has come.
  std::set<ipvs::Key> due(TimePoint now) const;
  // How many real servers have left and stay.
  std::size_t leaving() const;

 private:
  std::map<ipvs::Key, ipvs::Drains> drains_;
};

}  // namespace fairlead::agent

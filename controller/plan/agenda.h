#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "controller/plan/changes.h"
#include "controller/plan/footing.h"
#include "controller/plan/stirred.h"
#include "lib/reconcile/rounds.h"

namespace fairlead::controller {

// What changed by our hand: the next round may be computed only when the caches have passed the write (K-22).
using Object = std::pair<Target, api::ObjectKey>;
struct Move {
  std::string before;   // resourceVersion; empty: there was none
  std::string written;  // that of the answer; empty: a delete
  friend bool operator==(const Move&, const Move&) = default;
};
using Moves = std::map<Object, Move>;

// True if this version of the object is what one of the moves has made of it, or comes before it: a cache
// that shows it shows nothing new.
bool is_echo(const Moves& moves, const Object& object, const std::string& version);

// True of a write from whose outcome no round decides anything: a status, unless it is that of a claim, which
// has the holders; and real servers behind what is served already.
bool decides_nothing(const Write& write);

// What the controller's next round is, and when. Changes are gathered for 50 ms; then a *whole* round decides
// everything. Where nothing but endpoints has changed, one of *endpoints* looks only at their Services' sets
// (FC-05), and a whole one follows that takes a fifth of the time at most; unless the nodes that may hold an
// address depend on these endpoints, or whether any may. The next round waits until the caches show what the
// last one wrote, at most 5 s. A change that is not of our making does not wait for all writes of a round: it
// leaves the rest of them to the next (FC-06).
// Pure: `now` is the loop's time. The caller tells what happens, and keeps two timers: at wake() it calls
// woken() and, unless a round runs or caches are not synced, next(); at cut() it leaves the rest of the
// writes. Both may have changed after any call.
class Agenda {
 public:
  enum class Round { kNone, kEndpoints, kWhole };
  // The resourceVersion of an object as cached; empty if it is not there.
  using VersionOf = std::function<std::string(const Object&)>;

  // It leads from now on.
  void lead(TimePoint now);
  // An object that is no EndpointSlice has changed in its cache. Absent: one of a kind that nobody here
  // writes. `ours`: this version is, or may be, what the round that runs or ran last has made.
  void changed(const std::optional<Object>& object, bool ours, TimePoint now);
  void endpoints_changed(const api::ObjectKey& service, TimePoint now);
  // Something has changed that nothing of ours depends on.
  void aside(TimePoint now);
  // A whole round is to come then, or before.
  void want_whole(TimePoint at);
  // Once a second: a whole round comes now and then, whatever happens.
  void tick(TimePoint now);

  std::optional<TimePoint> wake() const { return rounds_.wanted(); }
  void woken() { rounds_.timer_came(); }
  // When the round that runs is to leave the rest of its writes, if it is.
  std::optional<TimePoint> cut() const { return cut_at_; }

  // Which round is to begin now. REQUIRES: none runs, every cache is synced.
  Round next(const Inputs& inputs, const VersionOf& version_of, TimePoint now);
  // Of how many objects the caches did not show in 5 s what we wrote, so that rounds go ahead all the same; 0
  // once they have.
  std::size_t behind() const { return behind_; }

  // It begins. How long the oldest change that it takes up has waited.
  Microseconds begin_whole(TimePoint now);
  Microseconds begin_endpoints(TimePoint now);
  // The Services whose endpoints the round of endpoints is about, those first that have waited longest.
  const std::vector<api::ObjectKey>& in_round() const { return in_round_; }

  // What a whole round says of those after it.
  struct Outlook {
    Footings footings;
    bool unsettled = false;        // a further round has something else to say
    std::optional<TimePoint> end;  // time alone changes it then
  };
  // Its writes are to be carried out now. How long computing it took.
  Microseconds computed(Outlook outlook, TimePoint now);  // of a whole round
  Microseconds computed(TimePoint now);                   // of one of endpoints

  // What became of the writes of a round.
  struct Written {
    Moves moved;
    bool at_rest = true;             // all was sent but `left`, and nothing is decided from what moved
    bool news = false;               // a condition is to tell of what they met
    std::optional<TimePoint> retry;  // when the first that failed may be tried again
    // Services behind which real servers alone had to be written, and were not.
    std::set<api::ObjectKey> left{};
  };
  // The round has ended. How long it ran.
  Microseconds written(Written what, const VersionOf& version_of, TimePoint now);

  // While we lead.
  const reconcile::Rounds& rounds() const { return rounds_; }

 private:
  TimePoint calm(TimePoint now) const;
  void schedule(TimePoint at) { rounds_.want(at); }
  void cut_short(TimePoint now);
  void put_back(std::set<api::ObjectKey> services);
  bool caught_up(const VersionOf& version_of, TimePoint now);

  reconcile::Rounds rounds_;
  std::optional<TimePoint> whole_at_;  // when a whole round is due, if one is
  TimePoint begun_{};
  TimePoint whole_end_{};       // of the last one's computing
  Microseconds whole_took_{0};  // and how long that lasted
  TimePoint next_look_{};       // a whole one all the same
  bool altered_ = false;        // more than endpoints has changed since the last whole round
  bool of_endpoints_ = false;   // the last round, or that which runs, was no whole one
  std::optional<TimePoint> cut_at_;
  std::set<Object> perhaps_echo_;         // changed while the round that runs was writing to them
  Footings footings_;                     // of the last whole round
  Stirred stirred_;                       // Services whose endpoints changed since
  std::vector<api::ObjectKey> in_round_;  // those that the last round took up
  Moves moved_;                           // what the caches have still to show
  TimePoint wait_until_{};                // for that
  std::size_t behind_ = 0;
};

}  // namespace fairlead::controller

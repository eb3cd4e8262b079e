#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>

#include "controller/app/caches.h"
#include "controller/app/measures.h"
#include "controller/app/pages.h"
#include "controller/app/server_age.h"
#include "controller/app/stirred.h"
#include "controller/app/writer.h"
#include "controller/status/summary.h"
#include "lib/apiserver/client.h"
#include "lib/apiserver/event_sender.h"
#include "lib/reconcile/rounds.h"
#include "lib/sys/loop.h"
#include "lib/sys/metrics.h"

namespace fairlead::controller {

// The loop of the controller: changes are gathered for 50 ms, then one round is caches -> desired ->
// statuses -> changes -> writes. Where nothing but endpoints has changed a round looks only at their
// Services' sets (FC-05), and a whole one follows that takes a fifth of the time at most; unless the nodes
// that may hold an address depend on these endpoints, or whether any may. The next round waits until the
// caches show what the last one wrote (at most 5 s). A change that is not of our making does not wait for all
// writes of a round: it leaves the rest of them to the next (FC-06). Nothing is decided before every kind has
// been listed (K-19), and nothing before lead(); the caches are filled from the beginning. All on the loop's
// thread.
class Controller {
 public:
  // `instance`: which process, for the reader of Events.
  Controller(sys::Loop& loop, sys::Metrics& metrics, apiserver::Client& client, Pages& pages,
             const Settings& settings, const std::string& instance);

  // From now on rounds are computed and written.
  void lead();
  // No further round and no further write. `on_idle` runs once no write is on its way, perhaps inside this
  // call.
  void stop(std::function<void()> on_idle);

 private:
  void changed(std::optional<Target> target, const api::ObjectKey& key);
  void endpoints_changed(const api::ObjectKey& service);
  // Something that nothing of ours depends on.
  void changed_aside();
  bool is_echo(std::optional<Target> target, const api::ObjectKey& key) const;
  TimePoint calm() const;
  // A whole round is to come then, or before.
  void want_whole(TimePoint at);
  // A round has to take up what has changed just now.
  void add();
  void schedule(Microseconds wait);
  void cut_short();
  void round();
  void endpoints_round(TimePoint begun);
  void whole_round(TimePoint begun);
  void written(const Writer::Outcome& outcome);
  void put_back(const std::set<api::ObjectKey>& sets);
  bool caught_up();
  void note_sync();
  void tick();
  void give_memory_back();

  Pages& pages_;
  apiserver::EventSender events_;
  Writer writer_;
  Measures measures_;
  Memory memory_;
  ClaimsMemory claims_;
  std::map<std::pair<Target, api::ObjectKey>, Writer::Outcome::Move> moved_;
  TimePoint wait_until_{};  // for the caches; after it a round goes ahead all the same
  bool leading_ = false;
  std::function<void()> on_idle_;  // set by stop()
  reconcile::Rounds rounds_;       // while we lead
  bool synced_ = false;            // the caches, when last looked at
  bool told_behind_ = false;       // the log says that the caches are behind
  std::string waiting_for_;        // kinds, as logged last
  TimePoint next_look_{};
  sys::Timer gather_;
  sys::Timer cut_;
  bool cutting_ = false;               // the round that runs is to end early
  std::optional<TimePoint> whole_at_;  // when a whole round is due, if one is
  TimePoint whole_end_{};              // of the last one's computing
  Microseconds whole_took_{0};         // and how long that lasted
  bool of_endpoints_ = false;          // the last round, or that which runs, was no whole one
  bool altered_ = false;               // more than endpoints has changed since the last whole round
  // Changed while the round that runs was writing to them.
  std::set<std::pair<Target, api::ObjectKey>> perhaps_echo_;
  Standing standing_;                     // of the last whole round
  Footings footings_;                     // the same
  Stirred stirred_;                       // Services whose endpoints changed since
  std::vector<api::ObjectKey> in_round_;  // those that the last round took up
  bool fat_ = false;                      // a whole round's memory has not been given back
  TimePoint give_back_at_{};              // the soonest
  sys::Timer tick_;
  ServerAge server_age_;
  Caches caches_;  // last: it calls back into the members above
};

}  // namespace fairlead::controller

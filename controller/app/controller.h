#pragma once

#include <functional>
#include <optional>
#include <string>

#include "controller/app/caches.h"
#include "controller/app/measures.h"
#include "controller/app/pages.h"
#include "controller/app/server_age.h"
#include "controller/app/writer.h"
#include "controller/plan/agenda.h"
#include "controller/status/summary.h"
#include "lib/apiserver/client.h"
#include "lib/apiserver/event_sender.h"
#include "lib/sys/loop.h"
#include "lib/sys/metrics.h"

namespace fairlead::controller {

// The loop of the controller: one round is caches -> desired -> statuses -> changes -> writes, in the order
// and at the times of plan/agenda.h. Nothing is decided before every kind has been listed (K-19), and nothing
// before lead(); the caches are filled from the beginning. All on the loop's thread.
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
  // The agenda may have changed: the timers follow it.
  void follow();
  void note_change();
  void tell_behind();
  Agenda::VersionOf version_of() const;
  void round();
  void endpoints_round();
  void whole_round();
  void written(const Writer::Outcome& outcome);
  bool note_refused();
  void note_sync();
  void tick();
  void give_memory_back();

  Pages& pages_;
  apiserver::EventSender events_;
  Writer writer_;
  Measures measures_;
  Memory memory_;
  ClaimsMemory claims_;
  Standing standing_;  // of the last whole round
  Agenda agenda_;      // while we lead
  bool leading_ = false;
  std::function<void()> on_idle_;  // set by stop()
  bool synced_ = false;            // the caches, when last looked at
  bool told_behind_ = false;       // the log says that the caches are behind
  std::string waiting_for_;        // kinds, as logged last
  sys::Timer gather_;
  sys::Timer cut_;
  // What the two are armed for.
  std::optional<TimePoint> woken_at_;
  std::optional<TimePoint> cut_at_;
  bool fat_ = false;          // the allocator keeps memory that was used for something big
  TimePoint give_back_at_{};  // the soonest
  sys::Timer tick_;
  ServerAge server_age_;
  Caches caches_;  // last: it calls back into the members above
};

}  // namespace fairlead::controller

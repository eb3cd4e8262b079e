#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "controller/app/refusals.h"
#include "controller/app/reverts.h"
#include "controller/plan/agenda.h"
#include "controller/plan/changes.h"
#include "lib/apiserver/client.h"
#include "lib/apiserver/event_sender.h"
#include "lib/reconcile/retries.h"
#include "lib/sys/loop.h"
#include "lib/sys/metrics.h"

namespace fairlead::controller {

// Carries out one round of writes, step after step, those of one step side by side, 16 at a time: what has
// not been sent can still be left to a later round. A write that fails holds up nothing but its own object,
// which then waits (K-24); the next round computes anew.
// A write that frees something is sent once the API server has said that what it takes for gone is gone
// (FC-03). Of several writes to one object only the first is sent: the others were computed from what it
// changes.
class Writer {
 public:
  struct Outcome {
    // All was sent but for what is `left`, and nothing is decided from what changed: the next round has
    // nothing to add.
    bool at_rest = true;
    Moves moved;
    // RealServerSets of which real servers alone had to be written, and were left (drop_rest()).
    std::set<api::ObjectKey> left;
    // Services whose status was refused because these field managers own it (K-26).
    std::map<api::ObjectKey, std::string> foreign_writers;
  };
  using OnDone = std::function<void(const Outcome&)>;

  Writer(sys::Metrics& metrics, apiserver::Client& client, apiserver::EventSender& events);

  // One round at a time. on_done runs on the loop, perhaps inside this call if there is nothing to do.
  void carry_out(std::vector<Write> writes, OnDone on_done);

  // What of the round has not been sent stays unsent; on_done comes as ever.
  void drop_rest();

  // Objects of which somebody undoes again and again what we write, and his field manager, if known.
  Fought fought() const;

  // A whole round wants these writes and no others: what else was refused is so no more.
  void wants(const std::vector<Write>& writes) { refusals_.keep(writes); }
  // What the API server goes on refusing.
  Refused refused() const { return refusals_.told(); }

  // Into the log, and as an Event.
  void tell(const Notice& notice);

  // True if this version of the object is, or may be, what the round that runs has made of it: its cache
  // shows nothing new by it. An object whose write is under way counts.
  bool is_ours(const Object& object, const std::string& version) const;

  // Forgets what was written last long ago, once a minute. True if there was something. To be called again
  // and again.
  bool forget(TimePoint now) { return reverts_.forget(now); }

  // When the first object that waits may be tried again.
  std::optional<TimePoint> next_retry() const;

 private:
  void go_on();
  void confirm(const Write& write, std::size_t at);
  void looked_up(const Write& write, std::size_t at, const Result<apiserver::ApiResponse>& result);
  void send(const Write& write);
  void look_who_undoes(const Write& write);
  void seen(const Write& write, const Result<apiserver::ApiResponse>& result);
  void end_of(const Write& write);
  void answered(const Write& write, const Result<apiserver::ApiResponse>& result);
  void refused(const Write& write, const apiserver::ApiResponse& response, const std::string& why);
  void well_answered(const Write& write, const apiserver::ApiResponse& response);
  void succeeded(const Write& write, const apiserver::ApiResponse& response);
  void note_for_reverts(const Write& write, const std::string& changed);
  void count_foreign(const Write& write);
  void failed(const Write& write, const std::string& why, bool conflict);
  void count(const Write& write, const std::string& result);

  sys::Metrics& metrics_;
  apiserver::Client& client_;
  apiserver::EventSender& events_;
  sys::Counter& retried_;
  std::vector<Write> writes_;  // of the round, those still to be sent last
  std::size_t sent_ = 0;
  Step step_{};                 // of those that are under way
  std::set<Object> under_way_;  // sent and not answered
  Outcome outcome_;
  OnDone on_done_;
  reconcile::Retries retries_;
  Reverts reverts_;
  Refusals refusals_;
};

}  // namespace fairlead::controller

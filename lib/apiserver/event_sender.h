#pragma once

#include <string>

#include "lib/api/event.h"
#include "lib/apiserver/client.h"
#include "lib/reconcile/event_book.h"
#include "lib/reconcile/event_queue.h"
#include "lib/reconcile/token_bucket.h"
#include "lib/sys/loop.h"
#include "lib/sys/metrics.h"

namespace fairlead::apiserver {

// Sends Events one after the other, in the background: nobody waits for them (K-32). What repeats becomes a
// series, and what is too much about one object is left out (EventBook). Too many that wait,
// and one that fails too often (EventQueue) or is refused for good, are dropped. All that is left out or
// dropped is counted. All on the loop's thread; loop, metrics and client must outlive it.
class EventSender {
 public:
  // `limit`: how fast Events may leave; what the client allows is shared with more important requests.
  EventSender(sys::Loop& loop, sys::Metrics& metrics, Client& client, api::EventReporter reporter,
              RateLimit limit);

  void send(const api::Notice& notice);

 private:
  void tell_series();
  void queue(reconcile::EventBook::Write write);
  void next();
  void answered(const Result<ApiResponse>& result);

  Client& client_;
  sys::Counter& dropped_;
  reconcile::EventBook book_;
  reconcile::TokenBucket bucket_;
  sys::Timer retry_;
  sys::Timer series_;
  reconcile::EventQueue queue_;
  bool busy_ = false;
};

}  // namespace fairlead::apiserver

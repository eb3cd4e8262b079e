#pragma once

#include <deque>
#include <string>

#include "controller/plan/changes.h"
#include "lib/apiserver/client.h"
#include "lib/sys/loop.h"
#include "lib/sys/metrics.h"

namespace fairlead::controller {

// Sends Events one after the other, in the background: nobody waits for them (K-32). At most 1000 wait; more
// are dropped and counted. One that fails is tried 12 times, 10 s apart, unless the server refuses it for
// good.
class EventSender {
 public:
  // `instance`: which process, for reportingInstance.
  EventSender(sys::Loop& loop, sys::Metrics& metrics, apiserver::Client& client, std::string instance);

  void send(const Notice& notice);

 private:
  struct Waiting {
    api::Event event;
    int tries = 0;
  };
  void next();
  void answered(const Result<apiserver::ApiResponse>& result);
  void drop_first();

  apiserver::Client& client_;
  std::string instance_;
  sys::Counter& dropped_;
  sys::Timer retry_;
  std::deque<Waiting> queue_;
  bool busy_ = false;
};

}  // namespace fairlead::controller

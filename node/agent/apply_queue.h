#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "lib/apiserver/client.h"
#include "lib/sys/loop.h"
#include "node/agent/backlog.h"

namespace fairlead::agent {

// Carries out a Backlog against the API server: server-side apply, forced, since a node is the only writer
// of what it applies (K-26, K-27). Tries again for ever, with back-off; a refusal is logged once until it
// changes. All on the loop's thread; `client` must outlive it.
class ApplyQueue {
 public:
  ApplyQueue(sys::Loop& loop, apiserver::Client& client, std::string manager);
  ApplyQueue(const ApplyQueue&) = delete;
  ApplyQueue& operator=(const ApplyQueue&) = delete;

  void want(const std::string& key, Write write, bool urgent);
  // As Backlog::keep, now.
  std::optional<TimePoint> keep(const std::string& key, Write write, bool urgent, bool shown);
  void forget(const std::string& key);

  // Calls `done` as soon as nothing is left to write, or at the deadline. Back-offs end now. Once.
  void flush(TimePoint deadline, std::function<void()> done);

 private:
  void pump();
  void send(DueWrite due);
  void take_answer(const DueWrite& due, const Result<apiserver::ApiResponse>& answer);
  void note_failure(const DueWrite& due, const std::string& reason);

  sys::Loop& loop_;
  apiserver::Client& client_;
  std::string manager_;
  Backlog backlog_;
  std::map<std::string, std::string> failing_;  // key -> why, as logged
  std::function<void()> flushed_;
  sys::Timer retry_;
  sys::Timer give_up_;
};

}  // namespace fairlead::agent

#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <set>
#include <string>

#include "lib/apiserver/client.h"
#include "lib/apiserver/connection.h"
#include "lib/reconcile/news.h"
#include "lib/reconcile/retry_rule.h"
#include "lib/reconcile/token_bucket.h"

namespace fairlead::apiserver {

// What is behind a Client; Reflector and Elector use it too. On the loop.
struct Client::State {
  State(sys::Loop& given_loop, sys::Metrics& given_metrics, ClientConfig config, RateLimit limit,
        std::string user_agent);
  ~State();

  void send(ApiRequest request, OnDone on_done);
  // Runs `job` when the token bucket lets it through: at once, or later from the loop, in order (K-33). One
  // that `writes` needs no token where the gate is shut: it will not be sent.
  void in_turn(bool writes, std::function<void()> job);
  // Counts one request that has ended. `code`: an HTTP status, or "error".
  void count(const std::string& verb, const std::string& kind, const std::string& code, Microseconds took);
  // A list or watch of `kind` failed or had to leave something out, for a reason of a small set of words:
  // counted. `detail` is for people.
  void count_error(const std::string& kind, const std::string& reason, const std::string& detail);
  // The same for the log alone, once (News), unless another line tells of it.
  void bad_answer(const std::string& kind, const std::string& reason, const std::string& detail);
  // The server wants us to come back later.
  struct Throttled {
    std::string said;  // "429 ...", in its words
    Seconds retry_after{0};
    std::string flow_schema;
  };
  void count_throttled();
  void tell_throttled(const Throttled& how);  // for the log alone, one line per pause

  sys::Loop& loop;
  sys::Metrics& metrics;
  Connection connection;
  std::function<bool()> write_gate;  // none: always open

 private:
  struct Pending;
  using PendingPtr = std::shared_ptr<Pending>;
  void attempt(const PendingPtr& pending);
  void let_in();
  void withhold(const PendingPtr& pending);
  void on_end(const PendingPtr& pending, const std::optional<HttpFailure>& failure);
  bool retry(const PendingPtr& pending, const std::optional<HttpFailure>& failure);
  void repeat(const PendingPtr& pending);
  static std::string said_in(const Pending& pending);
  reconcile::TryEnd end_of(const Pending& pending, const std::optional<HttpFailure>& failure);
  void finish(const PendingPtr& pending, Result<ApiResponse> result);
  void run_waiting();
  bool shut() const { return write_gate && !write_gate(); }

  reconcile::TokenBucket bucket_;
  struct Waiting {
    bool writes;
    std::function<void()> job;
  };
  std::deque<Waiting> waiting_;
  sys::Timer bucket_timer_;
  TimePoint throttle_logged_{};
  reconcile::News news_;
  std::set<PendingPtr> pending_;
  std::size_t open_ = 0;          // of them, those under way
  std::deque<PendingPtr> crowd_;  // those that wait for one of these to end
};

}  // namespace fairlead::apiserver

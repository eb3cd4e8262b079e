#pragma once

#include <map>
#include <optional>
#include <string>

#include "lib/base/time.h"
#include "lib/reconcile/backoff.h"
#include "lib/reconcile/token_bucket.h"

namespace fairlead::reconcile {

// What has failed, and when it may be tried again (K-24): each thing after a wait of its own, 5 ms doubling
// to 30 s, forgotten on success; and all of them together at most 10 times a second, 100 at once. First tries
// are free. Pure.
class Retries {
 public:
  static constexpr BackoffConfig kEach{Milliseconds(5), Seconds(30), Seconds(120)};
  static constexpr double kPerSecond = 10;
  static constexpr int kBurst = 100;
  static constexpr Seconds kForgotten{120};  // after it might have been tried again, and was not

  // Whether this may be tried now. A yes to what failed before uses up one of the tries that all share.
  bool may_try(const std::string& what, TimePoint now);

  // Whether a try of this would be another one.
  bool has_failed(const std::string& what) const { return failures_.contains(what); }

  void succeeded(const std::string& what) { failures_.erase(what); }
  // The same; true if it ends a fault that was told of: nothing else fails whose name begins with `of` and
  // that was told of.
  bool is_over(const std::string& what, const std::string& of);
  void failed(const std::string& what, TimePoint now);
  // True if `why` is not the reason told last of this, nor of anything else that fails and whose name begins
  // with `of`: one reason why several writes of an object fail is told once. REQUIRES: failed.
  bool is_news(const std::string& what, const std::string& of, const std::string& why);

  // When something that waits may be tried; nullopt: nothing waits.
  std::optional<TimePoint> next(TimePoint now) const;

 private:
  struct Failure {
    Backoff backoff{kEach};
    TimePoint retry_at{};
    std::string told;
    bool held_back = false;  // its wait is over, and there was no try to be had
  };
  TokenBucket shared_{kPerSecond, kBurst};
  std::map<std::string, Failure> failures_;
  TimePoint
      swept_{};  // when those forgotten were last looked for: once for all that is asked about at a time
};

}  // namespace fairlead::reconcile

#pragma once

#include <variant>

#include "lib/base/time.h"

// Whether a request is sent again (K-33, K-34, K-35). Pure.
namespace fairlead::reconcile {

// A request so far.
struct Attempts {
  bool repeatable = false;     // doing it twice comes to the same as doing it once: GET and apply (K-34)
  int tries = 0;               // made
  bool lost_before = false;    // it was sent again for a lost connection
  bool denied_before = false;  // it was sent again with a new token
};

// How the last try ended.
struct ConnectionLost {};  // of a pooled connection that the server had closed, as likely as not
struct NoAnswer {};        // any other failure
struct Answered {
  int status = 0;
  Seconds retry_after{0};      // of its header; 0: none
  bool token_renewed = false;  // the token to send now is not the one that was sent
};
using TryEnd = std::variant<ConnectionLost, NoAnswer, Answered>;

struct Over {};  // what there is is the outcome
struct AgainAtOnce {};
struct AgainAfter {
  Seconds wait{0};
};
using Retry = std::variant<Over, AgainAtOnce, AgainAfter>;

constexpr int kMostTries = 10;  // K-33
// As long as the longest back-off is (K-18): whoever asks us to stay away for an hour, or for 68 years, must
// not make us blind for that long.
constexpr int kLongestRetryAfter = 60;

// What is made of a Retry-After of so many seconds.
Seconds bounded_retry_after(long long seconds);

Retry retry_of(const Attempts& attempts, const TryEnd& end);

}  // namespace fairlead::reconcile

#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "lib/base/time.h"
#include "lib/net/endpoint.h"

// One health check: what is asked of whom, and what its attempts make of the answer (datapath.md 9, the
// meaning of keepalived's TCP_CHECK). Without sockets or clocks.
namespace fairlead::health {

// What is checked and how. Equal keys are one check, however many virtual servers ask for it.
struct CheckKey {
  net::Endpoint target;                  // what a connection is made to
  std::optional<net::IpAddress> source;  // from where; absent: the kernel's choice
  Seconds interval{5};                   // at least 1 s
  Seconds timeout{3};                    // of one attempt
  int retries = 1;  // attempts that may fail after the first, before a target that is up counts as down
  Seconds retry_delay{1};  // before each of them
  friend auto operator<=>(const CheckKey&, const CheckKey&) = default;
};
std::string to_string(const CheckKey& key);  // "tcp 192.0.2.21:80"

enum class Verdict {
  kUnknown,  // no attempt has ended yet: counts as down
  kUp,
  kDown,
};
std::string_view to_string(Verdict verdict);  // "Unknown", "Up", "Down"

enum class FailureReason { kTimedOut, kRefused, kUnreachable, kOther };
std::string_view to_string(FailureReason reason);  // "timed_out", "refused", "unreachable", "other"

// How an attempt ended.
struct Passed {
  friend bool operator==(const Passed&, const Passed&) = default;
};
struct Failed {
  FailureReason reason = FailureReason::kOther;
  std::string text;  // for people: "connection refused"
  friend bool operator==(const Failed&, const Failed&) = default;
};
// This host could not try, for want of descriptors, ports or memory, of the source address or of the whole
// family. That says nothing of the target.
struct NotTried {
  std::string text;
  friend bool operator==(const NotTried&, const NotTried&) = default;
};
using Outcome = std::variant<Passed, Failed, NotTried>;

struct Started {
  friend bool operator==(const Started&, const Started&) = default;
};
using Event = std::variant<Started, Passed, Failed, NotTried>;

struct Check {
  Verdict verdict = Verdict::kUnknown;
  int failures = 0;              // in a row, of a target that is still up: 0..retries
  std::optional<TimePoint> due;  // of the next attempt; absent: one is running
  std::string error;             // why the last attempt did not pass; empty if it did
  friend bool operator==(const Check&, const Check&) = default;
};

// A check that is asked for from now on, with the result of an earlier one of this target if there is one.
// Without a result the first attempt is due at once, else in its turn.
Check begun(const CheckKey& key, Verdict inherited, TimePoint now);

// What becomes of a check. One success makes it up. A failure of one that is up is repeated `retries` times,
// each `retry_delay` later; then it is down. Any other failure makes it down at once. After the verdict the
// next attempt comes in its turn. What could not be tried changes no verdict and is tried again after
// kTryAgain. An event that the check cannot have now (an outcome while nothing runs) changes nothing.
Check step(const CheckKey& key, Check check, const Event& event, TimePoint now);

inline constexpr Seconds kTryAgain{1};

// When the next turn of a check comes after `now`: its turns are `interval` apart, at a phase that follows
// from the key alone, so that checks are spread evenly and no change of others moves them.
TimePoint next_turn(const CheckKey& key, TimePoint now);

// The longest time from the death of a target that answered until it counts as down, while the schedule keeps
// up.
Seconds worst_detection(const CheckKey& key);

}  // namespace fairlead::health

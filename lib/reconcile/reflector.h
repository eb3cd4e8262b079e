#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "lib/base/time.h"
#include "lib/reconcile/backoff.h"
#include "lib/reconcile/item_splitter.h"
#include "lib/reconcile/watch_decoder.h"

// Keeps a copy of one kind of object: list, then watch, for ever (kubernetes.md 2, rules K-01..K-18, K-39,
// K-40). A pure machine: what happened goes in, what to do comes out. The watch-list of K-08 and K-09 is
// not used yet; every start and every relist is a list.
namespace fairlead::reconcile {

struct ReflectorConfig {
  std::string kind;      // "VirtualIP"; lists are of kind "VirtualIPList"
  std::string selector;  // label selector, unescaped; empty: all
};

// ---- events ----
struct Started {};
// Items of the running list, in order; the body may go on.
struct ListItems {
  std::vector<std::string> items;
};
// The running list's body is complete.
struct ListDone {
  ListHead head;
};
struct WatchLine {
  std::string line;
};
// The running watch's body ended as HTTP wants it.
struct WatchEnded {};
// The running list or watch failed.
struct Failed {
  int http_status = 0;          // 0: there was no answer
  StatusFacts status;           // of the answer's body
  Microseconds retry_after{0};  // the answer's Retry-After
  std::string cause;  // a word for metrics when there was no answer: "connect", "timeout", "closed", "tls"
};
// now has reached the deadline of the last WaitUntil.
struct TimePassed {};
using ReflectorEvent = std::variant<Started, ListItems, ListDone, WatchLine, WatchEnded, Failed, TimePassed>;

// ---- actions ----
// SendList, SendWatch and WaitUntil each end the exchange that still runs.
struct SendList {
  std::string query;  // escaped, without '?'
  Microseconds timeout{};
  friend bool operator==(const SendList&, const SendList&) = default;
};
struct SendWatch {
  std::string query;
  Microseconds timeout{};  // own deadline, 30 s behind the server's (K-12)
  friend bool operator==(const SendWatch&, const SendWatch&) = default;
};
// All objects there are: one atomic step (K-21).
struct Replace {
  std::vector<std::string> objects;
  friend bool operator==(const Replace&, const Replace&) = default;
};
struct Upsert {
  std::string object;
  friend bool operator==(const Upsert&, const Upsert&) = default;
};
struct Remove {
  std::string object;  // its last known state
  friend bool operator==(const Remove&, const Remove&) = default;
};
struct WaitUntil {
  TimePoint deadline{};
  friend bool operator==(const WaitUntil&, const WaitUntil&) = default;
};
struct CountError {
  std::string reason;  // a metric label: one of a small set of words
  friend bool operator==(const CountError&, const CountError&) = default;
};
// The server knows no such kind; said once until it appears (K-40).
struct KindMissing {
  friend bool operator==(KindMissing, KindMissing) = default;
};
using ReflectorAction =
    std::variant<SendList, SendWatch, Replace, Upsert, Remove, WaitUntil, CountError, KindMissing>;

// ---- state ----
// Which state a list asks for (K-01, K-02, K-11).
enum class ListFrom {
  kNewest,       // resourceVersion unset, in pages: consistent
  kNewestWhole,  // the same without pages: a page's token had expired
  kLast,         // not older than the last one seen, without pages, so that the watch cache answers
};

struct Idle {};
struct Listing {
  ListFrom from = ListFrom::kNewest;
  std::vector<std::string> items;  // of all pages so far
  std::string first_version;       // of page one
  int page = 1;
};
struct Watching {
  TimePoint since{};
  Microseconds server_timeout{};
  bool brought = false;  // at least one event
};
// Waiting to list, or to resume the watch.
struct WaitingToList {
  TimePoint until{};
  ListFrom from = ListFrom::kNewest;
};
struct WaitingToWatch {
  TimePoint until{};
};

struct ReflectorState {
  std::variant<Idle, Listing, Watching, WaitingToList, WaitingToWatch> phase;
  std::string resource_version;  // the newest seen; empty before the first list
  Backoff backoff{kApiBackoff};
  Backoff missing_backoff{kMissingKindBackoff};
  bool kind_missing = false;
  int refused_watches = 0;  // in a row, by an answer of the server that names no way out
};

struct Moment {
  TimePoint now{};
  double random = 0;  // in [0, 1), new for each step
};

// Total: any event in any state; an event that the state does not wait for changes nothing.
std::vector<ReflectorAction> step(const ReflectorConfig& config, ReflectorState& state, ReflectorEvent event,
                                  const Moment& at);

// True if both parse as unsigned decimals and `a` is the larger (K-03, KEP-5504). Any length.
bool is_newer_version(const std::string& a, const std::string& b);

// Percent-encodes all but RFC 3986's unreserved characters.
std::string escape_query(const std::string& text);

}  // namespace fairlead::reconcile

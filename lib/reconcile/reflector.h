#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "lib/base/time.h"
#include "lib/reconcile/backoff.h"
#include "lib/reconcile/initial_events.h"
#include "lib/reconcile/item_splitter.h"
#include "lib/reconcile/reflector_failure.h"
#include "lib/reconcile/reflector_query.h"

// Keeps a copy of one kind of object, for ever (kubernetes.md 2, rules K-01..K-18, K-39, K-40): the whole
// state first, then its changes. A pure machine: what happened goes in, what to do comes out.
//
// The whole state comes by a watch-list (K-08): one stream, which goes on as the watch. A server that refuses
// it is asked for lists from then on; after any other failure of it the next try is a list.
//
// A watch that did not end at its time may have lost its server, and the next one may be restored from a
// backup. A watch from a version that is yet to come is silent there, for hours if need be, without a word of
// error. So before such a watch is resumed the server is asked whether it has got so far (K-05).
//
// It may have got so far by writes of another history, which no question can tell (FC-11). So after a server
// that was silent for two seconds, within which none is restored, no watch is resumed: the whole state is
// asked for, with the version unset. It costs little, for a server that has just started has mostly forgotten
// the versions. Then, and when a version turned out to be yet to come, it is said that what was seen of other
// kinds before may be of another history as well.
namespace fairlead::reconcile {

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
// An item of the running list, or a line of the running watch, was too large to be taken (K-16).
struct Dropped {};
// The running watch's body ended as HTTP wants it.
struct WatchEnded {};
// now has reached the deadline of the last WaitUntil.
struct TimePassed {};
// The whole state is wanted anew, though the watch be well: another kind has met another history.
struct AskAnew {};
using ReflectorEvent =
    std::variant<Started, ListItems, ListDone, WatchLine, Dropped, WatchEnded, Failed, TimePassed, AskAnew>;

// ---- actions ----
// SendList, SendWatch, SendCheck and WaitUntil each end the exchange that still runs.
struct SendList {
  std::string query;  // escaped, without '?'
  Microseconds timeout{};
  friend bool operator==(const SendList&, const SendList&) = default;
};
struct SendWatch {
  std::string query;
  Microseconds timeout{};  // own deadline, 30 s behind the server's (K-12)
  // By then the head of the answer must be there; with `initial` the Replace.
  Microseconds first_within{};
  bool initial = false;  // a watch-list: begins with the whole state (K-08)
  friend bool operator==(const SendWatch&, const SendWatch&) = default;
};
// A list that finds nothing, for the sake of the server's yes or no: ListDone or Failed.
struct SendCheck {
  std::string query;
  Microseconds timeout{};
  friend bool operator==(const SendCheck&, const SendCheck&) = default;
};
// All objects there are: one atomic step (K-21). An empty document stands for one that could not be taken.
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
// Behind a Replace: whatever was seen before `since`, of any kind, may be of another history than this.
struct OtherHistory {
  TimePoint since{};
  friend bool operator==(const OtherHistory&, const OtherHistory&) = default;
};
struct CountError {
  std::string reason;  // a metric label: one of a small set of words
  std::string said{};  // for people: what the server or the transport said; may be empty
  friend bool operator==(const CountError&, const CountError&) = default;
};
// The server knows no such kind; said once until it appears (K-40).
struct KindMissing {
  friend bool operator==(KindMissing, KindMissing) = default;
};
using ReflectorAction = std::variant<SendList, SendWatch, SendCheck, Replace, Upsert, Remove, WaitUntil,
                                     CountError, KindMissing, OtherHistory>;

// ---- state ----
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
  int unusable = 0;      // lines in a row that were of no use
  // While a watch-list brings the whole state, and which one it was asked for.
  std::optional<InitialEvents> initial;
  ListFrom from = ListFrom::kNewest;
};
// Waiting to list, or to resume the watch.
struct WaitingToList {
  TimePoint until{};
  ListFrom from = ListFrom::kNewest;
};
struct WaitingToWatch {
  TimePoint until{};
};
// Whether the server has got as far as resource_version.
struct Checking {};

struct ReflectorState {
  std::variant<Idle, Listing, Watching, WaitingToList, WaitingToWatch, Checking> phase;
  std::string resource_version;  // the newest seen; empty before the first list
  Backoff backoff{kApiBackoff};
  Backoff missing_backoff{kMissingKindBackoff};
  bool kind_missing = false;
  int refused_watches = 0;  // in a row, by an answer of the server that names no way out
  bool watch_list_refused = false;
  std::optional<TimePoint> away_since;    // no watch has been of use since then
  std::optional<TimePoint> silent_since;  // no word of the server since then
  std::optional<TimePoint>
      doubted_since;       // the server may be another one since then; until the whole state came
  bool list_next = false;  // a watch-list has failed: the whole state comes by a list next time
};

struct Moment {
  TimePoint now{};
  double random = 0;  // in [0, 1), new for each step
};

// Total: any event in any state; an event that the state does not wait for changes nothing.
std::vector<ReflectorAction> step(const ReflectorConfig& config, ReflectorState& state, ReflectorEvent event,
                                  const Moment& at);

}  // namespace fairlead::reconcile

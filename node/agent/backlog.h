#pragma once

#include <map>
#include <optional>
#include <string>

#include "lib/base/time.h"
#include "lib/reconcile/backoff.h"

// Which writes to the API server are due: always the newest value of each object, one at a time per object,
// changes of state first. Pure; ApplyQueue carries it out.
namespace fairlead::agent {

struct Write {
  std::string path;  // of the apply, without query
  std::string kind;  // for metrics: "vrrpgroups"
  std::string body;
  friend bool operator==(const Write&, const Write&) = default;
};

struct DueWrite {
  std::string key;
  Write write;
  friend bool operator==(const DueWrite&, const DueWrite&) = default;
};

class Backlog {
 public:
  // What the object of `key` should hold. Nothing is due if that is what was accepted last. An urgent wish
  // stays urgent until written, and does not wait for the end of a back-off.
  void want(const std::string& key, Write write, bool urgent);
  // The same of an object that the API server shows us: `shown` says whether it shows that very value in it.
  // If not so 30 s after it was accepted, it is due again. Returns when to call this again if nothing else
  // happens; none while it is shown.
  std::optional<TimePoint> keep(const std::string& key, Write write, bool urgent, bool shown, TimePoint now);
  // The object is gone; a write in flight changes nothing here any more.
  void forget(const std::string& key);

  // The next write that is due, if fewer than `at_most` are in flight; it then counts as in flight.
  std::optional<DueWrite> next(TimePoint now, int at_most);
  // The outcome of a write that next() gave. One that failed may have arrived all the same: what the object
  // holds then nobody knows. REQUIRES: 0 <= random < 1.
  void accepted(const std::string& key, TimePoint now);
  void failed(const std::string& key, TimePoint now, double random);

  // When next() may have something that it has not now; none if only wishes or outcomes can change that.
  std::optional<TimePoint> next_deadline() const;
  // Nothing wanted that is not accepted, nothing in flight.
  bool idle() const;
  // Everything that waits for the end of a back-off is due now.
  void hurry();

 private:
  struct Slot {
    Write wanted;
    bool urgent = false;
    std::optional<Write> sent;      // in flight
    std::optional<Write> accepted;  // last
    TimePoint accepted_at{};
    TimePoint not_before{};
    reconcile::Backoff backoff{reconcile::kApiBackoff};
    bool due() const { return !sent && !(accepted && *accepted == wanted); }
  };
  std::map<std::string, Slot> slots_;
};

}  // namespace fairlead::agent

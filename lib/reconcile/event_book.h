#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "lib/api/event.h"
#include "lib/base/time.h"
#include "lib/reconcile/token_bucket.h"

namespace fairlead::reconcile {

// Which Events are written of what there is to tell (K-32). The same notice again within six minutes of the
// last time makes a series of the Event that is there: its count is written at the second time, then every
// half hour and at the end. Of new Events an object gets 25 at once and one in five minutes in the long run,
// since one that will not rest pushes out what others have to say. Remembers at most 1000 Events and 1000
// objects; of more, those unused for longest are forgotten. Pure.
class EventBook {
 public:
  static constexpr std::chrono::minutes kSeriesEnds{6};  // after it was seen last
  static constexpr std::chrono::minutes kSeriesRefreshed{30};
  static constexpr int kObjectBurst = 25;
  static constexpr std::chrono::minutes kObjectInterval{5};
  static constexpr std::size_t kMostRemembered = 1000;

  explicit EventBook(api::EventReporter reporter) : reporter_(std::move(reporter)) {}

  // Intervals are measured by the first, Events say the second.
  struct Moment {
    TimePoint now;
    WallTime wall;
  };

  struct Write {
    api::Event event;
    bool fresh = true;  // POST it; else PATCH the series of the one that is there
    friend bool operator==(const Write&, const Write&) = default;
  };
  struct Counted {  // in a series; told by due() in its time
    friend bool operator==(const Counted&, const Counted&) = default;
  };
  struct Refused {  // too much about this object
    friend bool operator==(const Refused&, const Refused&) = default;
  };
  using Taken = std::variant<Write, Counted, Refused>;

  Taken take(const api::Notice& notice, const Moment& moment);
  // The series that are to be told of now, those that ended among them. Before take() at the same time.
  std::vector<Write> due(const Moment& moment);
  // When due() has something to do next, if only to forget.
  std::optional<TimePoint> next_due() const;

 private:
  struct Running {
    api::Event event;
    TimePoint last;     // when it was taken last
    TimePoint written;  // when it was last written
    bool unwritten = false;
  };
  struct Budget {
    TokenBucket bucket;
    TimePoint last;
  };
  bool may_write(const api::EventSubject& subject, TimePoint now);
  std::string name_of(const api::Notice& notice, WallTime time) const;

  api::EventReporter reporter_;
  std::map<api::Notice, Running> running_;
  std::map<api::EventSubject, Budget> budgets_;
};

}  // namespace fairlead::reconcile

#pragma once

#include <cstddef>
#include <deque>

#include "lib/base/time.h"
#include "lib/reconcile/event_book.h"

namespace fairlead::reconcile {

// Events on their way, in order, one at a time (K-32): so many wait at most, and one that is answered badly
// is tried so often, so far apart. What is too much is dropped: nobody ever waits for an Event. Pure.
class EventQueue {
 public:
  static constexpr std::size_t kMostWaiting = 1000;
  static constexpr int kMostTries = 12;
  static constexpr Seconds kBetweenTries{10};

  // False: dropped, too many wait.
  bool push(EventBook::Write write);
  bool empty() const { return waiting_.empty(); }
  // The one whose turn it is. REQUIRES: not empty.
  EventBook::Write& front() { return waiting_.front().write; }
  // It is done with: written, or dropped.
  void pop() { waiting_.pop_front(); }
  // It was tried in vain. True: it is to be tried again, kBetweenTries later; false: it was dropped.
  bool try_again();

 private:
  struct Waiting {
    EventBook::Write write;
    int tries = 0;
  };
  std::deque<Waiting> waiting_;
};

}  // namespace fairlead::reconcile

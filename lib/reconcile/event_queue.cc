#include "lib/reconcile/event_queue.h"

#include <utility>

namespace fairlead::reconcile {

bool EventQueue::push(EventBook::Write write) {
  if (waiting_.size() >= kMostWaiting) return false;
  waiting_.push_back({std::move(write), 0});
  return true;
}

bool EventQueue::try_again() {
  if (++waiting_.front().tries < kMostTries) return true;
  pop();
  return false;
}

}  // namespace fairlead::reconcile

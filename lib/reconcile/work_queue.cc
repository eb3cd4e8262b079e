#include "lib/reconcile/work_queue.h"

#include <algorithm>
#include <cassert>

namespace fairlead::reconcile {

WorkQueue::WorkQueue(const WorkQueueConfig& config)
    : config_(config), retries_(config.retries_per_second, config.retry_burst) {}

void WorkQueue::queue(const std::string& key) {
  if (queued_.insert(key).second) order_.push_back(key);
}

void WorkQueue::add(const std::string& key) {
  if (in_work_.contains(key)) {
    dirty_.insert(key);
  } else {
    queue(key);
  }
}

std::optional<std::string> WorkQueue::take(TimePoint now) {
  while (!delayed_.empty() && delayed_.begin()->first <= now) {
    if (!retries_.take(now)) break;
    const auto key = delayed_.begin()->second;
    delayed_.erase(delayed_.begin());
    add(key);
  }
  if (order_.empty()) return std::nullopt;
  auto key = order_.front();
  order_.pop_front();
  queued_.erase(key);
  in_work_.insert(key);
  return key;
}

void WorkQueue::done(const std::string& key) {
  assert(in_work_.contains(key));
  failures_.erase(key);
  in_work_.erase(key);
  if (dirty_.erase(key) > 0) queue(key);
}

void WorkQueue::retry(const std::string& key, TimePoint now) {
  assert(in_work_.contains(key));
  in_work_.erase(key);
  const int failures = failures_[key]++;
  if (dirty_.erase(key) > 0) {
    queue(key);
    return;
  }
  auto delay = config_.first_delay;
  for (int i = 0; i < failures && delay < config_.longest_delay; ++i) delay *= 2;
  delayed_.emplace(now + std::min(delay, config_.longest_delay), key);
}

std::optional<TimePoint> WorkQueue::next_deadline() const {
  if (delayed_.empty()) return std::nullopt;
  const auto due = delayed_.begin()->first;
  return std::max(due, retries_.ready_at(due));
}

}  // namespace fairlead::reconcile

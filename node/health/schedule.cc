#include "node/health/schedule.h"

#include <algorithm>
#include <iterator>

namespace fairlead::health {
namespace {

Event event_of(const Outcome& outcome) {
  return std::visit([](const auto& one) -> Event { return one; }, outcome);
}

// The worst that is known of each target.
std::map<net::Endpoint, Verdict> verdicts_of(const std::map<CheckKey, Check>& checks) {
  std::map<net::Endpoint, Verdict> out;
  for (const auto& [key, check] : checks) {
    if (check.verdict == Verdict::kUnknown) continue;
    Verdict& known = out.try_emplace(key.target, check.verdict).first->second;
    if (check.verdict == Verdict::kDown) known = Verdict::kDown;
  }
  return out;
}

std::size_t& place_of(Count& count, Verdict verdict) {
  switch (verdict) {
    case Verdict::kUp:
      return count.up;
    case Verdict::kDown:
      return count.down;
    case Verdict::kUnknown:
      break;
  }
  return count.unknown;
}

}  // namespace

Schedule::Schedule(Limits limits) : limits_(limits), bucket_(limits.starts_per_second, limits.burst) {}

void Schedule::want(const std::set<CheckKey>& keys, const std::set<CheckKey>& in_service, TimePoint now) {
  const auto known = verdicts_of(checks_);
  for (auto entry = checks_.begin(); entry != checks_.end();) {
    if (keys.contains(entry->first)) {
      ++entry;
      continue;
    }
    if (entry->second.due)
      due_.erase({*entry->second.due, entry->first});
    else
      --running_;
    --place_of(count_, entry->second.verdict);
    entry = checks_.erase(entry);
  }
  for (const CheckKey& key : keys) {
    if (checks_.contains(key)) continue;
    const auto found = known.find(key.target);
    Verdict inherited = in_service.contains(key) ? Verdict::kUp : Verdict::kUnknown;
    if (found != known.end()) inherited = found->second;
    const Check check = begun(key, inherited, now);
    due_.insert({*check.due, key});
    ++place_of(count_, check.verdict);
    checks_.emplace(key, check);
  }
}

std::set<CheckKey> Schedule::unheard_of(const std::set<CheckKey>& keys) const {
  const auto known = verdicts_of(checks_);
  std::set<CheckKey> out;
  std::copy_if(keys.begin(), keys.end(), std::inserter(out, out.end()),
               [&](const CheckKey& key) { return !checks_.contains(key) && !known.contains(key.target); });
  return out;
}

std::vector<CheckKey> Schedule::start(TimePoint now) {
  std::vector<CheckKey> out;
  while (running_ < limits_.at_once && !due_.empty() && due_.begin()->first <= now && bucket_.take(now)) {
    const CheckKey key = due_.begin()->second;
    due_.erase(due_.begin());
    Check& check = checks_.at(key);
    check = step(key, std::move(check), Started{}, now);
    ++running_;
    out.push_back(key);
  }
  return out;
}

bool Schedule::finish(const CheckKey& key, const Outcome& outcome, TimePoint now) {
  const auto found = checks_.find(key);
  if (found == checks_.end() || found->second.due) return false;
  const Verdict before = found->second.verdict;
  found->second = step(key, std::move(found->second), event_of(outcome), now);
  due_.insert({*found->second.due, key});
  --running_;
  --place_of(count_, before);
  ++place_of(count_, found->second.verdict);
  return found->second.verdict != before;
}

std::optional<TimePoint> Schedule::next_deadline(TimePoint now) const {
  if (due_.empty() || running_ >= limits_.at_once) return std::nullopt;
  return std::max(due_.begin()->first, bucket_.ready_at(now));
}

std::size_t Schedule::overdue(TimePoint now) const {
  const auto end = std::find_if(due_.begin(), due_.end(), [&](const auto& one) { return one.first > now; });
  return static_cast<std::size_t>(std::distance(due_.begin(), end));
}

}  // namespace fairlead::health

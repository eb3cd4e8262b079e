#include "node/agent/backlog.h"

#include <algorithm>
#include <utility>

#include "lib/base/earlier.h"

namespace fairlead::agent {
namespace {

constexpr Seconds kDoubtAfter{30};

}  // namespace

void Backlog::want(const std::string& key, Write write, bool urgent) {
  auto& slot = slots_[key];
  const bool changed = !(slot.wanted == write);
  slot.wanted = std::move(write);
  if (!urgent || !changed) return;
  slot.urgent = true;
  slot.not_before = TimePoint{};
}

std::optional<TimePoint> Backlog::keep(const std::string& key, Write write, bool urgent, bool shown,
                                       TimePoint now) {
  want(key, std::move(write), urgent);  // before any doubt, which would send the value of before once more
  if (shown) return std::nullopt;
  Slot& slot = slots_.at(key);
  const TimePoint doubted = slot.accepted_at + kDoubtAfter;
  if (now < doubted) return doubted;
  slot.accepted.reset();
  return now + kDoubtAfter;
}

void Backlog::forget(const std::string& key) { slots_.erase(key); }

std::optional<DueWrite> Backlog::next(TimePoint now, int at_most) {
  int in_flight = 0;
  std::pair<const std::string, Slot>* best = nullptr;
  for (auto& entry : slots_) {
    const Slot& slot = entry.second;
    if (slot.sent) ++in_flight;
    if (!slot.due() || slot.not_before > now) continue;
    if (best == nullptr || (slot.urgent && !best->second.urgent)) best = &entry;
  }
  if (best == nullptr || in_flight >= at_most) return std::nullopt;
  best->second.sent = best->second.wanted;
  best->second.urgent = false;
  return DueWrite{best->first, best->second.wanted};
}

void Backlog::accepted(const std::string& key, TimePoint now) {
  const auto found = slots_.find(key);
  if (found == slots_.end() || !found->second.sent) return;
  Slot& slot = found->second;
  slot.accepted = std::exchange(slot.sent, std::nullopt);
  slot.accepted_at = now;
  slot.not_before = TimePoint{};
  slot.backoff.reset();
}

void Backlog::failed(const std::string& key, TimePoint now, double random) {
  const auto found = slots_.find(key);
  if (found == slots_.end() || !found->second.sent) return;
  Slot& slot = found->second;
  slot.sent.reset();
  slot.accepted.reset();
  slot.not_before = now + slot.backoff.after_failure(now, random);
}

std::optional<TimePoint> Backlog::next_deadline() const {
  std::optional<TimePoint> out;
  for (const auto& [key, slot] : slots_) {
    if (slot.due()) out = earlier(out, slot.not_before);
  }
  return out;
}

bool Backlog::idle() const {
  return std::none_of(slots_.begin(), slots_.end(),
                      [](const auto& entry) { return entry.second.sent || entry.second.due(); });
}

void Backlog::hurry() {
  for (auto& [key, slot] : slots_) slot.not_before = TimePoint{};
}

}  // namespace fairlead::agent

#include "node/kernel/kept_fence.h"

#include <algorithm>

#include "node/kernel/patience.h"

namespace fairlead::kernel {
namespace {

// A commit that waits for no other writer takes some ten milliseconds.
constexpr Milliseconds kCommitTakes{50};

// Whether a change leaves a time to an address: a new one of a group that stays.
bool leaves_time(const filter::FenceTable& from, const filter::FenceTable& to) {
  return std::any_of(to.groups.begin(), to.groups.end(), [&](const auto& entry) {
    const auto before = from.groups.find(entry.first);
    if (before == from.groups.end()) return false;
    const auto& had = before->second.addresses;
    const auto& has = entry.second.addresses;
    return !std::includes(had.begin(), had.end(), has.begin(), has.end());
  });
}

}  // namespace

Result<> KeptFence::apply(const std::vector<filter::FencedGroup>& groups) {
  const TimePoint begun = calls_->now();
  const bool first = !wanted_;
  wanted_ = filter::fence_table(groups);
  if (held_ && *held_ == *wanted_) return Done{};
  if (!held_) return replace(!first);
  if (held_->empty() || wanted_->empty()) return replace(false);
  const Microseconds idle = calls_->idle();
  const auto changed = calls_->change(*held_, *wanted_, idle);
  if (changed) {
    if (leaves_time(*held_, *wanted_) && gave_too_long(idle)) return replace(true);
    remember();
    return Done{};
  }
  // Falls back to the whole table: another hand, or the end of an interface, may have changed it. Not behind
  // an answer that was lost, or a long wait: repair() does it in a turn of its own.
  if (calls_->now() - begun >= kPatience) return changed;
  return replace(true);
}

Result<bool> KeptFence::repair() {
  if (!wanted_) return false;
  if (!held_ || *held_ != *wanted_ || too_long_) {
    if (auto replaced = replace(true); !replaced) return replaced.error();
    return false;
  }
  if (held_->empty()) return false;
  const auto shown = shows_as_held();
  if (!shown) return shown.error();
  if (*shown) return false;
  if (auto replaced = replace(true); !replaced) return replaced.error();
  return true;
}

bool KeptFence::stands() {
  if (!held_) return false;
  if (held_->empty()) return true;
  const auto shown = shows_as_held();
  return shown && *shown;
}

Result<> KeptFence::replace(bool going_on) {
  if (wanted_->empty()) {
    if (auto removed = calls_->remove(); !removed) return removed;
    held_ = *wanted_;
    too_long_ = false;
    return Done{};
  }
  for (int left = 2; left > 0; --left) {
    const auto idle = going_on ? std::optional(calls_->idle()) : std::nullopt;
    if (auto replaced = calls_->replace(*wanted_, idle); !replaced) return replaced;
    too_long_ = idle && gave_too_long(*idle);
    if (!too_long_) break;
  }
  remember();
  return Done{};
}

// The times that groups were left, reckoned from `idle`, began once the commit had waited for other writers.
// A vrrp thread that moved meanwhile has begun them anew. Of one that hangs they are too long by the wait.
bool KeptFence::gave_too_long(Microseconds idle) {
  const Microseconds now = calls_->idle();
  return std::any_of(wanted_->groups.begin(), wanted_->groups.end(), [&](const auto& entry) {
    const auto& group = entry.second;
    return filter::reopened_for(group, idle) - filter::reopened_for(group, now) > kCommitTakes;
  });
}

// What the kernel shows now. The generation is read first: what comes after it will show as another one.
// Where it cannot be told, repair() looks again.
void KeptFence::remember() {
  held_ = *wanted_;
  trace_.reset();
  const auto generation = calls_->generation();
  if (!generation) return;
  const auto trace = calls_->trace();
  if (!trace || !*trace || !is_whole(**trace)) return;
  generation_ = *generation;
  trace_ = **trace;
}

// Whether the table is there as held_ says.
Result<bool> KeptFence::shows_as_held() {
  const auto generation = calls_->generation();
  if (!generation) return generation.error();
  if (trace_ && *generation == generation_) return true;
  const auto trace = calls_->trace();
  if (!trace) return trace.error();
  if (!*trace || !is_whole(**trace)) return false;
  generation_ = *generation;
  trace_ = **trace;
  return true;
}

bool KeptFence::is_whole(const TableTrace& trace) const {
  if (trace_) return trace == *trace_;
  return trace.rules == filter::rule_count(*held_) && trace.elements == filter::element_count(*held_);
}

}  // namespace fairlead::kernel

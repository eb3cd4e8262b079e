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
  const auto change = [this](const FenceMoment& moment) { return calls_->change(*held_, *wanted_, moment); };
  const auto changed = leaves_time(*held_, *wanted_) ? leave_times(change) : change({});
  if (changed) {
    if (too_long_) return replace(true);
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
  too_long_ = false;
  const auto commit = [this](const std::optional<FenceMoment>& moment) {
    return calls_->replace(*wanted_, moment);
  };
  for (int left = going_on ? 2 : 1; left > 0; --left) {
    if (auto replaced = going_on ? leave_times(commit) : commit(std::nullopt); !replaced) return replaced;
    if (!too_long_) break;
  }
  remember();
  return Done{};
}

// What others commit all the time may have it refused again and again: it waits for them in the end, since
// without it nobody is silenced at all.
Result<> KeptFence::leave_times(const std::function<Result<>(const FenceMoment&)>& call) {
  const TimePoint begun = calls_->now();
  while (true) {
    FenceMoment moment;
    if (calls_->now() - begun < kPatience) {
      if (const auto generation = calls_->generation()) moment.generation = *generation;
    }
    moment.idle = calls_->idle();  // after it: what happens from here on has it refused
    const auto called = call(moment);
    if (!called && called.error().code == Code::kConflict && moment.generation) continue;
    if (called) too_long_ = gave_too_long(moment.idle);
    return called;
  }
}

// The times that groups were left, reckoned from `idle`, began once the call had waited for writers whom no
// commit tells of, as those that only check. A vrrp thread that moved meanwhile has begun them anew. Of one
// that hangs they are too long by the wait.
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

#include "node/kernel/kept_fence.h"

#include "node/kernel/patience.h"

namespace fairlead::kernel {

Result<> KeptFence::apply(const std::vector<filter::FencedGroup>& groups) {
  const TimePoint begun = calls_->now();
  const bool first = !wanted_;
  wanted_ = filter::fence_table(groups);
  if (held_ && *held_ == *wanted_) return Done{};
  if (!held_) return replace(!first);
  if (held_->empty() || wanted_->empty()) return replace(false);
  const auto changed = calls_->change(*held_, *wanted_);
  if (changed) {
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
  if (!held_ || *held_ != *wanted_) {
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
    return Done{};
  }
  if (auto replaced = calls_->replace(*wanted_, going_on); !replaced) return replaced;
  remember();
  return Done{};
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

#include "node/agent/forwarding_guard.h"

#include "node/filter/guard_text.h"

namespace fairlead::agent {

const filter::Guard& ForwardingGuard::held() const {
  static const filter::Guard kNothing;
  return held_ ? *held_ : kNothing;
}

Result<> ForwardingGuard::hold(const filter::Guard& wanted) {
  wanted_ = wanted;
  if (held_ && *held_ == wanted) return Done{};
  if (!held_ || held_->empty() || wanted.empty()) return replace();
  const auto updated = nft_.apply(filter::update_text(*held_, wanted));
  if (updated) return remember();
  // Falls back to the whole table: another hand may have been in it since the last check. Not if nft did not
  // come to an end: nobody knows what it did, and check() takes its turn.
  if (updated.error().code != Code::kUnavailable) return replace();
  held_.reset();
  return updated;
}

// Whatever the table was.
Result<> ForwardingGuard::replace() {
  if (wanted_->empty()) {
    const auto there = nft_.trace();
    const bool no_nf_tables = !there && there.error().code == Code::kNotFound;
    if (no_nf_tables || (there && !*there)) {
      held_ = *wanted_;
      return Done{};
    }
    if (auto removed = nft_.apply(filter::remove_text()); !removed) return removed;
    held_ = *wanted_;
    return Done{};
  }
  if (auto replaced = nft_.apply(filter::full_text(*wanted_)); !replaced) return replaced;
  return remember();
}

// The generation is read first: what comes after it will show as another generation.
Result<> ForwardingGuard::remember() {
  held_.reset();
  const auto generation = nft_.generation();
  if (!generation) return generation.error();
  const auto trace = nft_.trace();
  if (!trace) return trace.error();
  const bool whole = *trace && (*trace)->rules == filter::rule_count() &&
                     (*trace)->elements == filter::element_count(*wanted_);
  if (!whole) return fail(Code::kUnavailable, "table inet fairlead was changed by others at once");
  generation_ = *generation;
  trace_ = *trace;
  held_ = *wanted_;
  return Done{};
}

Result<bool> ForwardingGuard::check() {
  if (!wanted_) return false;
  if (!held_ || *held_ != *wanted_) {
    if (auto replaced = hold(filter::Guard(*wanted_)); !replaced) return replaced.error();
    return false;
  }
  if (held_->empty()) return false;
  const auto generation = nft_.generation();
  if (!generation) return generation.error();
  if (*generation == generation_) return false;
  const auto trace = nft_.trace();
  if (!trace) return trace.error();
  if (*trace == trace_) {
    generation_ = *generation;
    return false;
  }
  held_.reset();
  if (auto replaced = replace(); !replaced) return replaced.error();
  return true;
}

}  // namespace fairlead::agent

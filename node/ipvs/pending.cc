#include "node/ipvs/pending.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace fairlead::ipvs {
namespace {

bool adds_service(const PendingChange& pending) { return std::holds_alternative<AddService>(pending.change); }

}  // namespace

void Pending::add(std::vector<PendingChange> changes) {
  for (const PendingChange& one : changes) ++counts_[key_of(one.change)];
  changes_.insert(changes_.begin(), std::make_move_iterator(changes.begin()),
                  std::make_move_iterator(changes.end()));
}

std::vector<PendingChange> Pending::next() {
  std::vector<PendingChange> out;
  const bool services = begins_with_new_service();
  Pace& pace = services ? services_ : others_;
  while (!changes_.empty() && out.size() < pace.chunk && begins_with_new_service() == services) {
    out.push_back(std::move(changes_.front()));
    changes_.pop_front();
    count_down(key_of(out.back().change));
  }
  services_.given = others_.given = 0;
  pace.given = out.size();
  return out;
}

// Fewer than there was room for say nothing of how many more there would have been time for.
void Pending::took(Microseconds time) {
  for (Pace* pace : {&services_, &others_}) {
    if (pace->given == 0) continue;
    const std::size_t next = chunk_after(pace->given, time);
    if (pace->given == pace->chunk || next < pace->given) pace->chunk = next;
  }
}

void Pending::drop(const std::set<Key>& keys) {
  const bool any =
      std::any_of(keys.begin(), keys.end(), [this](const Key& key) { return counts_.contains(key); });
  if (!any) return;
  std::erase_if(changes_, [&](const PendingChange& one) { return keys.contains(key_of(one.change)); });
  for (const Key& key : keys) counts_.erase(key);
}

void Pending::set_down() {
  for (PendingChange& one : changes_) {
    if (one.cause == Cause::kRepair) one.cause = Cause::kRestOfRepair;
  }
  for (Pace* pace : {&services_, &others_}) pace->chunk = std::min(pace->chunk, kFirstChunk);
}

bool Pending::begins_with_new_service() const { return !changes_.empty() && adds_service(changes_.front()); }

void Pending::count_down(const Key& key) {
  const auto found = counts_.find(key);
  if (--found->second == 0) counts_.erase(found);
}

}  // namespace fairlead::ipvs

#include "node/ipvs/pending.h"

#include <algorithm>
#include <utility>

namespace fairlead::ipvs {
namespace {

// What a new server takes at most where it need not be looked for: 2 to 5 us (libraries.md 2).
constexpr Microseconds kQuick{20};
// How many times as quick they have to become once they are gathered. Where it helps it is a hundred times.
constexpr int kWorthwhile = 2;
bool adds_service(const PendingChange& pending) { return std::holds_alternative<AddService>(pending.change); }
bool adds_server(const PendingChange& pending) {
  return std::holds_alternative<AddDestination>(pending.change);
}
bool quiets_server(const PendingChange& pending) {
  const auto* set = std::get_if<SetDestination>(&pending.change);
  return set != nullptr && set->destination.weight.value() == 0;
}

}  // namespace

void Pending::add(std::vector<PendingChange> changes) {
  if (changes_.empty()) {
    order_ = Order::kNeed;
    slow_parts_ = 0;
  }
  for (auto one = changes.rbegin(); one != changes.rend(); ++one) {
    ++counts_[key_of(one->change)];
    changes_.push_front({std::move(*one), --first_place_});
  }
}

std::vector<PendingChange> Pending::next() {
  std::vector<PendingChange> out;
  const bool services = begins_with_new_service();
  Pace& pace = services ? services_ : others_;
  while (!changes_.empty() && out.size() < pace.chunk && begins_with_new_service() == services) {
    out.push_back(std::move(changes_.front().pending));
    changes_.pop_front();
    count_down(key_of(out.back().change));
  }
  services_.given = others_.given = 0;
  pace.given = out.size();
  new_servers_ = std::all_of(out.begin(), out.end(), adds_server);
  return out;
}

// Fewer than there was room for say nothing of how many more there would have been time for.
void Pending::took(Microseconds time) {
  for (Pace* pace : {&services_, &others_}) {
    if (pace->given == 0) continue;
    const std::size_t next = chunk_after(pace->given, time);
    if (pace->given == pace->chunk || next < pace->given) pace->chunk = next;
  }
  if (others_.given > 0 && new_servers_) judge({time, others_.given});
}

void Pending::judge(const Part& part) {
  bool slow = part.time > kQuick * static_cast<std::int64_t>(part.size);
  if (slow && order_ == Order::kGathered) slow = !part.is_quicker_than(before_, kWorthwhile);
  slow_parts_ = slow ? slow_parts_ + 1 : 0;
  if (order_ == Order::kNeed && slow) before_ = part;
  if (order_ != Order::kGathered || slow_parts_ < kInVain) return;
  order_ = Order::kNeedAgain;
  sort_rows([](const Waiting& one, const Waiting& other) { return one.place < other.place; });
}

bool Pending::Part::is_quicker_than(const Part& other, int times) const {
  return time * static_cast<std::int64_t>(other.size) * times < other.time * static_cast<std::int64_t>(size);
}

bool Pending::is_slow() const {
  return order_ == Order::kNeed && slow_parts_ > 0 && changes_.size() >= kFirstChunk;
}

void Pending::gather(const std::vector<Key>& order) {
  std::map<Key, std::size_t> numbers;
  for (const Key& key : order) numbers.emplace(key, numbers.size() + 1);
  for (Waiting& one : changes_) {
    const auto found = numbers.find(key_of(one.pending.change));
    one.follows = found == numbers.end() ? 0 : found->second;
  }
  sort_rows([](const Waiting& one, const Waiting& other) {
    return std::pair(other.follows, one.place) < std::pair(one.follows, other.place);
  });
  order_ = Order::kGathered;
  slow_parts_ = 0;
}

void Pending::sort_rows(const std::function<bool(const Waiting&, const Waiting&)>& before) {
  const auto adds = [](const Waiting& one) { return adds_server(one.pending); };
  const auto belongs = [](const Waiting& one) {
    return adds_server(one.pending) || quiets_server(one.pending);
  };
  for (auto row = changes_.begin(); row != changes_.end();) {
    row = std::find_if(row, changes_.end(), adds);
    const auto end = std::find_if_not(row, changes_.end(), belongs);
    std::sort(row, end, before);
    row = end;
  }
}

void Pending::drop(const std::set<Key>& keys) {
  const bool any =
      std::any_of(keys.begin(), keys.end(), [this](const Key& key) { return counts_.contains(key); });
  if (!any) return;
  std::erase_if(changes_, [&](const Waiting& one) { return keys.contains(key_of(one.pending.change)); });
  for (const Key& key : keys) counts_.erase(key);
}

void Pending::set_down() {
  for (Waiting& one : changes_) {
    if (one.pending.cause == Cause::kRepair) one.pending.cause = Cause::kRestOfRepair;
  }
  for (Pace* pace : {&services_, &others_}) pace->chunk = std::min(pace->chunk, kFirstChunk);
}

bool Pending::begins_with_new_service() const {
  return !changes_.empty() && adds_service(changes_.front().pending);
}

void Pending::count_down(const Key& key) {
  const auto found = counts_.find(key);
  if (--found->second == 0) counts_.erase(found);
}

}  // namespace fairlead::ipvs

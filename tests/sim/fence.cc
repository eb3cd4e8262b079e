#include "sim/fence.h"

#include <algorithm>

namespace fairlead::sim {
namespace {

constexpr Milliseconds kTick{10};

}  // namespace

void KernelFence::apply(const std::vector<filter::FencedGroup>& groups, std::optional<Microseconds> idle,
                        TimePoint now) {
  filter::FenceTable next = filter::fence_table(groups);
  if (!idle || table_.empty() || next.empty()) {
    beating_.clear();
    live_.clear();
  }
  for (const auto& [key, group] : next.groups) {
    const auto before = table_.groups.find(key);
    if (!idle || before == table_.groups.end()) continue;
    const Milliseconds rest = filter::reopened_for(group, *idle);  // of a group that may be beating
    if (rest <= Milliseconds(0)) continue;
    for (const auto& address : group.addresses) {
      if (!before->second.addresses.contains(address)) live_[address] = now + rest;
    }
  }
  table_ = std::move(next);
  news_ = true;
  find_next();
}

bool KernelFence::pass(const filter::FenceKey& key, vrrp::Priority priority, wire::Fence fence,
                       TimePoint now) {
  const auto group = table_.groups.find(key);
  if (group == table_.groups.end() || priority == vrrp::kRelinquish) return true;
  if (fence == wire::Fence::kObeys && !beating_.contains(key)) return false;
  const TimePoint end = now + group->second.silent_after + random_.span(-kTick, kTick);
  beating_[key] = end;
  for (const auto& address : group->second.addresses) {
    news_ = live_.insert_or_assign(address, end).second || news_;
  }
  find_next();
  return true;
}

bool KernelFence::lets_through(const net::IpAddress& address) const {
  if (live_.contains(address)) return true;
  return std::none_of(table_.groups.begin(), table_.groups.end(),
                      [&](const auto& entry) { return entry.second.addresses.contains(address); });
}

void KernelFence::run_out(TimePoint now) {
  if (!next_ || now < *next_) return;
  std::erase_if(beating_, [&](const auto& entry) { return entry.second <= now; });
  news_ = std::erase_if(live_, [&](const auto& entry) { return entry.second <= now; }) > 0 || news_;
  find_next();
}

void KernelFence::find_next() {
  next_.reset();
  const auto sooner = [this](TimePoint end) {
    if (!next_ || end < *next_) next_ = end;
  };
  for (const auto& [key, end] : beating_) sooner(end);
  for (const auto& [address, end] : live_) sooner(end);
}

}  // namespace fairlead::sim

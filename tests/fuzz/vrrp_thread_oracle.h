#pragma once

#include <algorithm>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "support/vrrp_thread.h"
#include "tests/fuzz/input.h"

// What must hold of the vrrp thread whatever happens (failure-model.md 2), judged from what it writes and
// from what the interfaces then have.
namespace fairlead::test {

inline std::set<net::IpAddress> all_of(const plan::GroupPlan& plan) {
  std::set<net::IpAddress> out = plan.addresses;
  out.insert(plan.excluded.begin(), plan.excluded.end());
  return out;
}

class Oracle {
 public:
  // `plans`: what the groups are told to be, whether they are ordered or not, each with a virtual router ID
  // of its own; outlives this object, as `thread`.
  Oracle(VrrpThread& thread, const std::vector<plan::GroupPlan>& plans)
      : thread_(thread),
        plans_(plans),
        last_advert_(plans.size()),
        late_(plans.size()),
        last_sign_(plans.size()),
        longest_(plans.size()) {}

  std::set<net::IpAddress> planned;     // of the groups ordered
  std::set<net::IpAddress> ever_ready;  // may be held: what became unready later stays (I-5)

  // The daemon does not run, or the network takes nothing: the next gap between adverts may be any.
  void excuse_lateness() { late_.assign(late_.size(), true); }
  // The plans are about to be ordered; until then the thread goes by those before.
  void note_order() {
    ordered_at_ = thread_.world.now;
    for (std::size_t i = 0; i < plans_.size(); ++i) longest_[i] = std::max(longest_[i], longest_silence(i));
  }
  // Others removed it.
  void forget(const net::IpAddress& address) { model_.erase(address); }
  void forget_all() { model_.clear(); }

  api::MemberState state_of(const std::string& name) const {
    if (thread_.reports.empty()) return api::MemberState::kInitialize;
    const auto& groups = thread_.reports.back().groups;
    const auto found = groups.find(name);
    return found == groups.end() ? api::MemberState::kInitialize : found->second.state;
  }
  std::set<net::IpAddress> held() const {
    std::set<net::IpAddress> out;
    for (const auto& [index, interface] : thread_.world.interfaces) {
      for (const auto& entry : interface.addresses) {
        if (entry.ours) out.insert(entry.prefix.address);
      }
    }
    return out;
  }
  // Everything that was written, and when.
  const std::vector<std::pair<TimePoint, std::string>>& written() const { return written_; }

  // Reads what was written since the last look. REQUIRES: all of it was written at world.now.
  void look() {
    const auto& journal = thread_.world.journal;
    for (; seen_ < journal.size(); ++seen_) {
      std::istringstream in(journal[seen_]);
      std::string what, subject, word;
      in >> what >> subject >> word;
      if (what != "report") written_.emplace_back(thread_.world.now, journal[seen_]);
      if (what == "hold") {
        note_hold(ip(subject));
      } else if (what == "release") {
        model_.erase(ip(subject));
      } else if (what == "advert") {
        int priority = 0;
        in >> priority;
        note_advert(index_of(subject), priority);
      }
    }
    for (std::size_t i = 0; i < plans_.size(); ++i) check_gap(i);
  }

  // I-1, I-4. REQUIRES: the kernel works, and has for a while.
  void check_holdings() const {
    for (const auto& [index, interface] : thread_.world.interfaces) {
      for (const auto& entry : interface.addresses) {
        if (!entry.ours) continue;
        fuzz::require(planned.contains(entry.prefix.address), "what is not in the plan is not held");
        fuzz::require(interface.up && interface.name == "eth1", "nothing is held over a dead link");
      }
    }
    const auto all = held();
    for (const auto& plan : plans_) {
      if (state_of(plan.name) == api::MemberState::kMaster) continue;
      for (const auto& address : all_of(plan)) {
        fuzz::require(!all.contains(address), "who is not master holds nothing");
      }
    }
  }

 private:
  bool link_is_up() const {
    const auto& all = thread_.world.interfaces;
    return std::any_of(all.begin(), all.end(),
                       [](const auto& entry) { return entry.second.name == "eth1" && entry.second.up; });
  }
  std::size_t index_of(const std::string& virtual_router_id) const {
    const auto found = std::find_if(plans_.begin(), plans_.end(), [&](const auto& plan) {
      return std::to_string(plan.virtual_router_id.value()) == virtual_router_id;
    });
    fuzz::require(found != plans_.end(), "only virtual routers of ours advertise");
    return static_cast<std::size_t>(found - plans_.begin());
  }

  // I-4.
  void note_hold(const net::IpAddress& address) {
    model_.insert(address);
    fuzz::require(planned.contains(address), "only what the plan has is held");
    fuzz::require(ever_ready.contains(address), "only what was ready is held");
    fuzz::require(link_is_up(), "nothing is taken over a dead link");
  }

  // I-3.
  void note_advert(std::size_t index, int priority) {
    auto& last = last_advert_[index];
    if (priority == 0) {
      for (const auto& address : all_of(plans_[index])) {
        fuzz::require(!model_.contains(address), "priority 0 comes after the addresses are gone");
      }
      last.reset();
      return;
    }
    check_gap(index);
    check_silence(index);
    last = {thread_.world.now, Microseconds(plans_[index].advertise_interval)};
    late_[index] = thread_.world.sends_fail;
  }

  // I-11: between two adverts of a master no more than the interval that the first one told.
  void check_gap(std::size_t index) {
    auto& last = last_advert_[index];
    const bool master = state_of(plans_[index].name) == api::MemberState::kMaster;
    if (!master || late_[index]) last.reset();
    if (!master || plans_[index].priority == vrrp::kOwner) last_sign_[index].reset();
    if (last) {
      fuzz::require(thread_.world.now - last->at <= last->interval,
                    "a master's adverts are no further apart");
    }
  }

  // After which others may have taken over.
  Microseconds longest_silence(std::size_t index) const {
    const plan::GroupPlan& plan = plans_[index];
    return std::max<Microseconds>(plan.min_active_down_interval, 2 * Microseconds(plan.advertise_interval));
  }
  // failure-model.md 1.2: who may have a successor by now advertises nothing, whether the fence would let it
  // out or not. An owner has no fence.
  void check_silence(std::size_t index) {
    auto& last = last_sign_[index];
    const Microseconds now = thread_.world.now.time_since_epoch() + thread_.world.suspended;
    if (last) fuzz::require(now - last->at <= last->longest, "who may have a successor advertises nothing");
    if (thread_.world.now > ordered_at_) longest_[index] = longest_silence(index);
    last = {now, std::max(longest_[index], longest_silence(index))};
  }

  // Boot time of an advert that left, and how long the others wait for the next one.
  struct LastSign {
    Microseconds at{0};
    Microseconds longest{0};
  };
  struct LastAdvert {
    TimePoint at;
    Microseconds interval;
  };

  VrrpThread& thread_;
  const std::vector<plan::GroupPlan>& plans_;
  std::set<net::IpAddress> model_;  // what the writes so far leave on the interfaces
  std::vector<std::optional<LastAdvert>> last_advert_;
  std::vector<bool> late_;
  std::vector<std::optional<LastSign>> last_sign_;
  std::vector<Microseconds> longest_;
  TimePoint ordered_at_;
  std::vector<std::pair<TimePoint, std::string>> written_;
  std::size_t seen_ = 0;  // lines of the journal
};

}  // namespace fairlead::test

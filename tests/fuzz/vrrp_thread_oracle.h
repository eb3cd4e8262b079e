#pragma once

#include <array>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "support/vrrp_thread.h"
#include "tests/fuzz/input.h"

// What must hold of the vrrp thread whatever happens (failure-model.md 2), judged from what it writes and
// from what the interface then has.
namespace fairlead::test {

constexpr int kInterface = 2;  // the one of VrrpThread

class Oracle {
 public:
  // `plans`: what the groups are told to be, whether they are ordered or not; outlives this object, as
  // `thread`.
  Oracle(VrrpThread& thread, const std::vector<plan::GroupPlan>& plans) : thread_(thread), plans_(plans) {}

  std::set<net::IpAddress> planned;     // of the groups ordered
  std::set<net::IpAddress> ever_ready;  // may be held: what became unready later stays (I-5)

  // The daemon does not run, or the network takes nothing: the next gap between adverts may be any.
  void excuse_lateness() { late_ = {true, true}; }
  // Others removed it.
  void forget(const net::IpAddress& address) { model_.erase(address); }

  api::MemberState state_of(const std::string& name) const {
    if (thread_.reports.empty()) return api::MemberState::kInitialize;
    const auto& groups = thread_.reports.back().groups;
    const auto found = groups.find(name);
    return found == groups.end() ? api::MemberState::kInitialize : found->second.state;
  }
  std::set<net::IpAddress> held() const {
    std::set<net::IpAddress> out;
    for (const auto& entry : thread_.world.interfaces.at(kInterface).addresses) {
      if (entry.ours) out.insert(entry.prefix.address);
    }
    return out;
  }

  // Reads what was written since the last look. REQUIRES: all of it was written at world.now.
  void look() {
    const auto& journal = thread_.world.journal;
    for (; seen_ < journal.size(); ++seen_) {
      std::istringstream in(journal[seen_]);
      std::string what, subject, word;
      in >> what >> subject >> word;
      if (what == "hold") {
        note_hold(ip(subject));
      } else if (what == "release") {
        model_.erase(ip(subject));
      } else if (what == "advert") {
        int priority = 0;
        in >> priority;
        note_advert(subject == "51" ? 0 : 1, priority);
      }
    }
    for (std::size_t i = 0; i < plans_.size(); ++i) check_gap(i);
  }

  // I-1, I-4. REQUIRES: the kernel works, and has for a while.
  void check_holdings() const {
    for (const auto& address : held()) {
      fuzz::require(planned.contains(address), "what is not in the plan is not held");
      fuzz::require(link_is_up(), "nothing is held over a dead link");
    }
    for (const auto& plan : plans_) {
      if (state_of(plan.name) == api::MemberState::kMaster) continue;
      for (const auto& address : plan.addresses) {
        fuzz::require(!thread_.world.has(kInterface, address), "who is not master holds nothing");
      }
    }
  }

 private:
  bool link_is_up() const { return thread_.world.interfaces.at(kInterface).up; }

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
      for (const auto& address : plans_[index].addresses) {
        fuzz::require(!model_.contains(address), "priority 0 comes after the addresses are gone");
      }
      last.reset();
      return;
    }
    check_gap(index);
    last = {thread_.world.now, Microseconds(plans_[index].advertise_interval)};
    late_[index] = thread_.world.sends_fail;
  }

  // I-11: between two adverts of a master no more than the interval that the first one told.
  void check_gap(std::size_t index) {
    auto& last = last_advert_[index];
    if (state_of(plans_[index].name) != api::MemberState::kMaster || late_[index]) last.reset();
    if (last) {
      fuzz::require(thread_.world.now - last->at <= last->interval,
                    "a master's adverts are no further apart");
    }
  }

  struct LastAdvert {
    TimePoint at;
    Microseconds interval;
  };

  VrrpThread& thread_;
  const std::vector<plan::GroupPlan>& plans_;
  std::set<net::IpAddress> model_;  // what the writes so far leave on the interface
  std::array<std::optional<LastAdvert>, 2> last_advert_;
  std::array<bool, 2> late_{};
  std::size_t seen_ = 0;  // lines of the journal
};

}  // namespace fairlead::test

// F-16: event sequences into the whole vrrp thread, over a world in memory.
//
// Input: commands, a byte each, with what they take behind them; see Driver::command(). A group of each kind
// (vrrp_thread_plans.h) on the interface eth1; eth2 is there to be tracked. After each command:
//   I-1   who is not master holds nothing; a master that heard a better one is none any more
//   I-3   the addresses are gone, by the kernel's word, before priority 0
//   I-4   nothing is held over a dead link, nor what is not in the plan or was never ready
//   I-11  a master's adverts are no further apart than its interval, though the finer fence holds one back
//   fence   who was away for so long that others may have taken over sends no advert
//   VR-047  what is refused writes nothing and changes no state
// While the kernel refuses removals (I-2 and the fence are what helps then) the first, third and fourth wait.
// At the end all is done once more without what is refused: every write comes at the same moment, so that no
// timer was moved.

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "tests/fuzz/vrrp_thread_junk.h"
#include "tests/fuzz/vrrp_thread_stage.h"

namespace fairlead::test {
namespace {

using fuzz::Input;
using fuzz::require;

constexpr std::size_t kLongest = 120;  // commands

class Driver {
 public:
  enum class Junk { kHeard, kLost };

  Driver(Input in, Junk junk) : in_(in), junk_(junk) {}

  const auto& written() const { return oracle_.written(); }

  void run() {
    for (std::size_t count = 0; !in_.empty() && count < kLongest; ++count) {
      command();
      oracle_.look();
      check();
    }
    bool done = false;
    thread_.routers->stop([&] { done = true; });
    oracle_.look();
    require(done, "a stop ends");
    if (!world().releases_fail) require(oracle_.held().empty(), "a stop leaves nothing behind");
  }

 private:
  VrrpWorld& world() { return thread_.world; }

  void command() {
    const int code = in_.byte() % 24;
    switch (code) {
      case 0:
      case 1:
      case 2:
        return stage_.pass(Milliseconds(in_.word() % 3000));
      case 3:
        return hear();
      case 4:
        return hear_junk();
      case 5:
        return stage_.freeze(Milliseconds(in_.word() % 4000));
      case 6:
        return stage_.set_link((in_.byte() & 1) != 0);
      case 7:
        return stage_.remove_by_others(in_.byte());
      case 8:
        return make_ready(in_.byte());
      case 9:
        return change_plan();
      case 10:
        ordered_[in_.byte() % ordered_.size()] ^= true;
        return order();
      case 11:
        world().sends_fail = (in_.byte() & 1) != 0;
        oracle_.excuse_lateness();
        return;
      case 12:
        return fail_releases_or_shut_fence(in_.byte());
      case 13:
        return stage_.refuse_address(in_.byte());
      case 14:
        return hear_better_and_check();
      case 15:
        return order();
      default:
        return change_surroundings(code);
    }
  }

  // A shut fence is no excuse: the clock says whether the adverts that it holds back open it.
  void fail_releases_or_shut_fence(std::uint8_t bits) {
    world().releases_fail = (bits & 1) != 0;
    if ((bits & 2) != 0) world().fence_is_shut = true;
  }

  void change_surroundings(int code) {
    switch (code) {
      case 16:
        return stage_.suspend(Milliseconds(in_.word() % 4000));
      case 17:
        return stage_.take_or_give_interface();
      case 18:
        return stage_.rename_interface();
      case 19:
        world().set_link(kTracked, (in_.byte() & 1) != 0);
        break;
      case 20:
        return change_kind();
      case 21:
        return stage_.put_or_take_owned();
      case 22:
        world().listening_fails = (in_.byte() & 1) != 0;
        break;
      default:
        return stage_.fail_detection(in_.byte());
    }
    thread_.network->tell();
  }

  plan::GroupPlan& any_plan() { return plans_[in_.byte() % plans_.size()]; }

  void hear() {
    const plan::GroupPlan& plan = any_plan();
    vrrp::Advertisement advert = advert_of(plan, in_.byte());
    const std::uint8_t bits = in_.byte();
    if ((bits & 1) != 0 && plan.vrrp_version == vrrp::Version::k3) {
      advert.max_advertise_interval = vrrp::Centiseconds(1 + in_.word() % 4095);
    }
    if ((bits & 2) != 0) {
      advert.addresses = {ip(plan.family == net::Family::kIPv4 ? "203.0.113.1" : "fe80::203")};
    }
    if ((bits & 4) != 0) advert.virtual_router_id = vrrp::VirtualRouterId(77);
    stage_.receive(plan, (bits & 8) != 0, advert);
    thread_.adverts->tell();
  }

  // Bytes of any kind, and sound adverts with one bit changed: none may do anything.
  void hear_junk() {
    // What is to be done anyway is done first.
    for (int turn = 0; turn < 3; ++turn) thread_.adverts->tell();
    oracle_.look();
    const auto states = states_now();
    const std::size_t before = oracle_.written().size();
    const plan::GroupPlan& plan = any_plan();
    stage_.receive(plan, true, advert_of(plan, in_.byte()));
    std::visit([this](auto& content) { spoil(content, in_); }, world().waiting.back().content);
    if (junk_ == Junk::kLost) world().waiting.clear();
    thread_.adverts->tell();
    oracle_.look();
    require(oracle_.written().size() == before, "what is refused writes nothing");
    require(states_now() == states, "what is refused changes no state");
  }

  // I-1 beside a living better router: one of a higher priority that lists our addresses.
  void hear_better_and_check() {
    const plan::GroupPlan& plan = any_plan();
    const bool was_running = oracle_.state_of(plan.name) != api::MemberState::kInitialize;
    stage_.receive(plan, true, advert_of(plan, 255));
    thread_.adverts->tell();
    oracle_.look();
    if (was_running)
      require(oracle_.state_of(plan.name) != api::MemberState::kMaster,
              "who hears a better one is no master");
  }

  void make_ready(std::uint8_t which) {
    ready_.clear();
    int bit = 0;
    for (const auto& plan : plans_) {
      for (const auto& address : all_of(plan)) {
        if ((which >> bit++ % 8 & 1) != 0) ready_.insert(address);
      }
    }
    oracle_.ever_ready.insert(ready_.begin(), ready_.end());
    thread_.ready(ready_);
  }

  void change_plan() {
    plan::GroupPlan& plan = any_plan();
    const std::uint8_t bits = in_.byte();
    if ((bits & 1) != 0) plan.priority = vrrp::Priority(static_cast<std::uint8_t>(1 + in_.byte() % 254));
    if ((bits & 2) != 0) {
      const int step = in_.byte() % 40;
      set_interval(plan, plan.vrrp_version == vrrp::Version::k2 ? 100 * (1 + step % 3) : 10 + 5 * step);
    }
    if ((bits & 4) != 0) plan.preempt = !plan.preempt;
    if ((bits & 8) != 0) plan.preempt_delay = Seconds(in_.byte() % 8);
    if ((bits & 16) != 0 && plan.name == "a") {
      const std::array<std::set<net::IpAddress>, 3> lists{{{ip("192.0.2.100"), ip("192.0.2.101")},
                                                           {ip("192.0.2.100")},
                                                           {ip("192.0.2.101"), ip("192.0.2.102")}}};
      plan.addresses = lists[in_.byte() % lists.size()];
    }
    ++plan.version.generation;
    order();
  }

  // What makes a group another kind of group.
  void change_kind() {
    plan::GroupPlan& plan = any_plan();
    const std::uint8_t bits = in_.byte();
    const bool ipv4 = plan.family == net::Family::kIPv4;
    if ((bits & 1) != 0) {
      const std::string number = std::to_string(plan.virtual_router_id.value());  // no other group has it
      const net::IpAddress address = ip(ipv4 ? "192.0.2.2" + number : "2001:db8::2" + number);
      plan.excluded = plan.excluded.empty() ? std::set{address} : std::set<net::IpAddress>{};
    }
    if ((bits & 2) != 0) {
      const std::array<int, 4> weights{0, -60, 30, -254};
      plan.tracked = {{"eth2", weights[in_.byte() % weights.size()]}};
    }
    if ((bits & 4) != 0) plan.tracked.clear();
    if ((bits & 8) != 0) plan.priority = vrrp::Priority(plan.priority == vrrp::kOwner ? 150 : 255);
    if ((bits & 16) != 0 && ipv4) {
      plan.unicast = plan.unicast ? std::nullopt : std::optional(plan::Unicast{std::nullopt, both_others()});
    }
    if ((bits & 32) != 0) plan.link_up_delay = Milliseconds(20 * in_.byte());
    if ((bits & 64) != 0) plan.fence_lifetime = Seconds(1 + in_.byte() % 4);
    if ((bits & 128) != 0) plan.checksum = vrrp::ChecksumForm::kRfc5798;
    ++plan.version.generation;
    order();
  }

  void order() {
    std::vector<plan::GroupPlan> groups;
    for (std::size_t i = 0; i < plans_.size(); ++i) {
      if (ordered_[i]) groups.push_back(plans_[i]);
    }
    std::set<net::IpAddress> next;
    for (const auto& plan : groups) next.merge(all_of(plan));
    oracle_.planned.insert(next.begin(), next.end());  // either may be carried out meanwhile
    oracle_.note_order();
    thread_.order(groups);
    oracle_.look();
    oracle_.planned = std::move(next);
  }

  void check() {
    if (world().releases_fail) {
      removals_failed_ = true;
      return;
    }
    // One more second after the kernel works again, for the audit.
    if (std::exchange(removals_failed_, false)) stage_.pass(Seconds(1));
    oracle_.check_holdings();
  }

  std::vector<api::MemberState> states_now() const {
    std::vector<api::MemberState> out;
    for (const auto& plan : plans_) out.push_back(oracle_.state_of(plan.name));
    return out;
  }

  Input in_;
  Junk junk_;
  Stage stage_;
  VrrpThread& thread_ = stage_.thread;
  Oracle& oracle_ = stage_.oracle;
  std::vector<plan::GroupPlan>& plans_ = stage_.plans;
  std::array<bool, 5> ordered_{true};
  std::set<net::IpAddress> ready_;
  bool removals_failed_ = false;
};

}  // namespace
}  // namespace fairlead::test

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using fairlead::test::Driver;
  Driver all({data, size}, Driver::Junk::kHeard);
  all.run();
  Driver quiet({data, size}, Driver::Junk::kLost);
  quiet.run();
  fairlead::fuzz::require(all.written() == quiet.written(), "what is refused moves no timer");
  return 0;
}

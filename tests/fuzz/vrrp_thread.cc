// F-16: event sequences into the whole vrrp thread, over a world in memory.
//
// Input: commands, a byte each, with what they take behind them; see Driver::command(). Two groups on one
// interface, VRID 51 ("a") and 52 ("b"). After each command:
//   I-1   who is not master holds nothing; a master that heard a better one is none any more
//   I-3   the addresses are gone, by the kernel's word, before priority 0
//   I-4   nothing is held over a dead link, nor what is not in the plan or was never ready
//   I-11  a master's adverts are no further apart than its interval
//   VR-047  what is refused writes nothing and changes no state
// While the kernel refuses removals (I-2 and the fence are what helps then) the first, third and fourth wait.

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "tests/fuzz/vrrp_thread_oracle.h"

namespace fairlead::test {
namespace {

using fuzz::Input;
using fuzz::require;

constexpr std::size_t kLongest = 120;  // commands

plan::GroupPlan group(const std::string& name, int vrid, std::set<net::IpAddress> addresses) {
  plan::GroupPlan out = group_plan();
  out.name = name;
  out.version = {"uid-" + name, 1, 1};
  out.virtual_router_id = vrrp::VirtualRouterId(static_cast<std::uint8_t>(vrid));
  out.addresses = std::move(addresses);
  return out;
}

class Driver {
 public:
  explicit Driver(Input in) : in_(in) {
    plans_.push_back(group("a", 51, {ip("192.0.2.100"), ip("192.0.2.101")}));
    plans_.push_back(group("b", 52, {ip("192.0.2.110")}));
    thread_.world.before_send = [this] { oracle_.look(); };
  }

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
    switch (in_.byte() % 16) {
      case 0:
      case 1:
      case 2:
        return pass(Milliseconds(in_.word() % 3000));
      case 3:
        return hear();
      case 4:
        return hear_junk();
      case 5:
        return freeze(Milliseconds(in_.word() % 4000));
      case 6:
        return set_link((in_.byte() & 1) != 0);
      case 7:
        return remove_by_others();
      case 8:
        return make_ready(in_.byte());
      case 9:
        return change_plan();
      case 10:
        ordered_[in_.byte() % 2] ^= true;
        return order();
      case 11:
        world().sends_fail = (in_.byte() & 1) != 0;
        oracle_.excuse_lateness();
        return;
      case 12:
        world().releases_fail = (in_.byte() & 1) != 0;
        return;
      case 13:
        return refuse_address(in_.byte());
      case 14:
        return hear_better_and_check();
      default:
        return order();
    }
  }

  // As VrrpWorld::pass, but what was written is looked at whenever the alarm has rung.
  void pass(Microseconds span) {
    const TimePoint end = world().now + span;
    while (world().alarm && *world().alarm <= end) {
      world().pass(std::max(Microseconds(0), *world().alarm - world().now));
      oracle_.look();
    }
    world().pass(end - world().now);
    oracle_.look();
  }

  void freeze(Microseconds span) {
    oracle_.excuse_lateness();
    world().freeze(span);
    oracle_.look();
  }

  plan::GroupPlan& any_plan() { return plans_[in_.byte() % plans_.size()]; }

  vrrp::Advertisement advert_of(const plan::GroupPlan& plan, int priority) const {
    return {plan.virtual_router_id,
            vrrp::Priority(static_cast<std::uint8_t>(priority)),
            plan.advertise_interval,
            {plan.addresses.begin(), plan.addresses.end()}};
  }

  void hear() {
    vrrp::Advertisement advert = advert_of(any_plan(), in_.byte());
    const std::uint8_t bits = in_.byte();
    if ((bits & 1) != 0) advert.max_advertise_interval = vrrp::Centiseconds(1 + in_.word() % 4095);
    if ((bits & 2) != 0) advert.addresses = {ip("203.0.113.1")};
    if ((bits & 4) != 0) advert.virtual_router_id = vrrp::VirtualRouterId(77);
    const net::IpAddress sender = ip((bits & 8) != 0 ? "192.0.2.9" : "192.0.2.0");
    world().receive(kInterface, sender, advert);
    thread_.adverts->tell();
  }

  // Bytes of any kind, and sound adverts with one bit changed: none may do anything.
  void hear_junk() {
    // What is to be done anyway is done first.
    for (int turn = 0; turn < 3; ++turn) thread_.adverts->tell();
    oracle_.look();
    const auto states = states_now();
    const std::size_t before = world().journal.size();
    world().receive(kInterface, ip("192.0.2.9"), advert_of(any_plan(), in_.byte()));
    net::Bytes& packet = std::get<net::Bytes>(world().waiting.back().content);
    const std::uint16_t where = in_.word();
    if (where >= 0x8000) {
      packet = in_.bytes(where % 64);
      if (!packet.empty()) packet[0] = 0x65;  // IP version 6: never sound
    } else {
      // Of the message or the TTL; a change elsewhere in the IP header may leave a sound packet.
      const std::size_t bits = 8 * (packet.size() - 20);
      const std::size_t bit = where % (bits + 8);
      const std::size_t byte = bit < bits ? 20 + bit / 8 : 8;
      packet[byte] = static_cast<std::uint8_t>(packet[byte] ^ 1 << bit % 8);
    }
    thread_.adverts->tell();
    require(written_since(before) == 0, "what is refused writes nothing");
    require(states_now() == states, "what is refused changes no state");
  }

  // I-1 beside a living better router: one of a higher priority that lists our addresses.
  void hear_better_and_check() {
    const plan::GroupPlan& plan = any_plan();
    const bool was_running = oracle_.state_of(plan.name) != api::MemberState::kInitialize;
    world().receive(kInterface, ip("192.0.2.9"), advert_of(plan, 255));
    thread_.adverts->tell();
    oracle_.look();
    if (was_running)
      require(oracle_.state_of(plan.name) != api::MemberState::kMaster,
              "who hears a better one is no master");
  }

  void set_link(bool up) {
    world().set_link(kInterface, up);
    thread_.network->tell();
  }

  void remove_by_others() {
    const auto all = oracle_.held();
    if (all.empty()) return;
    auto victim = all.begin();
    std::advance(victim, in_.byte() % all.size());
    world().remove(kInterface, *victim);
    oracle_.forget(*victim);
    thread_.network->tell();
  }

  void make_ready(std::uint8_t which) {
    ready_.clear();
    int bit = 0;
    for (const auto& plan : plans_) {
      for (const auto& address : plan.addresses) {
        if ((which >> bit++ & 1) != 0) ready_.insert(address);
      }
    }
    oracle_.ever_ready.insert(ready_.begin(), ready_.end());
    thread_.ready(ready_);
  }

  void change_plan() {
    plan::GroupPlan& plan = any_plan();
    const std::uint8_t bits = in_.byte();
    if ((bits & 1) != 0) plan.priority = vrrp::Priority(static_cast<std::uint8_t>(1 + in_.byte() % 254));
    if ((bits & 2) != 0) plan = with_interval(plan, 10 + 5 * (in_.byte() % 40));
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

  void order() {
    std::vector<plan::GroupPlan> groups;
    for (std::size_t i = 0; i < plans_.size(); ++i) {
      if (ordered_[i]) groups.push_back(plans_[i]);
    }
    std::set<net::IpAddress> next;
    for (const auto& plan : groups) next.insert(plan.addresses.begin(), plan.addresses.end());
    oracle_.planned.insert(next.begin(), next.end());  // either may be carried out meanwhile
    thread_.order(groups);
    oracle_.look();
    oracle_.planned = std::move(next);
  }

  void refuse_address(std::uint8_t which) {
    world().unholdable.clear();
    if ((which & 1) != 0) world().unholdable.insert(ip("192.0.2.100"));
    if ((which & 2) != 0) world().unholdable.insert(ip("192.0.2.101"));
    if ((which & 4) != 0) world().unholdable.insert(ip("192.0.2.110"));
  }

  void check() {
    if (world().releases_fail) {
      removals_failed_ = true;
      return;
    }
    // One more second after the kernel works again, for the audit.
    if (std::exchange(removals_failed_, false)) pass(Seconds(1));
    oracle_.check_holdings();
  }

  std::pair<api::MemberState, api::MemberState> states_now() const {
    return {oracle_.state_of("a"), oracle_.state_of("b")};
  }

  std::size_t written_since(std::size_t before) {
    const auto& journal = world().journal;
    return static_cast<std::size_t>(
        std::count_if(journal.begin() + static_cast<std::ptrdiff_t>(before), journal.end(),
                      [](const auto& line) { return !line.starts_with("report "); }));
  }

  Input in_;
  VrrpThread thread_;
  std::vector<plan::GroupPlan> plans_;
  std::array<bool, 2> ordered_{true, false};
  std::set<net::IpAddress> ready_;
  Oracle oracle_{thread_, plans_};
  bool removals_failed_ = false;
};

}  // namespace
}  // namespace fairlead::test

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fairlead::test::Driver({data, size}).run();
  return 0;
}

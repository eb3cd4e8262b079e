#pragma once

#include <algorithm>
#include <iterator>
#include <vector>

#include "tests/fuzz/vrrp_thread_oracle.h"
#include "tests/fuzz/vrrp_thread_plans.h"

// The vrrp thread of tests/fuzz/vrrp_thread.cc in its world, and what happens to that world. Whatever happens
// is told, and what comes of it is looked at.
namespace fairlead::test {

constexpr int kTracked = 100;  // the interface eth2

struct Stage {
  Stage() {
    put_interface();
    thread.world.add_interface(kTracked, "eth2", ip("198.51.100.1"));
    thread.network->tell();
    thread.world.before_send = [this] { oracle.look(); };
  }
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;

  // As VrrpWorld::pass, but what was written is looked at whenever the alarm has rung.
  void pass(Microseconds span) {
    const TimePoint end = thread.world.now + span;
    while (thread.world.alarm && *thread.world.alarm <= end) {
      thread.world.pass(std::max(Microseconds(0), *thread.world.alarm - thread.world.now));
      oracle.look();
    }
    thread.world.pass(end - thread.world.now);
    oracle.look();
  }

  void freeze(Microseconds span) {
    oracle.excuse_lateness();
    thread.world.freeze(span);
    oracle.look();
  }

  // The monotonic clock stands still meanwhile, and so do the kernel's lifetimes.
  void suspend(Microseconds span) {
    oracle.excuse_lateness();
    thread.world.suspended += span;
    thread.adverts->tell();
  }

  // eth1 as it comes to be: with our own addresses and nothing else.
  void put_interface() {
    thread.world.add_interface(index, "eth1", ip("192.0.2.1"));
    thread.world.interfaces[index].addresses.push_back(
        {{ip("fe80::8"), 64}, false, true, false, false, false});
  }
  // Deleted, with what is on it; or made again under another index.
  void take_or_give_interface() {
    if (thread.world.interfaces.erase(index) > 0) {
      oracle.forget_all();
    } else {
      ++index;
      put_interface();
    }
    thread.network->tell();
  }
  void rename_interface() {
    const auto interface = thread.world.interfaces.find(index);
    if (interface == thread.world.interfaces.end()) return;
    interface->second.name = interface->second.name == "eth1" ? "eth9" : "eth1";
    thread.network->tell();
  }

  void set_link(bool up) {
    if (thread.world.interfaces.contains(index)) thread.world.set_link(index, up);
    thread.network->tell();
  }

  void remove_by_others(std::size_t which) {
    const auto all = oracle.held();
    if (all.empty()) return;
    auto victim = all.begin();
    std::advance(victim, which % all.size());
    thread.world.remove(index, *victim);
    oracle.forget(*victim);
    thread.network->tell();
  }
  // Duplicate address detection finds one of ours elsewhere.
  void fail_detection(std::size_t which) {
    const auto all = oracle.held();
    if (all.empty()) return;
    auto victim = all.begin();
    std::advance(victim, which % all.size());
    thread.world.fail_detection(index, *victim);
    thread.network->tell();
  }
  // The address that b is to own, by a person: put there, in place of ours, or taken away.
  void put_or_take_owned() {
    const auto interface = thread.world.interfaces.find(index);
    if (interface == thread.world.interfaces.end()) return;
    const net::IpAddress owned = ip("192.0.2.110");
    const bool ours = oracle.held().contains(owned);
    const bool there = thread.world.has(index, owned);
    thread.world.remove(index, owned);
    oracle.forget(owned);
    if (!there || ours) interface->second.addresses.push_back({{owned, 24}, false, true, true, true, false});
    thread.network->tell();
  }

  void refuse_address(std::uint8_t which) {
    thread.world.unholdable.clear();
    if ((which & 1) != 0) thread.world.unholdable.insert(ip("192.0.2.100"));
    if ((which & 2) != 0) thread.world.unholdable.insert(ip("192.0.2.101"));
    if ((which & 4) != 0) thread.world.unholdable.insert(ip("192.0.2.110"));
  }

  // An advert of another router arrives, greater or smaller than ours by its address, and is not heard yet.
  void receive(const plan::GroupPlan& plan, bool greater, const vrrp::Advertisement& advert) {
    test::receive(thread.world, index, plan, other(plan.family, greater), advert);
  }

  VrrpThread thread;
  int index = 2;  // of eth1
  std::vector<plan::GroupPlan> plans = groups_of_each_kind();
  Oracle oracle{thread, plans};
};

}  // namespace fairlead::test

#include "sim/controller/stories.h"

namespace fairlead::sim::cluster {
namespace {

using enum EventKind;

constexpr int kMostAmount = 12;  // of virtual-ip-new: with a node for everyone, and unshared

// From `a` to `b` ms after `begin`.
Milliseconds after(Random& random, Milliseconds begin, int a, int b) {
  return begin + Milliseconds(random.between(a, b));
}

// Asks for an address by name.
int named(Random& random) {
  const int wish = random.number(1, kMostAmount);
  return wish % 4 == 0 ? wish - 1 : wish;
}

// A machine dies as a member and is put out of its groups before it has said that it let go; the address goes
// from one VirtualIP and is asked for by the next.
void outcast(Random& random, Milliseconds begin, std::vector<Event>& events) {
  const int machine = random.number(0, kMostMachines - 1);
  const int slot = random.number(0, kMostVirtualIPs - 1);
  const int wish = named(random);
  const Milliseconds away(random.between(14000, 20000));
  events.push_back({kVirtualIPNew, begin, {}, slot, wish});
  events.push_back({kMachineCrash, after(random, begin, 2500, 4000), away, machine, 1});
  events.push_back({kExclude, after(random, begin, 2500, 5000), away, machine, 0});
  events.push_back({kVirtualIPGone, after(random, begin, 9000, 12000), {}, slot, 0});
  events.push_back({kVirtualIPNew, after(random, begin, 11000, 14000), {}, slot + 1, wish});
}

// What a leader has sent is carried out long after another has taken over, and users have taken back what it
// was about.
void late_writer(Random& random, Milliseconds begin, std::vector<Event>& events) {
  const int machine = random.number(0, kMostMachines - 1);
  const int first = random.number(0, kMostVirtualIPs - 1);
  events.push_back({kSlow, begin, Milliseconds(random.between(300, 2000)), 0, random.number(300, 900)});
  const bool by_machine = random.permille(500);
  if (by_machine) events.push_back({kExclude, begin, Milliseconds(random.between(500, 8000)), machine, 0});
  events.push_back({kVirtualIPGone, begin + Milliseconds(20), {}, first, 0});
  events.push_back({kTakeOver, after(random, begin, 200, 1500), Milliseconds(8000), 0, 0});
  const int most = random.number(1, kMostVirtualIPs - 1);
  for (int i = 1; i <= most; ++i) {
    events.push_back({kVirtualIPGone, after(random, begin, 300, 2000), {}, first + i, 0});
  }
  if (random.permille(500)) return;
  for (int i = 0; i < kMostServices; ++i)
    events.push_back({kServiceGone, after(random, begin, 300, 2000), {}, i, 0});
}

}  // namespace

void tell_story(Random& random, std::vector<Event>& events) {
  const Milliseconds begin(random.between(2000, 14000));
  if (random.permille(400)) return outcast(random, begin, events);
  late_writer(random, begin, events);
}

}  // namespace fairlead::sim::cluster

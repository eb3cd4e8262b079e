#pragma once

#include <cstddef>

#include "node/agent/virtual_router_listeners.h"
#include "node/agent/virtual_router_surroundings.h"

namespace fairlead::agent {

// Lets time pass for every router that is due by the agenda. Who is Active goes first, and again before each
// of the others when it falls due meanwhile: a take-over waits for the kernel, and many of them in one turn
// take longer than fast adverts may be late (give_up_after()), so that the first would be Backup again before
// the last is Active. The others go in the order in which they fell due. What waits on the wire is taken in
// first, at most `packets` of it, where a router must know (VirtualRouter::must_drain_first), but for an
// advert only if that was not done since its time had come, within the last millisecond. With an advert that
// is due leave up to 32 that are due within the next millisecond, of fast ones less
// (VirtualRouter::time_passed), and go on with it: to wake for each costs more than to send it. What is to be
// renewed before them is renewed first, unless that takes longer than a millisecond. vrrp thread only.
void run_timers(const Listeners::Routers& routers, VirtualRouterSurroundings& world, Listeners& listeners,
                std::size_t packets);

// Begins a turn: sees whether the machine has slept since the last one, and makes the routers reckon by it.
void compare_clocks(const Listeners::Routers& routers, VirtualRouterSurroundings& world);

}  // namespace fairlead::agent

#pragma once

#include <set>

#include "lib/api/traffic.h"
#include "lib/api/virtual_ip.h"
#include "node/ipvs/table.h"
#include "node/plan/plan.h"

namespace fairlead::ipvs {

// The scheduler used where the kernel lacks the one asked for (api.md, VirtualIP `scheduler`).
inline constexpr api::Scheduler kFallbackScheduler = api::Scheduler::kWlc;

// The entry that carries out one virtual server: a hashing scheduler with the fallback flag, and what its
// traffic says: flags of the scheduler, persistence, one-packet, thresholds. A scheduler in `missing` becomes
// kFallbackScheduler, and its flags go with it. And its service alone.
//
// REQUIRES: its forwarding is NAT or DirectRouting, with DirectRouting every real server's port its own,
// one-packet with DirectRouting and UDP alone, a persistent prefix no longer than the address: the kernel
// takes any other without a word.
Entry desired_entry(const Key& key, const plan::VirtualServerPlan& server,
                    const std::set<api::Scheduler>& missing);
Service desired_service(const Key& key, const plan::VirtualServerPlan& server,
                        const std::set<api::Scheduler>& missing);

// The same service with a scheduler that the kernel has.
Service desired_service(const Key& key, api::Scheduler scheduler, const api::Traffic& traffic);

}  // namespace fairlead::ipvs

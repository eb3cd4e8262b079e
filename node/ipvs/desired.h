#pragma once

#include <map>
#include <set>

#include "lib/api/virtual_ip.h"
#include "node/ipvs/table.h"
#include "node/plan/plan.h"

namespace fairlead::ipvs {

// The scheduler used where the kernel lacks the one asked for (api.md, VirtualIP `scheduler`).
inline constexpr api::Scheduler kFallbackScheduler = api::Scheduler::kWlc;

// The table that carries out `servers`: hashing schedulers with the fallback flag, no persistence,
// netmask of one host, destinations without thresholds. A scheduler in `missing` becomes
// kFallbackScheduler.
//
// REQUIRES: every server's forwarding is NAT or DirectRouting, with DirectRouting every real server's port
// the virtual server's: the kernel takes any other without a word.
Table desired(const std::map<Key, plan::VirtualServerPlan>& servers, const std::set<api::Scheduler>& missing);

// The entry of one virtual server, as in desired(); and its service alone.
Entry desired_entry(const Key& key, const plan::VirtualServerPlan& server,
                    const std::set<api::Scheduler>& missing);
Service desired_service(const Key& key, const plan::VirtualServerPlan& server,
                        const std::set<api::Scheduler>& missing);

// The service of one virtual server, as in desired().
Service desired_service(const Key& key, api::Scheduler scheduler);

}  // namespace fairlead::ipvs

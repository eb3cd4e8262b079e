#pragma once

#include <cstdint>
#include <set>

#include "lib/api/checkpoint.h"
#include "node/agent/messages.h"
#include "node/plan/holding.h"
#include "node/plan/make_plan.h"
#include "node/plan/manifests.h"

// From a plan to the orders for the threads and to the checkpoint, and back: pure.
namespace fairlead::agent {

// `owned`: every address that is ours on an interface, planned ones included.
VrrpOrder vrrp_order(const plan::Plan& plan, std::uint64_t sequence, const std::set<net::IpAddress>& owned);

// Awaited VIPs, and what virtual servers they have already, are left out: they are never reported ready.
// `claimed`: the services of an earlier run (checkpoint), not those planned now: one that is planned and
// exists already without being claimed is somebody else's (FN-34).
ForwardingOrder forwarding_order(const plan::Plan& plan, std::uint64_t sequence,
                                 const std::set<plan::VirtualServerKey>& claimed);

// What is ours after plan number `sequence`: what it says, and what the thread still holds; until the thread
// has answered that plan, also what was ours before. Never what the thread found to be somebody else's.
std::set<net::IpAddress> owned_after(const std::set<net::IpAddress>& before, const plan::Plan& plan,
                                     const VrrpReport& report, std::uint64_t sequence);
std::set<plan::VirtualServerKey> owned_after(const std::set<plan::VirtualServerKey>& before,
                                             const plan::Plan& plan, const ForwardingReport& report,
                                             std::uint64_t sequence);

api::Checkpoint checkpoint_of(const plan::NodeIdentity& node, const plan::Objects& objects,
                              const std::set<net::IpAddress>& addresses,
                              const std::set<plan::VirtualServerKey>& services, WallTime now);
plan::Objects objects_of(const api::Checkpoint& checkpoint);
// What is in force of files, to be remembered and back. Lines are not: they are of the files as they were.
std::vector<api::CheckpointManifest> checkpoint_manifests(const plan::ManifestFiles& files);
plan::ManifestFiles manifests_of(const api::Checkpoint& checkpoint);
std::set<plan::VirtualServerKey> keys_of(const std::set<api::OwnedService>& services);
// False for the checkpoint of another node, or of an earlier node of our name (FN-18).
bool is_of(const api::Checkpoint& checkpoint, const plan::NodeIdentity& node);

}  // namespace fairlead::agent

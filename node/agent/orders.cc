#include "node/agent/orders.h"

#include <utility>

namespace fairlead::agent {
namespace {

std::set<net::IpAddress> vips_of(const plan::Plan& plan) {
  std::set<net::IpAddress> out;
  for (const auto& [name, group] : plan.groups) {
    out.insert(group.addresses.begin(), group.addresses.end());
    out.insert(group.excluded.begin(), group.excluded.end());
  }
  return out;
}

// Without those that others configured and we own by the words of the RFC only (priority 255).
std::set<net::IpAddress> held_vips_of(const plan::Plan& plan) {
  std::set<net::IpAddress> out;
  for (const auto& [name, group] : plan.groups) {
    if (group.priority == vrrp::kOwner) continue;
    out.insert(group.addresses.begin(), group.addresses.end());
    out.insert(group.excluded.begin(), group.excluded.end());
  }
  return out;
}

}  // namespace

VrrpOrder vrrp_order(const plan::Plan& plan, std::uint64_t sequence, const std::set<net::IpAddress>& owned) {
  return {sequence, plan.groups, owned};
}

ForwardingOrder forwarding_order(const plan::Plan& plan, std::uint64_t sequence,
                                 const std::set<plan::VirtualServerKey>& claimed) {
  ForwardingOrder out{sequence, {}, vips_of(plan), claimed};
  for (const auto& address : plan.awaited) out.vips.erase(address);
  for (const auto& [key, server] : plan.virtual_servers) {
    if (out.vips.contains(key.address)) out.virtual_servers.insert({key, server});
  }
  return out;
}

std::set<net::IpAddress> owned_after(const std::set<net::IpAddress>& before, const plan::Plan& plan,
                                     const VrrpReport& report, std::uint64_t sequence) {
  auto out = held_vips_of(plan);
  out.insert(report.held.begin(), report.held.end());
  if (report.sequence < sequence) out.insert(before.begin(), before.end());
  return out;
}

std::set<plan::VirtualServerKey> owned_after(const std::set<plan::VirtualServerKey>& before,
                                             const plan::Plan& plan, const ForwardingReport& report,
                                             std::uint64_t sequence) {
  std::set<plan::VirtualServerKey> out = report.programmed;
  for (const auto& [key, server] : plan.virtual_servers) out.insert(key);
  if (report.sequence < sequence) out.insert(before.begin(), before.end());
  for (const auto& key : report.foreign) out.erase(key);
  return out;
}

api::Checkpoint checkpoint_of(const plan::NodeIdentity& node, const plan::Objects& objects,
                              const std::set<net::IpAddress>& addresses,
                              const std::set<plan::VirtualServerKey>& services, WallTime now) {
  api::Checkpoint out;
  out.node = node.name;
  out.node_uid = node.uid;
  out.written = now;
  for (const auto& [name, group] : objects.groups) out.groups.push_back(group);
  for (const auto& [key, set] : objects.sets) out.sets.push_back(set);
  out.owned_addresses = addresses;
  for (const auto& key : services) out.owned_services.insert({key.address, key.protocol, key.port});
  return out;
}

plan::Objects objects_of(const api::Checkpoint& checkpoint) {
  plan::Objects out;
  for (const auto& group : checkpoint.groups) out.groups.insert({group.meta.name, group});
  for (const auto& set : checkpoint.sets) out.sets.insert({api::key_of(set.meta), set});
  return out;
}

std::vector<api::CheckpointManifest> checkpoint_manifests(const plan::ManifestFiles& files) {
  std::vector<api::CheckpointManifest> out;
  for (const auto& [name, file] : files) {
    api::CheckpointManifest& one = out.emplace_back();
    one.file = name;
    for (const auto& group : file.groups) one.groups.push_back(group.object);
    for (const auto& set : file.sets) one.sets.push_back(set.object);
  }
  return out;
}

plan::ManifestFiles manifests_of(const api::Checkpoint& checkpoint) {
  plan::ManifestFiles out;
  for (const auto& manifest : checkpoint.manifests) {
    plan::ManifestFile& file = out[manifest.file];
    for (const auto& group : manifest.groups) file.groups.push_back({group, {}});
    for (const auto& set : manifest.sets) file.sets.push_back({set, {}});
  }
  return out;
}

std::set<plan::VirtualServerKey> keys_of(const std::set<api::OwnedService>& services) {
  std::set<plan::VirtualServerKey> out;
  for (const auto& service : services) out.insert({service.address, service.protocol, service.port});
  return out;
}

bool is_of(const api::Checkpoint& checkpoint, const plan::NodeIdentity& node) {
  const bool other_uid = !checkpoint.node_uid.empty() && !node.uid.empty() && checkpoint.node_uid != node.uid;
  return checkpoint.node == node.name && !other_uid;
}

}  // namespace fairlead::agent

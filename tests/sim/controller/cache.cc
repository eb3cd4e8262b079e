#include "sim/controller/cache.h"

#include <utility>

#include "controller/plan/newest.h"

namespace fairlead::sim::cluster {
namespace {

using controller::ByKey;
using controller::Poisoned;

}  // namespace

const std::vector<std::string>& kinds() {
  static const std::vector<std::string> all{"VirtualIP",     "AddressPool",  "AddressClaim", "Service",
                                            "EndpointSlice", "Namespace",    "Node",         "NodeReport",
                                            "VRRPGroup",     "RealServerSet"};
  return all;
}

template <class T, class Decode>
void Cache::take_as(const Change& change, Decode decode, ByKey<T>& objects, ByKey<Poisoned>* poisoned) {
  const auto& key = change.name.key;
  if (change.deleted) {
    objects.erase(key);
    versions_.erase(change.name);
    if (poisoned != nullptr) poisoned->erase(key);
    return;
  }
  auto decoded = decode(change.text);
  versions_[change.name] = decoded.value.meta.resource_version;
  const auto old = objects.find(key);
  if (old != objects.end() && old->second.meta.uid != decoded.value.meta.uid) objects.erase(old);  // K-15
  if (poisoned != nullptr) poisoned->erase(key);
  if (decoded.ok()) {
    objects.insert_or_assign(key, std::move(decoded.value));
  } else if (poisoned != nullptr) {
    poisoned->insert({key, controller::poisoned_from(decoded.value.meta, decoded.problems, decoded.value)});
  }
}

void Cache::take(const Change& change) {
  auto& in = inputs_;
  const std::string& kind = change.name.kind;
  if (kind == "VirtualIP") {
    take_as(change, api::decode_virtual_ip, in.virtual_ips, &in.poisoned_virtual_ips);
  } else if (kind == "AddressPool") {
    take_as(change, api::decode_address_pool, in.pools, &in.poisoned_pools);
  } else if (kind == "AddressClaim") {
    take_as(change, api::decode_address_claim, in.claims, &in.poisoned_claims);
  } else if (kind == "Service") {
    take_as(change, api::decode_service, in.services, &in.poisoned_services);
  } else if (kind == "EndpointSlice") {
    take_as(change, api::decode_endpoint_slice, in.endpoint_slices, nullptr);
  } else if (kind == "Namespace") {
    take_as(change, api::decode_namespace, in.namespaces, nullptr);
  } else if (kind == "Node") {
    take_as(change, api::decode_node, in.nodes, nullptr);
  } else if (kind == "NodeReport") {
    take_as(change, api::decode_node_report, in.node_reports, nullptr);
  } else if (kind == "VRRPGroup") {
    take_as(change, api::decode_vrrp_group, in.groups, &in.poisoned_groups);
  } else if (kind == "RealServerSet") {
    take_as(change, api::decode_real_server_set, in.sets, &in.poisoned_sets);
  }
}

std::size_t Cache::at(const std::string& kind) const {
  const auto found = at_.find(kind);
  return found == at_.end() ? 0 : found->second;
}

void Cache::advance(const std::string& kind, std::size_t upto) {
  const auto& history = server_.history(kind);
  while (at_[kind] < upto && at_[kind] < history.size()) {
    const Change change = history[at_[kind]++];
    take(change);
    on_change_(kind, change.name.key);
  }
}

void Cache::list(const std::string& kind, std::size_t upto) {
  const auto& history = server_.history(kind);
  std::map<Name, const Change*> last;
  for (std::size_t i = 0; i < upto && i < history.size(); ++i) last[history[i].name] = &history[i];
  std::map<Name, std::string> before;
  for (const auto& [name, version] : versions_) {
    if (name.kind == kind) before.insert({name, version});
  }
  for (const auto& [name, version] : before) {
    if (!last.contains(name) || last.at(name)->deleted) take({name, "", true});
  }
  for (const auto& [name, change] : last) {
    if (!change->deleted) take(*change);
  }
  at_[kind] = upto;
  for (const auto& [name, version] : before) {
    if (version_of(name) != version) on_change_(kind, name.key);
  }
  for (const auto& [name, change] : last) {
    if (!change->deleted && !before.contains(name)) on_change_(kind, name.key);
  }
}

std::string Cache::version_of(const Name& name) const {
  const auto found = versions_.find(name);
  return found == versions_.end() ? "" : found->second;
}

}  // namespace fairlead::sim::cluster

#include "controller/app/caches.h"

#include <utility>

#include "controller/app/paths.h"
#include "controller/plan/newest.h"
#include "lib/base/text.h"
#include "lib/sys/log.h"

namespace fairlead::controller {
namespace {

template <class T>
ByKey<Poisoned> poisoned_of(const apiserver::Informer<T>& informer) {
  ByKey<Poisoned> out;
  for (const auto& [key, poisoned] : informer.poisoned())
    out.insert({key, poisoned_from(poisoned.meta, poisoned.problems, poisoned.object)});
  return out;
}

template <class T>
std::string version_in(const apiserver::Informer<T>& informer, const api::ObjectKey& key) {
  const auto poisoned = informer.poisoned().find(key);
  if (poisoned != informer.poisoned().end()) return poisoned->second.meta.resource_version;
  const auto* object = find(informer.objects(), key);
  return object == nullptr ? "" : object->meta.resource_version;
}

std::function<void(const api::ObjectKey&)> change_of(const Caches::Listener& listener,
                                                     std::optional<Target> target) {
  return [on_change = listener.on_change, target](const api::ObjectKey& key) { on_change(target, key); };
}

}  // namespace

Caches::Caches(sys::Loop& loop, sys::Metrics& metrics, apiserver::Client& client, Listener listener)
    : listener_(std::move(listener)),
      virtual_ips_(loop, metrics, client, resource_of(Target::kVirtualIP), api::decode_virtual_ip,
                   change_of(listener_, Target::kVirtualIP), &inputs_.virtual_ips),
      pools_(loop, metrics, client, resource_of(Target::kAddressPool), api::decode_address_pool,
             change_of(listener_, Target::kAddressPool), &inputs_.pools),
      claims_(loop, metrics, client, resource_of(Target::kAddressClaim), api::decode_address_claim,
              change_of(listener_, Target::kAddressClaim), &inputs_.claims),
      services_(loop, metrics, client, resource_of(Target::kService), api::decode_service,
                change_of(listener_, Target::kService), &inputs_.services),
      endpoint_slices_(
          loop, metrics, client, endpoint_slices(), api::decode_endpoint_slice,
          [this](const auto& key) { slice_changed(key); }, &inputs_.endpoint_slices),
      namespaces_(loop, metrics, client, namespaces(), api::decode_namespace,
                  change_of(listener_, std::nullopt), &inputs_.namespaces),
      nodes_(loop, metrics, client, resource_of(Target::kNode), api::decode_node,
             change_of(listener_, Target::kNode), &inputs_.nodes),
      node_reports_(loop, metrics, client, resource_of(Target::kNodeReport), api::decode_node_report,
                    change_of(listener_, Target::kNodeReport), &inputs_.node_reports),
      groups_(loop, metrics, client, resource_of(Target::kVRRPGroup), api::decode_vrrp_group,
              change_of(listener_, Target::kVRRPGroup), &inputs_.groups),
      sets_(loop, metrics, client, resource_of(Target::kRealServerSet), api::decode_real_server_set,
            change_of(listener_, Target::kRealServerSet), &inputs_.sets) {
  for_each(*this, [this](auto& informer) {
    informer.when_other_history([this](TimePoint since) { doubt(since); });
  });
}

template <class Self, class Do>
void Caches::for_each(Self& self, Do work) {
  work(self.virtual_ips_);
  work(self.pools_);
  work(self.claims_);
  work(self.services_);
  work(self.endpoint_slices_);
  work(self.namespaces_);
  work(self.nodes_);
  work(self.node_reports_);
  work(self.groups_);
  work(self.sets_);
}

void Caches::doubt(TimePoint since) {
  const auto before = unsynced().size();
  for_each(*this, [since](auto& informer) { informer.doubt(since); });
  const auto missing = unsynced();
  if (missing.size() == before) return;
  sys::log(sys::LogLevel::kInfo, "controller.asks_anew", {{"kinds", join(missing, ",")}});
  listener_.on_change(std::nullopt, {});
}

void Caches::slice_changed(const api::ObjectKey& key) {
  if (key.name.empty()) return listener_.on_change(std::nullopt, key);
  const auto known = service_of_.find(key);
  const auto before = known == service_of_.end() ? std::nullopt : std::optional(known->second);
  const auto* slice = find(inputs_.endpoint_slices, key);
  if (slice == nullptr) {
    service_of_.erase(key);
  } else {
    service_of_[key] = {key.namespace_name, slice->service_name};
    if (before != service_of_.at(key)) listener_.on_endpoints(service_of_.at(key));
  }
  if (before) listener_.on_endpoints(*before);
}

std::vector<std::string> Caches::unsynced() const {
  std::vector<std::string> out;
  for_each(*this, [&out](const auto& informer) {
    if (!informer.synced()) out.push_back(informer.kind());
  });
  return out;
}

Inputs& Caches::inputs() {
  inputs_.poisoned_virtual_ips = poisoned_of(virtual_ips_);
  inputs_.poisoned_pools = poisoned_of(pools_);
  inputs_.poisoned_claims = poisoned_of(claims_);
  inputs_.poisoned_services = poisoned_of(services_);
  inputs_.poisoned_groups = poisoned_of(groups_);
  inputs_.poisoned_sets = poisoned_of(sets_);
  return inputs_;
}

std::string Caches::version_of(Target target, const api::ObjectKey& key) const {
  switch (target) {
    case Target::kVirtualIP:
      return version_in(virtual_ips_, key);
    case Target::kAddressClaim:
      return version_in(claims_, key);
    case Target::kVRRPGroup:
      return version_in(groups_, key);
    case Target::kRealServerSet:
      return version_in(sets_, key);
    case Target::kAddressPool:
      return version_in(pools_, key);
    case Target::kService:
      return version_in(services_, key);
    case Target::kNodeReport:
      return version_in(node_reports_, key);
    case Target::kNode:
      return version_in(nodes_, key);
  }
  return "";
}

}  // namespace fairlead::controller

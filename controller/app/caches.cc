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

}  // namespace

Caches::Caches(sys::Loop& loop, sys::Metrics& metrics, apiserver::Client& client,
               std::function<void()> on_change)
    : on_change_(on_change),
      virtual_ips_(loop, metrics, client, resource_of(Target::kVirtualIP), api::decode_virtual_ip,
                   [on_change](const auto&) { on_change(); }),
      pools_(loop, metrics, client, resource_of(Target::kAddressPool), api::decode_address_pool,
             [on_change](const auto&) { on_change(); }),
      claims_(loop, metrics, client, resource_of(Target::kAddressClaim), api::decode_address_claim,
              [on_change](const auto&) { on_change(); }),
      services_(loop, metrics, client, resource_of(Target::kService), api::decode_service,
                [on_change](const auto&) { on_change(); }),
      endpoint_slices_(loop, metrics, client, endpoint_slices(), api::decode_endpoint_slice,
                       [on_change](const auto&) { on_change(); }),
      namespaces_(loop, metrics, client, namespaces(), api::decode_namespace,
                  [on_change](const auto&) { on_change(); }),
      nodes_(loop, metrics, client, resource_of(Target::kNode), api::decode_node,
             [on_change](const auto&) { on_change(); }),
      node_reports_(loop, metrics, client, resource_of(Target::kNodeReport), api::decode_node_report,
                    [on_change](const auto&) { on_change(); }),
      groups_(loop, metrics, client, resource_of(Target::kVRRPGroup), api::decode_vrrp_group,
              [on_change](const auto&) { on_change(); }),
      sets_(loop, metrics, client, resource_of(Target::kRealServerSet), api::decode_real_server_set,
            [on_change](const auto&) { on_change(); }) {
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
  on_change_();
}

std::vector<std::string> Caches::unsynced() const {
  std::vector<std::string> out;
  for_each(*this, [&out](const auto& informer) {
    if (!informer.synced()) out.push_back(informer.kind());
  });
  return out;
}

Inputs Caches::snapshot() const {
  Inputs out;
  out.virtual_ips = virtual_ips_.objects();
  out.poisoned_virtual_ips = poisoned_of(virtual_ips_);
  out.pools = pools_.objects();
  out.poisoned_pools = poisoned_of(pools_);
  out.claims = claims_.objects();
  out.poisoned_claims = poisoned_of(claims_);
  out.services = services_.objects();
  out.poisoned_services = poisoned_of(services_);
  out.endpoint_slices = endpoint_slices_.objects();
  out.namespaces = namespaces_.objects();
  out.nodes = nodes_.objects();
  out.node_reports = node_reports_.objects();
  out.groups = groups_.objects();
  out.poisoned_groups = poisoned_of(groups_);
  out.sets = sets_.objects();
  out.poisoned_sets = poisoned_of(sets_);
  return out;
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

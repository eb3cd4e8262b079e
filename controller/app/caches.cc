#include "controller/app/caches.h"

#include <utility>

#include "controller/app/paths.h"
#include "controller/plan/concern.h"
#include "controller/plan/needed.h"
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

// `decode`, and of that what is needed.
template <class T, class... More>
std::function<api::Decoded<T>(std::string_view)> what_is_needed(api::Decoded<T> (*decode)(std::string_view),
                                                                const More&... settings) {
  return [decode, settings...](std::string_view text) {
    auto out = decode(text);
    out.value = needed(std::move(out.value), settings...);
    return out;
  };
}

}  // namespace

Caches::Caches(sys::Loop& loop, sys::Metrics& metrics, apiserver::Client& client, const Settings& settings,
               Listener listener)
    : listener_(std::move(listener)),
      virtual_ips_(
          loop, metrics, client, resource_of(Target::kVirtualIP), api::decode_virtual_ip,
          [this](const auto& key) {
            inputs_.kinship->changed(key, find(inputs_.virtual_ips, key));
            listener_.on_change(Target::kVirtualIP, key);
          },
          &inputs_.virtual_ips),
      pools_(loop, metrics, client, resource_of(Target::kAddressPool), api::decode_address_pool,
             change_of(listener_, Target::kAddressPool), &inputs_.pools),
      claims_(loop, metrics, client, resource_of(Target::kAddressClaim), api::decode_address_claim,
              change_of(listener_, Target::kAddressClaim), &inputs_.claims),
      services_(
          loop, metrics, client, resource_of(Target::kService), what_is_needed(api::decode_service, settings),
          [this](const auto& key) { service_changed(key); }, &inputs_.services),
      endpoint_slices_(
          loop, metrics, client, endpoint_slices(), what_is_needed(api::decode_endpoint_slice),
          [this](const auto& key) { slice_changed(key); }, &inputs_.endpoint_slices),
      namespaces_(
          loop, metrics, client, namespaces(), what_is_needed(api::decode_namespace),
          [this](const auto& key) { namespace_changed(key); }, &inputs_.namespaces),
      nodes_(loop, metrics, client, resource_of(Target::kNode), what_is_needed(api::decode_node),
             change_of(listener_, Target::kNode), &inputs_.nodes),
      node_reports_(loop, metrics, client, resource_of(Target::kNodeReport), api::decode_node_report,
                    change_of(listener_, Target::kNodeReport), &inputs_.node_reports),
      groups_(loop, metrics, client, resource_of(Target::kVRRPGroup), api::decode_vrrp_group,
              change_of(listener_, Target::kVRRPGroup), &inputs_.groups),
      sets_(
          loop, metrics, client, resource_of(Target::kRealServerSet), api::decode_real_server_set,
          [this](const auto& key) {
            inputs_.kinship->changed(key, find(inputs_.sets, key));
            listener_.on_change(Target::kRealServerSet, key);
          },
          &inputs_.sets) {
  inputs_.settings = settings;
  inputs_.kinship.emplace();
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
  auto services = inputs_.kinship->slices().of(key);
  inputs_.kinship->changed(key, find(inputs_.endpoint_slices, key));
  const auto& now = inputs_.kinship->slices().of(key);
  services.insert(now.begin(), now.end());
  for (const auto& service : services) {
    if (is_named(inputs_, service)) listener_.on_endpoints(service);
  }
}

void Caches::service_changed(const api::ObjectKey& key) {
  const auto poisoned = services_.poisoned().find(key);
  const auto* partly_read = poisoned == services_.poisoned().end() ? nullptr : &poisoned->second.object;
  const bool aside = !key.name.empty() && !concerns_us(inputs_, key, partly_read);
  return aside ? listener_.on_aside() : listener_.on_change(Target::kService, key);
}

void Caches::namespace_changed(const api::ObjectKey& key) {
  const bool aside = !key.name.empty() && !is_home(inputs_, key.name);
  return aside ? listener_.on_aside() : listener_.on_change(std::nullopt, key);
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

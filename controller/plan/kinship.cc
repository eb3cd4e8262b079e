#include "controller/plan/kinship.h"

#include <utility>

namespace fairlead::controller {

void Kinship::changed(const api::ObjectKey& key, const api::EndpointSlice* slice) {
  std::set<api::ObjectKey> services;
  if (slice != nullptr) services.insert({key.namespace_name, slice->service_name});
  slices_.set(key, std::move(services));
}

void Kinship::changed(const api::ObjectKey& key, const api::RealServerSet* set) {
  std::set<std::string> owners;
  if (set != nullptr) {
    for (const auto& owner : set->meta.owner_references) owners.insert(owner.uid);
  }
  sets_.set(key, std::move(owners));
}

void Kinship::changed(const api::ObjectKey& key, const api::VirtualIP* virtual_ip) {
  std::set<api::ObjectKey> services;
  if (virtual_ip != nullptr && virtual_ip->spec.service) {
    services.insert({key.namespace_name, *virtual_ip->spec.service});
  }
  virtual_ips_.set(key, std::move(services));
}

}  // namespace fairlead::controller

#include "node/agent/forwarding_cleanup.h"

#include <optional>
#include <utility>

#include "node/filter/guard_text.h"

namespace fairlead::agent {
namespace {

Result<std::set<plan::VirtualServerKey>> delete_services(const std::set<plan::VirtualServerKey>& owned,
                                                         kernel::Ipvs& ipvs) {
  std::set<plan::VirtualServerKey> deleted;
  std::optional<Error> first;
  for (const auto& key : owned) {
    const auto service = ipvs.service(key);
    if (!service && service.error().code == Code::kNotFound) return deleted;  // a kernel without IPVS
    if (!service) return service.error();
    if (!*service) continue;
    const auto results = ipvs.apply({ipvs::DeleteService{key}});
    if (results.front())
      deleted.insert(key);
    else if (!first)
      first = results.front().error();
  }
  if (first) return *first;
  return deleted;
}

Result<bool> delete_guard(kernel::Nft& nft) {
  const auto table = nft.trace();
  if (!table && table.error().code == Code::kNotFound) return false;  // a kernel without nf_tables
  if (!table) return table.error();
  if (!*table) return false;
  if (auto removed = nft.apply(filter::remove_text()); !removed) return removed.error();
  return true;
}

}  // namespace

Result<ForwardingCleaned> cleanup_forwarding(const std::set<plan::VirtualServerKey>& owned,
                                             ForwardingPorts ports) {
  // The guard goes even if a service stays behind: the VIPs are gone already.
  auto services = delete_services(owned, *ports.ipvs);
  const auto guard = delete_guard(*ports.nft);
  if (!services) return services.error();
  if (!guard) return guard.error();
  return ForwardingCleaned{*std::move(services), *guard};
}

}  // namespace fairlead::agent

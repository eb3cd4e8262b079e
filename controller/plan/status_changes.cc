#include "controller/plan/status_changes.h"

#include <algorithm>

#include "controller/plan/newest.h"
#include "controller/plan/write_parts.h"

namespace fairlead::controller {
namespace {

std::vector<Notice> notices_of(const ByKey<std::vector<Notice>>& notices, const api::ObjectKey& key) {
  const auto* found = find(notices, key);
  return found == nullptr ? std::vector<Notice>{} : *found;
}

void virtual_ip_statuses(const Inputs& inputs, const Statuses& statuses, std::vector<Write>& out) {
  for (const auto& [key, status] : statuses.virtual_ips) {
    const auto* there = newest(inputs.virtual_ips, inputs.poisoned_virtual_ips, key);
    if (there == nullptr || there->status == status) continue;
    api::VirtualIP object;
    object.meta = frame_of(there->meta);
    object.status = status;
    out.push_back(application({Step::kStatus, Verb::kApplyStatus, Target::kVirtualIP}, object.meta,
                              api::encode_virtual_ip_status(object)));
    out.back().notices = notices_of(statuses.virtual_ip_notices, key);
  }
}

void group_statuses(const Inputs& inputs, const Desired& desired, const Statuses& statuses,
                    std::vector<Write>& out) {
  for (const auto& [key, status] : statuses.groups) {
    const auto* there = find(inputs.groups, key);
    const bool unreadable = inputs.poisoned_groups.contains(key);  // changes.cc
    if (there == nullptr || unreadable || !desired.groups.contains(key)) continue;
    const bool equal = there->status.master == status.master && there->status.state == status.state &&
                       there->status.conditions == status.conditions;
    if (equal) continue;
    api::VRRPGroup object;
    object.meta = frame_of(there->meta);
    object.status = status;
    out.push_back(application({Step::kStatus, Verb::kApplyStatus, Target::kVRRPGroup}, object.meta,
                              api::encode_vrrp_group_status(object)));
  }
}

void pool_statuses(const Inputs& inputs, const Statuses& statuses, std::vector<Write>& out) {
  for (const auto& [key, status] : statuses.pools) {
    const auto* there = newest(inputs.pools, inputs.poisoned_pools, key);
    if (there == nullptr || there->status == status) continue;
    api::AddressPool object;
    object.meta = frame_of(there->meta);
    object.status = status;
    out.push_back(application({Step::kStatus, Verb::kApplyStatus, Target::kAddressPool}, object.meta,
                              api::encode_address_pool_status(object)));
    out.back().notices = notices_of(statuses.pool_notices, key);
  }
}

// Of the Service's conditions only ours count, those of a type we write.
bool same(const api::Service& there, const ServiceStatus& wanted) {
  if (wanted.given_up || there.ingress != wanted.ingress) return false;
  return std::all_of(wanted.conditions.begin(), wanted.conditions.end(), [&](const auto& condition) {
    return std::find(there.conditions.begin(), there.conditions.end(), condition) != there.conditions.end();
  });
}

void service_statuses(const Inputs& inputs, const Statuses& statuses, std::vector<Write>& out) {
  for (const auto& [key, status] : statuses.services) {
    const auto* there = newest(inputs.services, inputs.poisoned_services, key);
    if (there == nullptr || same(*there, status)) continue;
    api::Service object;
    object.meta = frame_of(there->meta);
    object.ingress = status.ingress;
    object.conditions = status.conditions;
    out.push_back(application(
        {Step::kServiceStatus, Verb::kApplyStatus, Target::kService}, object.meta,
        status.given_up ? api::encode_service_given_up(object) : api::encode_service_status(object)));
    out.back().notices = notices_of(statuses.service_notices, key);
  }
}

}  // namespace

void status_writes(const Inputs& inputs, const Desired& desired, const Statuses& statuses,
                   std::vector<Write>& out) {
  virtual_ip_statuses(inputs, statuses, out);
  group_statuses(inputs, desired, statuses, out);
  pool_statuses(inputs, statuses, out);
  service_statuses(inputs, statuses, out);
}

}  // namespace fairlead::controller

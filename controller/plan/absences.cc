#include "controller/plan/absences.h"

#include <algorithm>
#include <set>
#include <string>
#include <tuple>

#include "controller/plan/holdings.h"
#include "controller/plan/out_of_reach.h"
#include "controller/plan/release.h"
#include "controller/plan/service_owner.h"
#include "lib/api/status_reply.h"
#include "lib/base/http_code.h"

namespace fairlead::controller {
namespace {

using Owners = std::set<api::AddressOwner>;

Owners owners_of(const api::VRRPGroup& group, const api::VRRPGroup* without) {
  Owners out;
  for (const auto& address : group.spec.addresses) {
    const auto same = [&](const auto& other) {
      return other.address == address.address && other.owners == address.owners;
    };
    const bool stays = without != nullptr &&
                       std::any_of(without->spec.addresses.begin(), without->spec.addresses.end(), same);
    if (!stays) out.insert(address.owners.begin(), address.owners.end());
  }
  return out;
}

bool shown(const Inputs& inputs, const api::ObjectKey& key) {
  return inputs.virtual_ips.contains(key) || inputs.poisoned_virtual_ips.contains(key);
}

// Members, and who is out and has not said so. (Of a name too long for a label only its beginning is known,
// and that is no Node's.)
std::set<std::string> seated(const api::VRRPGroup& group) {
  std::set<std::string> out;
  auto others = group.meta.labels;
  for (const auto& member : group.spec.members) {
    out.insert(member.node);
    others.erase(api::node_label(member.node));
  }
  for (const auto& [label, value] : others) {
    if (label.starts_with(api::kNodeLabelPrefix)) out.insert(label.substr(api::kNodeLabelPrefix.size()));
  }
  return out;
}

// UID of the VirtualIP, address, node: a release that waits for that node.
std::set<std::tuple<std::string, net::IpAddress, std::string>> waits(const api::VRRPGroup& group) {
  std::set<std::tuple<std::string, net::IpAddress, std::string>> out;
  for (const auto& release : noted_releases(group)) {
    for (const auto& node : release.nodes) out.insert({release.owner_uid, release.address, node});
  }
  return out;
}

// Nodes that had something to do with the group, and by `wanted` have not.
std::set<std::string> nodes_left(const api::VRRPGroup& there, const api::VRRPGroup* wanted) {
  auto out = seated(there);
  auto waiting = waits(there);
  if (wanted != nullptr) {
    for (const auto& node : seated(*wanted)) out.erase(node);
    for (const auto& wait : waits(*wanted)) waiting.erase(wait);
  }
  for (const auto& wait : waiting) out.insert(std::get<2>(wait));
  return out;
}

// Nodes in the notes of any group about an address that this one gets.
std::set<std::string> nodes_taken_over(const ReleaseNotes& notes, const api::VRRPGroup* there,
                                       const api::VRRPGroup* wanted) {
  if (wanted == nullptr) return {};
  std::set<net::IpAddress> had;
  if (there != nullptr) {
    for (const auto& address : there->spec.addresses) had.insert(address.address);
  }
  std::set<std::string> out;
  for (const auto& address : wanted->spec.addresses) {
    const auto noted = notes.of_addresses.find(address.address);
    if (noted == notes.of_addresses.end() || had.contains(address.address)) continue;
    out.insert(noted->second.begin(), noted->second.end());
  }
  return out;
}

void ask_for_nodes(const Inputs& inputs, const std::set<std::string>& nodes, std::vector<Absence>& out) {
  for (const auto& node : nodes) {
    if (node == kNoNode) continue;
    if (!inputs.nodes.contains(cluster_key(node))) out.push_back({Target::kNode, cluster_key(node), ""});
  }
}

bool is_without(const Absence& absence, const std::string& body) {
  const auto read = api::decode_vrrp_group(body);
  if (hides_addresses(read.problems) || api::key_of(read.value.meta) != absence.key) return false;
  const auto& address = *absence.without;
  const auto& uid = absence.owner;
  const auto& listed = read.value.spec.addresses;
  const auto notes = noted_releases(read.value);
  return std::none_of(listed.begin(), listed.end(),
                      [&](const api::GroupAddress& one) {
                        return one.address == address && (uid.empty() || lists(one.owners, uid));
                      }) &&
         std::none_of(notes.begin(), notes.end(), [&](const Release& one) {
           return one.address == address && (uid.empty() || one.owner_uid == uid) && !is_turned_away(one);
         });
}

// Whatever group it names.
std::vector<Absence> absences_of_claim(const Inputs& inputs, const ReleaseNotes& notes,
                                       const api::AddressClaim& there) {
  std::vector<Absence> out;
  bool alive = false;
  for (const auto& holder : api::holders_of(there)) {
    const api::ObjectKey key{holder.namespace_name, holder.name};
    const auto* object = find(inputs.virtual_ips, key);
    if (object != nullptr && object->meta.uid == holder.uid) {
      out.push_back({Target::kVirtualIP, key, holder.uid, std::to_string(object->meta.generation)});
      alive = true;
    } else if (!shown(inputs, key)) {
      out.push_back({Target::kVirtualIP, key, holder.uid});
    }
  }
  const auto pool = cluster_key(there.spec.pool);
  if (alive && !pool.name.empty() && !inputs.pools.contains(pool))
    out.push_back({Target::kAddressPool, pool, ""});
  const auto noted = notes.of_addresses.find(there.spec.address);
  if (noted != notes.of_addresses.end()) ask_for_nodes(inputs, noted->second, out);
  return out;
}

}  // namespace

std::vector<Absence> absences_of(const Inputs& inputs, const ReleaseNotes& notes, const Desired& desired,
                                 const api::VRRPGroup* there, const api::VRRPGroup* wanted) {
  std::vector<Absence> out;
  const Owners owners = there == nullptr ? Owners{} : owners_of(*there, wanted);
  for (const auto& owner : owners) {
    const api::ObjectKey key{owner.namespace_name, owner.name};
    if (!shown(inputs, key)) out.push_back({Target::kVirtualIP, key, owner.uid});
    if (!desired.to_delete.contains(key)) continue;
    const auto of_service = absences_of(inputs, inputs.virtual_ips.at(key));
    out.insert(out.end(), of_service.begin(), of_service.end());
  }
  std::set<std::string> nodes = there == nullptr ? std::set<std::string>{} : nodes_left(*there, wanted);
  nodes.merge(nodes_taken_over(notes, there, wanted));
  ask_for_nodes(inputs, nodes, out);
  return out;
}

std::vector<Absence> absences_of_release(const Inputs& inputs, const ReleaseNotes& notes,
                                         const std::string& uid) {
  std::vector<Absence> out;
  const auto noted = notes.of_owners.find(uid);
  if (noted != notes.of_owners.end()) ask_for_nodes(inputs, noted->second, out);
  return out;
}

std::vector<Absence> absences_of_holders(const Inputs& inputs, const ReleaseNotes& notes,
                                         const api::AddressClaim& leaving) {
  auto out = absences_of_claim(inputs, notes, leaving);
  for (auto absence : absences_of_group(leaving)) {
    for (const auto& holder : leaving.status_holders) {
      absence.owner = holder.uid;
      out.push_back(absence);
    }
  }
  return out;
}

std::vector<Absence> absences_of_end(const Inputs& inputs, const ReleaseNotes& notes,
                                     const api::AddressClaim& there) {
  auto out = absences_of_claim(inputs, notes, there);
  const auto of_group = absences_of_group(there);
  out.insert(out.end(), of_group.begin(), of_group.end());
  return out;
}

std::vector<Absence> absences_of_group(const api::AddressClaim& there) {
  const auto group = api::group_named_by(there);
  if (group.empty()) return {};
  return {{Target::kVRRPGroup, cluster_key(group), "", "", there.spec.address}};
}

std::vector<Absence> absences_of(const Inputs& inputs, const api::RealServerSet& there) {
  std::vector<Absence> out;
  for (const auto& owner : there.meta.owner_references) {
    const api::ObjectKey key{there.meta.namespace_name, owner.name};
    if (owner.kind == "VirtualIP" && !shown(inputs, key)) out.push_back({Target::kVirtualIP, key, owner.uid});
  }
  return out;
}

std::vector<Absence> absences_of(const Inputs& inputs, const api::VirtualIP& there) {
  const auto* service = service_owner(there.meta);
  const auto key = api::key_of(there.meta);
  if (service == nullptr || inputs.services.contains(key)) return {};
  return {{Target::kService, key, service->uid}};
}

bool confirms(const Absence& absence, int status, const std::string& body) {
  if (status == http_code::kNotFound) {
    const auto reply = api::decode_status_reply(body);
    return reply.ok() && reply.value.reason == "NotFound" && reply.value.name == absence.key.name;
  }
  if (status == http_code::kOk && absence.without) return is_without(absence, body);
  if (status != http_code::kOk || absence.uid.empty()) return false;
  const auto meta = api::decode_meta(body);
  if (!meta.ok() || api::key_of(meta.value) != absence.key || meta.value.uid.empty()) return false;
  if (meta.value.uid != absence.uid) return true;
  return !absence.unchanged.empty() && std::to_string(meta.value.generation) == absence.unchanged;
}

}  // namespace fairlead::controller

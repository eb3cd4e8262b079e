#include "sim/controller/ending.h"

#include <algorithm>
#include <map>
#include <vector>

#include "controller/plan/release.h"
#include "lib/api/address_claim.h"
#include "lib/api/address_pool.h"
#include "lib/api/virtual_ip.h"
#include "lib/api/vrrp_group.h"
#include "sim/controller/documents.h"

namespace fairlead::sim::cluster {
namespace {

// All that there is, decoded once.
struct Sight {
  const Server& server;
  const std::set<std::string>& zones;
  std::set<std::string> uids;
  std::vector<api::VRRPGroup> groups;
  std::map<std::string, std::set<std::string>> holders;       // address -> UIDs
  std::map<std::string, std::vector<std::string>> groups_of;  // address -> groups
  std::map<std::string, std::set<std::string>> addresses_of;  // UID -> those that groups list for it

  Sight(const Server& of, const std::set<std::string>& some) : server(of), zones(some) {
    for (const auto& [name, object] : server.objects()) {
      uids.insert(object["metadata"]["uid"]);
      if (name.kind == "VRRPGroup") add(api::decode_vrrp_group(object.dump()).value);
      if (name.kind == "AddressClaim") add(api::decode_address_claim(object.dump()).value);
    }
  }
  void add(const api::VRRPGroup& group) {
    groups.push_back(group);
    for (const auto& address : group.spec.addresses) {
      groups_of[net::to_string(address.address)].push_back(group.meta.name);
      for (const auto& owner : address.owners)
        addresses_of[owner.uid].insert(net::to_string(address.address));
    }
  }
  void add(const api::AddressClaim& claim) {
    for (const auto& holder : api::holders_of(claim))
      holders[net::to_string(claim.spec.address)].insert(holder.uid);
  }
};

using Found = std::optional<Breach>;

Breach converged(const std::string& what) { return {"I-7", "at the end " + what}; }

Found of_group(const Sight& sight, const api::VRRPGroup& group) {
  const std::string name = "group " + group.meta.name + " ";
  if (group.spec.addresses.empty()) return converged(name + "has no address");
  if (group.meta.annotations.contains(controller::kReleasingAnnotation)) {
    return converged(name + "still releases " + group.meta.annotations.at(controller::kReleasingAnnotation));
  }
  for (const auto& address : group.spec.addresses) {
    for (const auto& owner : address.owners) {
      if (!sight.uids.contains(owner.uid)) {
        return converged(name + "lists " + net::to_string(address.address) + " for " + owner.uid +
                         ", which is gone");
      }
      if (!sight.holders.contains(net::to_string(address.address)) ||
          !sight.holders.at(net::to_string(address.address)).contains(owner.uid)) {
        return converged(name + "lists " + net::to_string(address.address) + " for " + owner.uid +
                         " without a claim");
      }
    }
  }
  std::size_t labels = 0;
  for (const auto& [label, value] : group.meta.labels)
    labels += label.starts_with(api::kNodeLabelPrefix) ? 1U : 0U;
  if (labels != group.spec.members.size()) return converged(name + "has labels of others than its members");
  for (const auto& member : group.spec.members) {
    const bool told =
        std::any_of(group.status.members.begin(), group.status.members.end(), [&](const auto& entry) {
          return entry.node == member.node && entry.programmed &&
                 entry.observed_generation == group.meta.generation;
        });
    if (!told) return converged(name + "has a member that does not run it: " + member.node);
  }
  return std::nullopt;
}

// Empty where there is none, as of an object that a planted bug makes anew.
json spec_of(const json& object) { return object.value("spec", json::object()); }

bool can_be_placed(const Sight& sight, const json& spec) {
  if (!spec.contains("placement")) return true;
  return sight.zones.contains("a");
}

std::string reasons_of(const json& object) {
  std::string out = object.value("status", json::object()).value("state", "no state");
  for (const auto& condition : object.value("status", json::object()).value("conditions", json::array())) {
    out += " " + condition["type"].get<std::string>() + "=" + condition["status"].get<std::string>() + "/" +
           condition["reason"].get<std::string>();
  }
  return out;
}

// Whether nobody could have given it what it asks for.
bool in_vain(const Sight& sight, const std::string& uid, const json& spec) {
  if (!spec.contains("addresses") || spec["addresses"].empty()) {
    return sight.holders.size() >= static_cast<std::size_t>(kPoolSize);
  }
  const auto found = sight.holders.find(spec["addresses"][0].get<std::string>());
  return found != sight.holders.end() && !found->second.contains(uid);
}

std::set<int> ports_of(const json& spec) {
  std::set<int> out;
  for (const auto& port : spec.value("ports", json::array())) out.insert(port["port"].get<int>());
  return out;
}

bool fit(const json& a, const json& b) {
  const auto key = [](const json& spec) { return spec.value("sharingKey", ""); };
  const std::set<int> ports = ports_of(b);
  const std::set<int> mine = ports_of(a);
  return !key(a).empty() && key(a) == key(b) && a.value("forwarding", "") == b.value("forwarding", "") &&
         std::none_of(mine.begin(), mine.end(), [&](int port) { return ports.contains(port); });
}

// It shares its address, and one of them has changed so that they do not fit any more: all keep it.
bool fits_no_more(const Sight& sight, const std::string& uid, const json& spec,
                  const std::set<std::string>& addresses) {
  const auto& all = sight.server.objects();
  return std::any_of(addresses.begin(), addresses.end(), [&](const auto& address) {
    const auto found = sight.holders.find(address);
    return found != sight.holders.end() && std::any_of(all.begin(), all.end(), [&](const auto& entry) {
             const std::string other = entry.second["metadata"]["uid"];
             return entry.first.kind == "VirtualIP" && other != uid && found->second.contains(other) &&
                    !fit(spec, spec_of(entry.second));
           });
  });
}

// A pool that overlaps ours is the elder once ours was gone and came back: then it is ours that is refused.
bool pool_is_refused(const Sight& sight) {
  const json* ours = sight.server.find(pool_name());
  if (ours == nullptr) return false;
  const auto age = [](const json& pool) {
    const json& meta = pool["metadata"];
    return std::pair(meta["creationTimestamp"].get<std::string>(), meta["uid"].get<std::string>());
  };
  const auto& all = sight.server.objects();
  return std::any_of(all.begin(), all.end(), [&](const auto& entry) {
    return entry.first.kind == "AddressPool" && is_poison(entry.first) && age(entry.second) < age(*ours) &&
           api::decode_address_pool(entry.second.dump()).ok();
  });
}

bool has_no_servers(const Sight& sight, const Name& name, const json& spec) {
  if (!spec.contains("serviceRef")) return false;
  const json* slice = sight.server.find({"EndpointSlice", {kNamespace, name.key.name + "-1"}});
  return slice == nullptr || (*slice)["endpoints"].empty();
}

Found of_virtual_ip(const Sight& sight, const Name& name, const json& object) {
  const std::string text = to_string(name) + " ";
  const std::string uid = object["metadata"]["uid"];
  if (object["metadata"].contains("deletionTimestamp")) return converged(text + "is being deleted");
  if (is_poison(name)) {
    const auto state = object.value("status", json::object()).value("state", "");
    if (state != "Rejected") return Breach{"I-8", text + "is told " + reasons_of(object)};
    return std::nullopt;
  }
  const auto held = sight.addresses_of.find(uid);
  const auto state = object.value("status", json::object()).value("state", "");
  if (held == sight.addresses_of.end()) {
    const bool right = in_vain(sight, uid, spec_of(object)) || !can_be_placed(sight, spec_of(object)) ||
                       pool_is_refused(sight);
    if (!right) return converged(text + "is not served: " + reasons_of(object));
    return std::nullopt;
  }
  const json shows = object["status"].value("addresses", json::array());
  if (shows.get<std::set<std::string>>() != held->second) {
    return converged(text + "shows " + shows.dump() + ", and groups list " + json(held->second).dump() +
                     " for it: " + reasons_of(object));
  }
  const bool keeps = in_vain(sight, uid, spec_of(object));  // what it had, being refused what it asks for
  const bool excused = keeps || fits_no_more(sight, uid, spec_of(object), held->second) ||
                       !can_be_placed(sight, spec_of(object)) ||
                       has_no_servers(sight, name, spec_of(object)) || pool_is_refused(sight);
  if (state != "Ready" && !excused) {
    return converged(text + "is served and not ready: " + reasons_of(object));
  }
  return std::nullopt;
}

Found of_service(const Sight& sight, const Name& name, const json& object) {
  const std::string text = to_string(name) + " ";
  const auto* made = sight.server.find({"VirtualIP", name.key});
  const json ingress = object.value("status", json::object())
                           .value("loadBalancer", json::object())
                           .value("ingress", json::array());
  if (is_poison(name)) {
    if (ingress.empty()) return std::nullopt;
    return Breach{"I-8", text + "shows " + ingress.dump()};
  }
  const bool ours = spec_of(object).value("type", "") == "LoadBalancer";
  if (!ours) {
    if (made != nullptr || !ingress.empty())
      return converged(text + "is none of ours and has " + ingress.dump());
    return std::nullopt;
  }
  if (made == nullptr) return converged(text + "has no VirtualIP");
  const auto held = sight.addresses_of.find((*made)["metadata"]["uid"].get<std::string>());
  std::set<std::string> shown;
  for (const auto& one : ingress) shown.insert(one.value("ip", ""));
  const auto wanted = held == sight.addresses_of.end() ? std::set<std::string>{} : held->second;
  if (shown != wanted) return converged(text + "shows " + ingress.dump() + ", not " + json(wanted).dump());
  return std::nullopt;
}

Found of_owner(const Sight& sight, const Name& name, const json& object) {
  for (const auto& owner : object["metadata"].value("ownerReferences", json::array())) {
    if (!sight.uids.contains(owner["uid"].get<std::string>()))
      return converged(to_string(name) + " is of nobody");
  }
  return std::nullopt;
}

Found of_object(const Sight& sight, const Name& name, const json& object) {
  if (name.kind == "VirtualIP") return of_virtual_ip(sight, name, object);
  if (name.kind == "Service") return of_service(sight, name, object);
  if (name.kind == "RealServerSet") return of_owner(sight, name, object);
  return std::nullopt;
}

Found of_addresses(const Sight& sight) {
  for (const auto& [address, groups] : sight.groups_of) {
    if (groups.size() > 1)
      return Breach{"I-13", "at the end groups " + groups[0] + " and " + groups[1] + " list " + address};
  }
  for (const auto& [address, holders] : sight.holders) {
    for (const auto& uid : holders) {
      if (!sight.uids.contains(uid))
        return converged("the claim of " + address + " names " + uid + ", which is gone");
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<Breach> look(const Server& server, const std::set<std::string>& zones) {
  const Sight sight(server, zones);
  if (auto found = of_addresses(sight)) return found;
  for (const auto& group : sight.groups) {
    if (auto found = of_group(sight, group)) return found;
  }
  for (const auto& [name, object] : server.objects()) {
    if (auto found = of_object(sight, name, object)) return found;
  }
  return std::nullopt;
}

}  // namespace fairlead::sim::cluster

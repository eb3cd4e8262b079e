#include "controller/plan/desired.h"

#include <algorithm>

#include "controller/plan/backends.h"
#include "controller/plan/claim.h"
#include "controller/plan/place.h"
#include "controller/plan/pools.h"
#include "controller/plan/release.h"
#include "controller/plan/seats.h"
#include "controller/plan/services.h"
#include "controller/plan/translate.h"
#include "controller/plan/validate.h"

namespace fairlead::controller {
namespace {

bool has_finalizer(const api::ObjectMeta& meta) {
  return std::find(meta.finalizers.begin(), meta.finalizers.end(), api::kReleaseFinalizer) !=
         meta.finalizers.end();
}

void decide_services(const Inputs& inputs, Desired& out) {
  for (const auto& [key, service] : inputs.services) {
    if (!is_ours(service, inputs.settings)) continue;
    ServiceOutcome outcome = virtual_ip_of(inputs, service);
    if (outcome.virtual_ip) out.of_services.insert({key, *std::move(outcome.virtual_ip)});
    out.services.insert({key, std::move(outcome.refusal)});
  }
  for (const auto& [key, virtual_ip] : inputs.virtual_ips) {
    if (virtual_ip.meta.deleting || !made_for_service(virtual_ip)) continue;
    if (unreadable_service(inputs, virtual_ip) != nullptr) continue;
    const auto* service = find(inputs.services, key);
    const bool wanted =
        service != nullptr && made_for(virtual_ip, *service) && is_ours(*service, inputs.settings);
    if (!wanted) out.to_delete.insert(key);
  }
}

// A VirtualIP whose Service is not there (yet) sits in no group: the members would wait for virtual servers
// that nobody can name, and a daemon that starts would keep the other addresses of the group waiting, too.
std::optional<Refusal> nothing_to_serve(const Inputs& inputs, const api::VirtualIP& virtual_ip) {
  const std::string problem = service_problem(inputs, virtual_ip);
  if (problem.empty() || virtual_ip.spec.forwarding == api::Forwarding::kDelegate) return std::nullopt;
  for (const auto& address : virtual_ip.spec.addresses) {
    if (backends(inputs, virtual_ip, address).virtual_servers.empty()) {
      return Refusal{Reason::kNoEndpoints, problem};
    }
  }
  return std::nullopt;
}

// Their addresses stay theirs: who asked for one was refused by claim() already.
void withhold_unserved(const Inputs& inputs, Seating& seating, Desired& out) {
  std::erase_if(seating.claims.granted, [&](const auto& entry) {
    const Wish& wish = entry.second;
    auto problem = nothing_to_serve(inputs, inputs.virtual_ips.at(wish.virtual_ip));
    if (!problem || seating.frozen.contains(wish.uid)) return false;
    out.decisions[wish.virtual_ip].not_placed = std::move(problem);
    return true;
  });
}

// What the VirtualIP of an unreadable Service is to serve nobody knows: it keeps what it has, and gets no
// more.
void keep_unread(const Inputs& inputs, const std::map<net::IpAddress, Holding>& held,
                 const api::VirtualIP& virtual_ip, Judgement& judgement) {
  const auto* service = unreadable_service(inputs, virtual_ip);
  if (service == nullptr) return;
  std::erase_if(judgement.wishes, [&](const Wish& wish) {
    const auto holding = held.find(wish.address);
    return holding == held.end() || holding->second.owner.uid != wish.uid;
  });
  if (judgement.refusal) return;
  judgement.refusal =
      Refusal{Reason::kInvalidSpec, "Service " + *virtual_ip.spec.service +
                                        " cannot be read: " + api::to_string(service->problems)};
}

// Judges every VirtualIP and collects what is to be seated.
Seating decide_virtual_ips(const Inputs& inputs, const std::map<net::IpAddress, Holding>& held,
                           const std::map<std::string, Refusal>& refused, Desired& out) {
  Seating seating;
  std::vector<Wish> wishes;
  for (const auto& [key, virtual_ip] : inputs.virtual_ips) {
    if (virtual_ip.meta.deleting || out.to_delete.contains(key)) continue;
    Judgement judgement = judge(inputs, refused, held, virtual_ip);
    keep_unread(inputs, held, virtual_ip, judgement);
    Decision& decision = out.decisions[key];
    decision.pool_removed = judgement.pool_removed;
    const auto foreign = inputs.memory.foreign_writers.find(key);
    if (foreign != inputs.memory.foreign_writers.end() && made_for_service(virtual_ip)) {
      decision.foreign_writers = foreign->second;
    }
    decision.forwards = virtual_ip.spec.forwarding != api::Forwarding::kDelegate;
    if (judgement.refusal) seating.frozen.insert(virtual_ip.meta.uid);
    decision.not_accepted = std::move(judgement.refusal);
    wishes.insert(wishes.end(), judgement.wishes.begin(), judgement.wishes.end());
    if (has_finalizer(virtual_ip.meta)) continue;
    seating.unready.insert(virtual_ip.meta.uid);
    if (!judgement.wishes.empty() && !made_for_service(virtual_ip)) out.to_finalize.insert(key);
  }
  for (const auto& [key, poisoned] : inputs.poisoned_virtual_ips) {
    if (inputs.virtual_ips.contains(key)) {
      if (const auto known = out.decisions.find(key); known != out.decisions.end()) {
        known->second.not_accepted = Refusal{Reason::kInvalidSpec, api::to_string(poisoned.problems)};
      }
    } else if (!poisoned.meta.deleting) {
      seating.frozen.insert(poisoned.meta.uid);
    }
  }
  seating.claims = claim(inputs, wishes, held, releasing(inputs));
  for (const auto& [key, refusal] : seating.claims.refused) {
    out.decisions[key].not_allocated = refusal;
    seating.frozen.insert(inputs.virtual_ips.at(key).meta.uid);
  }
  withhold_unserved(inputs, seating, out);
  return seating;
}

void take_placement(Placement placement, Desired& out) {
  for (auto& [key, refusal] : placement.refused) {
    Decision& decision = out.decisions[key];
    (refusal.reason == Reason::kNoEligibleNode ? decision.not_placed : decision.not_allocated) =
        std::move(refusal);
  }
  out.groups = std::move(placement.groups);
}

void keep_sets(const Inputs& inputs, const std::string& uid, Desired& out) {
  for (const auto& [key, set] : inputs.sets) {
    if (owned_by(set.meta, uid)) out.sets.insert({key, set});
  }
}

void translate_one(const Inputs& inputs, const api::VirtualIP& virtual_ip, const Placement& placement,
                   Decision& decision, Desired& out) {
  for (const auto& address : virtual_ip.spec.addresses) {
    const Backends behind = backends(inputs, virtual_ip, address);
    decision.backend_problem = behind.problem;
    for (const auto& server : behind.virtual_servers) {
      decision.ready_reals +=
          static_cast<int>(std::count_if(server.reals.begin(), server.reals.end(),
                                         [](const auto& real) { return real.weight.value() > 0; }));
    }
    const auto group = placement.group_of.find(address);
    if (group == placement.group_of.end()) continue;
    for (auto& set : real_server_sets(virtual_ip, group->second, address, behind, inputs.sets)) {
      const auto key = api::key_of(set.meta);
      if (const auto* there = find(inputs.sets, key)) {
        set.meta.uid = there->meta.uid;
        set.meta.resource_version = there->meta.resource_version;
      }
      out.sets.insert_or_assign(key, std::move(set));
    }
  }
}

// A VirtualIP that is being deleted keeps its sets until it is released; a refused one keeps what it has.
void decide_sets(const Inputs& inputs, const Seating& seating, const Placement& placement, Desired& out) {
  for (const auto& [key, set] : inputs.sets) {
    const bool by_hand = set.meta.owner_references.empty();
    if (by_hand || set.meta.deleting) out.sets.insert({key, set});
  }
  for (const auto& uid : seating.frozen) keep_sets(inputs, uid, out);
  for (const auto& [key, virtual_ip] : inputs.virtual_ips) {
    if (virtual_ip.meta.deleting || out.to_delete.contains(key)) {
      if (!out.released.contains(key)) keep_sets(inputs, virtual_ip.meta.uid, out);
      continue;
    }
    if (seating.frozen.contains(virtual_ip.meta.uid)) continue;
    translate_one(inputs, virtual_ip, placement, out.decisions[key], out);
  }
}

void decide_release(const api::ObjectKey& key, const api::ObjectMeta& meta,
                    const std::map<net::IpAddress, Holding>& held, const Releasing& releasing, Desired& out) {
  if (!meta.deleting || !has_finalizer(meta)) return;
  if (holds_any(held, meta.uid) || releasing.waiting.contains(meta.uid)) return;
  const auto passed = releasing.passed.find(meta.uid);
  out.released[key] = passed == releasing.passed.end() ? std::set<std::string>{} : passed->second;
}

void decide_releases(const Inputs& inputs, const std::map<net::IpAddress, Holding>& held, Desired& out) {
  const Releasing now = releasing(inputs);
  for (const auto& [key, object] : inputs.virtual_ips) decide_release(key, object.meta, held, now, out);
  for (const auto& [key, object] : inputs.poisoned_virtual_ips)
    decide_release(key, object.meta, held, now, out);
}

void decide_pools(const Inputs& inputs, const std::map<std::string, Refusal>& refused, Desired& out) {
  for (const auto& [key, pool] : inputs.pools) {
    PoolDecision& decision = out.pools[key.name];
    if (const auto no = refused.find(key.name); no != refused.end()) decision.refusal = no->second;
    decision.numbers = pool_numbers(pool, out.groups);
  }
}

}  // namespace

Desired desired(const Inputs& inputs) {
  Desired out;
  const auto held = holdings(inputs);
  const auto refused = refused_pools(inputs);
  decide_services(inputs, out);
  const Seating seating = decide_virtual_ips(inputs, held, refused, out);
  decide_releases(inputs, held, out);
  const Placement placement = place(inputs, seating);
  take_placement(placement, out);
  decide_sets(inputs, seating, placement, out);
  decide_pools(inputs, refused, out);
  for (const auto& [key, report] : inputs.node_reports) {
    if (!inputs.nodes.contains(key)) out.orphan_reports.insert(key.name);
  }
  return out;
}

Memory remember(const Inputs& inputs, const Desired& desired) {
  Memory out;
  out.stale_members = inputs.memory.stale_members;
  for (const auto& [key, managers] : inputs.memory.foreign_writers) {
    if (inputs.services.contains(key)) out.foreign_writers.insert({key, managers});
  }
  const auto since = [&](const auto& map, const auto& key) {
    const auto known = map.find(key);
    return known == map.end() ? inputs.now : known->second;
  };
  for (const auto& [key, group] : inputs.groups) {
    for (const auto& release : open_releases(inputs, group)) {
      const ReleaseKey about{release.owner_uid, release.address};
      out.releasing_since[about] = since(inputs.memory.releasing_since, about);
    }
  }
  for (const auto& [key, group] : desired.groups) {
    if (group.spec.addresses.empty()) continue;
    const Demand demand{group.spec.addresses.front().address, "", {}, false};
    for (const auto& member : group.spec.members) {
      const MemberKey about{key.name, member.node};
      if (!interface_missing(inputs, member, demand)) continue;
      out.interface_missing_since[about] = since(inputs.memory.interface_missing_since, about);
    }
  }
  return out;
}

}  // namespace fairlead::controller

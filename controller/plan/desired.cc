#include "controller/plan/desired.h"

#include <algorithm>

#include "controller/plan/address_claims.h"
#include "controller/plan/allocate.h"
#include "controller/plan/place.h"
#include "controller/plan/services.h"
#include "controller/plan/validate.h"
#include "controller/plan/wanted_sets.h"
#include "controller/plan/withhold.h"

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
    if (outcome.virtual_ip)
      out.of_services.emplace_hint(out.of_services.end(), key, *std::move(outcome.virtual_ip));
    out.services.emplace_hint(out.services.end(), key, std::move(outcome.refusal));
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

// What the VirtualIP of a Service without known ports is to serve nobody knows: it keeps what it has, and
// gets no more.
void keep_unread(const Ground& ground, const api::VirtualIP& virtual_ip, Judgement& judgement) {
  std::string problem = unknown_ports(ground.inputs, virtual_ip);
  if (problem.empty()) return;
  judgement.needs.clear();
  std::erase_if(judgement.wishes, [&](const Wish& wish) {
    const auto holding = ground.held.find(wish.address);
    return holding == ground.held.end() || !lists(holding->second.owners, wish.uid);
  });
  if (judgement.refusal) return;
  judgement.refusal = Refusal{Reason::kInvalidSpec, std::move(problem)};
}

void judge_one(const Ground& ground, const api::VirtualIP& virtual_ip, Seating& seating, Demands& demands,
               Desired& out) {
  const auto key = api::key_of(virtual_ip.meta);
  Judgement judgement = judge(ground, virtual_ip);
  keep_unread(ground, virtual_ip, judgement);
  Decision& decision = out.decisions.emplace_hint(out.decisions.end(), key, Decision{})->second;
  decision.pool_removed = judgement.pool_removed;
  const auto& foreign_writers = ground.inputs.memory.foreign_writers;
  const auto foreign = foreign_writers.find(key);
  if (foreign != foreign_writers.end() && made_for_service(virtual_ip)) {
    decision.foreign_writers = foreign->second;
  }
  decision.forwards = virtual_ip.spec.forwarding != api::Forwarding::kDelegate;
  decision.asked_for = judgement.given_back;
  for (const auto& wish : judgement.wishes) decision.asked_for.push_back(wish.address);
  if (judgement.refusal) seating.frozen.insert(virtual_ip.meta.uid);
  decision.not_accepted = std::move(judgement.refusal);
  const bool asks = !judgement.wishes.empty() || !judgement.needs.empty();
  demands.wishes.insert(demands.wishes.end(), judgement.wishes.begin(), judgement.wishes.end());
  demands.needs.insert(demands.needs.end(), judgement.needs.begin(), judgement.needs.end());
  if (has_finalizer(virtual_ip.meta)) return;
  seating.unready.insert(virtual_ip.meta.uid);
  if (asks && !made_for_service(virtual_ip)) out.to_finalize.insert(key);
}

void judge_unreadable(const Inputs& inputs, Seating& seating, Desired& out) {
  for (const auto& [key, poisoned] : inputs.poisoned_virtual_ips) {
    if (inputs.virtual_ips.contains(key)) {
      if (const auto known = out.decisions.find(key); known != out.decisions.end()) {
        known->second.not_accepted = Refusal{Reason::kInvalidSpec, api::to_string(poisoned.problems)};
      }
    } else if (!poisoned.meta.deleting) {
      seating.frozen.insert(poisoned.meta.uid);
    }
  }
}

// Whose claims stay, whatever they ask for: it is refused, unreadable, or on its way out.
ClaimPlan claim_plan(const Inputs& inputs, const Seating& seating, const Desired& out) {
  ClaimPlan plan{seating.frozen, seating.unready};
  for (const auto& [key, virtual_ip] : inputs.virtual_ips) {
    if (virtual_ip.meta.deleting || out.to_delete.contains(key)) plan.stands.insert(virtual_ip.meta.uid);
  }
  for (const auto& [key, poisoned] : inputs.poisoned_virtual_ips) plan.stands.insert(poisoned.meta.uid);
  return plan;
}

// The claim is there, and nobody can read whose it is: of who has the address in a group (FC-09).
bool has_unread_claim(const Ground& ground, const Wish& wish) {
  const auto name = cluster_key(api::address_claim_name(wish.address));
  const auto known = ground.held.find(wish.address);
  return ground.inputs.poisoned_claims.contains(name) && !ground.inputs.claims.contains(name) &&
         known != ground.held.end() && lists(known->second.owners, wish.uid);
}

void note_claim(const Ground& ground, const Wish& wish, Seating& seating, Desired& out) {
  Decision& decision = out.decisions[wish.virtual_ip];
  const bool claimed = has_claim(ground.inputs, wish.address, wish.uid) || has_unread_claim(ground, wish);
  decision.claimed = claimed && (decision.claimed || decision.addresses.empty());
  decision.addresses.push_back(wish.address);
  if (claimed) return;
  seating.unclaimed.insert({wish.address, wish.uid});
  seating.moving.insert(wish.uid);
}

void note_refusals(const Inputs& inputs, Seating& seating, Desired& out) {
  for (const auto& [key, refusal] : seating.claims.refused) {
    Decision& decision = out.decisions[key];
    const bool of_spec = refusal.reason == Reason::kSharingConflict;
    (of_spec ? decision.not_accepted : decision.not_allocated) = refusal;
    seating.frozen.insert(inputs.virtual_ips.at(key).meta.uid);
  }
}

// Judges every VirtualIP and collects what is to be seated.
Seating decide_virtual_ips(const Ground& ground, Desired& out) {
  const Inputs& inputs = ground.inputs;
  Seating seating;
  Demands demands;
  for (const auto& [key, virtual_ip] : inputs.virtual_ips) {
    if (virtual_ip.meta.deleting || out.to_delete.contains(key)) continue;
    judge_one(ground, virtual_ip, seating, demands, out);
  }
  judge_unreadable(inputs, seating, out);
  seating.claims = allocate(ground, demands);
  note_refusals(inputs, seating, out);
  out.claims = address_claims(ground, seating.claims, claim_plan(inputs, seating, out));
  for (const auto& [address, wishes] : seating.claims.granted) {
    for (const auto& wish : wishes) note_claim(ground, wish, seating, out);
  }
  seating.named = groups_named(out.claims);
  withhold_unserved(ground, seating, out);
  note_local_nodes(ground, seating);
  return seating;
}

void take_placement(Placement placement, Desired& out) {
  for (auto& [key, refusal] : placement.refused) {
    Decision& decision = out.decisions[key];
    const bool none_left = refusal.reason == Reason::kVirtualRouterIDsExhausted;
    (none_left ? decision.not_allocated : decision.not_placed) = std::move(refusal);
  }
  out.groups = std::move(placement.groups);
}

void decide_release(const api::ObjectKey& key, const api::ObjectMeta& meta, const Ground& ground,
                    Desired& out) {
  const auto& releasing = ground.releasing;
  if (!meta.deleting || !has_finalizer(meta)) return;
  if (holds_any(ground.tenures, meta.uid) || releasing.waiting.contains(meta.uid)) return;
  const auto passed = releasing.passed.find(meta.uid);
  out.released[key] = passed == releasing.passed.end() ? std::set<std::string>{} : passed->second;
}

void decide_releases(const Ground& ground, Desired& out) {
  const Inputs& inputs = ground.inputs;
  for (const auto& [key, object] : inputs.virtual_ips) {
    decide_release(key, object.meta, ground, out);
  }
  for (const auto& [key, object] : inputs.poisoned_virtual_ips) {
    decide_release(key, object.meta, ground, out);
  }
}

// What is somebody's: claimed, or in a group, perhaps by hand.
std::set<net::IpAddress> used_addresses(const Desired& desired) {
  std::set<net::IpAddress> out;
  for (const auto& [key, claim] : desired.claims) out.insert(claim.spec.address);
  for (const auto& [key, decision] : desired.decisions) {
    out.insert(decision.addresses.begin(), decision.addresses.end());  // claimed once the old claim is gone
  }
  for (const auto& [key, group] : desired.groups) {
    for (const auto& listed : group.spec.addresses) out.insert(listed.address);
    for (const auto& excluded : group.spec.excluded_addresses) out.insert(excluded.address);
  }
  return out;
}

void decide_pools(const Ground& ground, Desired& out) {
  const auto used = used_addresses(out);
  for (const auto& [key, pool] : ground.inputs.pools) {
    PoolDecision& decision = out.pools[key.name];
    const auto no = ground.refused_pools.find(key.name);
    if (no != ground.refused_pools.end()) decision.refusal = no->second;
    decision.numbers = pool_numbers(pool, used, ground.reserved);
  }
}

}  // namespace

Desired desired(const Inputs& inputs) {
  Desired out;
  const Ground ground(inputs);
  out.footings = ground.footings;
  decide_services(inputs, out);
  const Seating seating = decide_virtual_ips(ground, out);
  decide_releases(ground, out);
  const Placement placement = place(inputs, ground.held, seating);
  out.claims_behind = name_groups(ground, placement.chosen, out.claims);
  take_placement(placement, out);
  decide_sets(ground, seating, placement, out);
  decide_pools(ground, out);
  for (const auto& [key, report] : inputs.node_reports) {
    if (!inputs.nodes.contains(key)) out.orphan_reports.insert(key.name);
  }
  return out;
}

}  // namespace fairlead::controller

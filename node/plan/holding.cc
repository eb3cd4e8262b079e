#include "node/plan/holding.h"

#include <iterator>
#include <utility>

namespace fairlead::plan {
namespace {

std::int64_t epoch_of(const Objects& objects, const std::string& group) {
  const auto found = objects.groups.find(group);
  return found == objects.groups.end() ? 1 : found->second.spec.config_epoch;
}

std::map<api::ObjectKey, Version> group_versions(const Objects& objects) {
  std::map<api::ObjectKey, Version> out;
  for (const auto& [name, group] : objects.groups) out.insert({{"", name}, version_of(group)});
  return out;
}

std::map<api::ObjectKey, Version> set_versions(const Objects& objects) {
  std::map<api::ObjectKey, Version> out;
  for (const auto& [key, set] : objects.sets) {
    out.insert({key, version_of(set, epoch_of(objects, set.spec.group))});
  }
  return out;
}

// Moves what `problems` speak of from the offered versions to the unreadable ones.
void withdraw(Offer& offer, const std::vector<PlanProblem>& problems) {
  for (const auto& problem : problems) {
    offer.versions.erase(problem.object);
    offer.unreadable.insert(problem.object);
  }
}

void note_refusals(const std::string& kind, const std::map<api::ObjectKey, Ruling>& rulings,
                   const std::map<api::ObjectKey, Version>& held, Held& out) {
  for (const auto& [key, ruling] : rulings) {
    if (ruling == Ruling::kRefuseOlder || ruling == Ruling::kRefuseOther) {
      out.refused.push_back({kind, key, ruling, held.at(key).config_epoch});
    }
  }
}

void append(std::vector<PlanProblem> from, std::vector<PlanProblem>& to) {
  std::move(from.begin(), from.end(), std::back_inserter(to));
}

void hold_groups(const Objects& held, const Seen& seen, Held& out) {
  std::vector<PlanProblem> problems;
  for (const auto& [name, group] : seen.objects.groups) append(check_from_api(group), problems);
  Offer offer{group_versions(seen.objects), seen.unreadable_groups,
              seen.whole ? Scope::kWhole : Scope::kPart};
  withdraw(offer, problems);
  const auto before = group_versions(held);
  const auto rulings = accept(before, offer);
  for (const auto& [key, ruling] : rulings) {
    if (ruling == Ruling::kDrop) continue;
    const auto& from = ruling == Ruling::kTake ? seen.objects : held;
    out.objects.groups.insert({key.name, from.groups.at(key.name)});
  }
  note_refusals("VRRPGroup", rulings, before, out);
  append(std::move(problems), out.problems);
}

void hold_sets(const Objects& held, const Seen& seen, Held& out) {
  std::vector<PlanProblem> problems;
  for (const auto& [key, set] : seen.objects.sets) append(check(set), problems);
  Offer offer{set_versions(seen.objects), seen.unreadable_sets, seen.whole ? Scope::kWhole : Scope::kPart};
  withdraw(offer, problems);
  const auto before = set_versions(held);
  const auto rulings = accept(before, offer);
  for (const auto& [key, ruling] : rulings) {
    if (ruling == Ruling::kDrop) continue;
    const auto& from = ruling == Ruling::kTake ? seen.objects : held;
    out.objects.sets.insert({key, from.sets.at(key)});
  }
  note_refusals("RealServerSet", rulings, before, out);
  append(std::move(problems), out.problems);
}

}  // namespace

Held hold(const Objects& held, const Seen& seen) {
  Held out;
  hold_groups(held, seen, out);
  hold_sets(held, seen, out);
  return out;
}

}  // namespace fairlead::plan

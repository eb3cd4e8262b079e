#include "node/plan/order.h"

namespace fairlead::plan {
namespace {

Ruling judge(const Version& held, const Version& offered, Scope scope) {
  if (held.uid != offered.uid) return scope == Scope::kWhole ? Ruling::kTake : Ruling::kRefuseOther;
  const bool older = offered.generation < held.generation && offered.config_epoch <= held.config_epoch;
  return older ? Ruling::kRefuseOlder : Ruling::kTake;
}

}  // namespace

std::string_view to_string(Ruling ruling) {
  switch (ruling) {
    case Ruling::kTake:
      return "Take";
    case Ruling::kKeep:
      return "Keep";
    case Ruling::kDrop:
      return "Drop";
    case Ruling::kRefuseOlder:
      return "GenerationWentBack";
    case Ruling::kRefuseOther:
      return "OtherObjectOfThisName";
  }
  return "unknown";
}

std::map<api::ObjectKey, Ruling> accept(const std::map<api::ObjectKey, Version>& held, const Offer& offer) {
  std::map<api::ObjectKey, Ruling> out;
  for (const auto& [key, version] : offer.versions) {
    const auto old = held.find(key);
    out[key] = old == held.end() ? Ruling::kTake : judge(old->second, version, offer.scope);
  }
  for (const auto& [key, version] : held) {
    if (offer.versions.contains(key)) continue;
    const bool exists = offer.scope == Scope::kPart || offer.unreadable.contains(key);
    out[key] = exists ? Ruling::kKeep : Ruling::kDrop;
  }
  return out;
}

}  // namespace fairlead::plan

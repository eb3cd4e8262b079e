#include "controller/plan/write_parts.h"

#include <algorithm>
#include <utility>

#include "lib/api/delete_options.h"

namespace fairlead::controller {
namespace {

// No object ever has this resourceVersion: etcd counts from 1, and its first write makes 2. An apply that
// carries it makes what is not there, and meets a conflict where another leader has made it first (K-25,
// K-27).
constexpr const char* kVersionOfNothing = "1";

}  // namespace

std::string guard_of(const api::ObjectMeta& meta) {
  return meta.resource_version.empty() ? kVersionOfNothing : meta.resource_version;
}

api::ObjectMeta frame_of(const api::ObjectMeta& meta) {
  api::ObjectMeta out;
  out.name = meta.name;
  out.namespace_name = meta.namespace_name;
  out.uid = meta.uid;
  out.resource_version = guard_of(meta);
  return out;
}

bool has_all(const api::Labels& there, const api::Labels& wanted) {
  return std::all_of(wanted.begin(), wanted.end(), [&](const auto& label) {
    const auto found = there.find(label.first);
    return found != there.end() && found->second == label.second;
  });
}

bool has_owners(const api::ObjectMeta& there, const api::ObjectMeta& wanted) {
  return std::all_of(wanted.owner_references.begin(), wanted.owner_references.end(), [&](const auto& owner) {
    return std::find(there.owner_references.begin(), there.owner_references.end(), owner) !=
           there.owner_references.end();
  });
}

Write application(const How& how, const api::ObjectMeta& meta, std::string body) {
  return {how.step, how.verb, how.target, api::key_of(meta), meta.resource_version, std::move(body), {}, {}};
}

Write deletion(Step step, Target target, const api::ObjectMeta& meta, std::vector<Absence> absences) {
  return {step,
          Verb::kDelete,
          target,
          api::key_of(meta),
          meta.resource_version,
          api::encode_delete_options(meta.uid, meta.resource_version),
          {},
          std::move(absences)};
}

}  // namespace fairlead::controller

#include "controller/plan/write_parts.h"

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
  out.resource_version = guard_of(meta);
  return out;
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

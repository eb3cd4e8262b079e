#include "lib/api/meta.h"

#include "lib/api/json_view.h"
#include "lib/api/manifest.h"

namespace fairlead::api {
namespace {

constexpr std::size_t kMaxFinalizers = 64;
constexpr std::size_t kMaxOwners = 64;
constexpr std::size_t kMaxConditions = 64;

constexpr Word<ConditionStatus> kStatusWords[] = {{"True", ConditionStatus::kTrue},
                                                  {"False", ConditionStatus::kFalse},
                                                  {"Unknown", ConditionStatus::kUnknown}};

// A name that none of our kinds can have, one with a slash in it for instance, would make of a request to
// that object one to another. It is no name then, and the object not to be used.
void refuse_odd_name(const JsonView& field, std::string& name) {
  if (name.empty() || is_object_name(name)) return;
  field.problem("must be a name that Kubernetes takes, got " + field.show());
  name.clear();
}

}  // namespace

std::string to_string(const ObjectKey& key) {
  return key.namespace_name.empty() ? key.name : key.namespace_name + "/" + key.name;
}

ObjectKey key_of(const ObjectMeta& meta) { return {meta.namespace_name, meta.name}; }

std::string to_string(const std::vector<Problem>& problems) {
  std::string out;
  for (const auto& problem : problems) {
    if (!out.empty()) out += "; ";
    if (!problem.path.empty()) out += problem.path + ": ";
    out += problem.message;
  }
  return out;
}

void read_meta(const JsonView& metadata, ObjectMeta& out) {
  if (!metadata.object()) return;
  metadata.at("name").require();
  metadata.at("name").read(out.name);
  metadata.at("namespace").read(out.namespace_name);
  metadata.at("uid").read(out.uid);
  metadata.at("resourceVersion").read(out.resource_version);
  metadata.at("generation").read(0, INT64_MAX, out.generation);
  metadata.at("creationTimestamp").read(out.creation_timestamp);
  WallTime deleted{};
  metadata.at("deletionTimestamp").read(deleted);
  out.deleting = metadata.at("deletionTimestamp").present();
  metadata.at("labels").read(out.labels);
  metadata.at("annotations").read(out.annotations);
  metadata.at("finalizers").read(out.finalizers, kMaxFinalizers);
  for (const auto& item : metadata.at("ownerReferences").items(kMaxOwners)) {
    OwnerReference owner;
    if (!item.object()) continue;
    item.at("apiVersion").read(owner.api_version);
    item.at("kind").read(owner.kind);
    item.at("name").read(owner.name);
    item.at("uid").read(owner.uid);
    item.at("controller").read(owner.controller);
    out.owner_references.push_back(std::move(owner));
  }
}

void read_served_meta(const JsonView& metadata, ObjectMeta& out) {
  read_meta(metadata, out);
  const bool was_there = !out.namespace_name.empty();
  refuse_odd_name(metadata.at("name"), out.name);
  refuse_odd_name(metadata.at("namespace"), out.namespace_name);
  if (was_there && out.namespace_name.empty()) out.name.clear();
}

void read_conditions(const JsonView& list, std::vector<Condition>& out) {
  const auto items = list.items(kMaxConditions);
  out.reserve(items.size());
  for (const auto& item : items) {
    Condition condition;
    if (!item.object()) continue;
    item.at("type").require();
    item.at("type").read(condition.type);
    item.at("status").read<ConditionStatus>(kStatusWords, condition.status);
    item.at("reason").read(condition.reason);
    item.at("message").read(condition.message);
    item.at("observedGeneration").read(0, INT64_MAX, condition.observed_generation);
    item.at("lastTransitionTime").read(condition.last_transition_time);
    out.push_back(std::move(condition));
  }
}

Decoded<ObjectMeta> decode_meta(std::string_view json) {
  Decoded<ObjectMeta> out;
  const JsonDocument document(json, out.problems);
  const JsonView root = document.root();
  if (!root.present()) return out;
  root.at("metadata").require();
  read_meta(root.at("metadata"), out.value);
  return out;
}

}  // namespace fairlead::api

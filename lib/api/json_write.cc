#include "lib/api/json_write.h"

#include <nlohmann/json.hpp>

namespace fairlead::api {

using nlohmann::json;

json apply_frame(const Kind& kind, const ObjectKey& key) {
  json metadata{{"name", key.name}};
  if (!key.namespace_name.empty()) metadata["namespace"] = key.namespace_name;
  return {{"apiVersion", kind.api_version}, {"kind", kind.name}, {"metadata", std::move(metadata)}};
}

json apply_frame(const Kind& kind, const ObjectMeta& meta) {
  json frame = apply_frame(kind, key_of(meta));
  if (!meta.resource_version.empty()) frame["metadata"]["resourceVersion"] = meta.resource_version;
  if (!meta.uid.empty()) frame["metadata"]["uid"] = meta.uid;
  return frame;
}

void add_metadata(const ObjectMeta& meta, json& frame) {
  json& out = frame["metadata"];
  if (!meta.labels.empty()) out["labels"] = meta.labels;
  if (!meta.annotations.empty()) out["annotations"] = meta.annotations;
  if (!meta.finalizers.empty()) out["finalizers"] = meta.finalizers;
  for (const auto& owner : meta.owner_references) {
    json reference{
        {"apiVersion", owner.api_version}, {"kind", owner.kind}, {"name", owner.name}, {"uid", owner.uid}};
    if (owner.controller) reference["controller"] = true;
    out["ownerReferences"].push_back(std::move(reference));
  }
}

json conditions_json(const std::vector<Condition>& conditions) {
  json out = json::array();
  for (const auto& condition : conditions) {
    const char* status = condition.status == ConditionStatus::kTrue    ? "True"
                         : condition.status == ConditionStatus::kFalse ? "False"
                                                                       : "Unknown";
    out.push_back({{"type", condition.type},
                   {"status", status},
                   {"reason", condition.reason},
                   {"message", condition.message},
                   {"observedGeneration", condition.observed_generation},
                   {"lastTransitionTime", time_text(condition.last_transition_time)}});
  }
  return out;
}

std::string time_text(WallTime time) {
  const bool whole = time.time_since_epoch() % Seconds(1) == Microseconds(0);
  return whole ? to_rfc3339(time) : to_rfc3339_micro(time);
}

std::string dump(const json& value) { return value.dump(-1, ' ', false, json::error_handler_t::replace); }

std::string cut_text(const std::string& text, std::size_t bytes) {
  if (text.size() <= bytes) return text;
  std::size_t end = bytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, end);
}

}  // namespace fairlead::api

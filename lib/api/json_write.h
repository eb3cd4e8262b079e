#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "lib/api/json_view.h"
#include "lib/api/meta.h"

// Internal to lib/api: the parts that encoders share. Keys come out in alphabetical order, so equal values
// give equal bytes.
namespace fairlead::api {

inline constexpr std::string_view kFairleadVersion = "fairlead.dev/v1alpha1";

// {"apiVersion", "kind", "metadata": {name, namespace?, resourceVersion?, uid?}}: what every apply begins
// with.
nlohmann::json apply_frame(const Kind& kind, const ObjectMeta& meta);
// The same for a write that carries no resourceVersion (K-27: a node is the only writer of its entry).
nlohmann::json apply_frame(const Kind& kind, const ObjectKey& key);
// Adds labels, annotations, ownerReferences and finalizers to the metadata of a frame, where not empty.
void add_metadata(const ObjectMeta& meta, nlohmann::json& frame);

nlohmann::json conditions_json(const std::vector<Condition>& conditions);
// Loses nothing: whole seconds as metav1.Time, anything finer as metav1.MicroTime.
std::string time_text(WallTime time);
// Compact; a string that is not UTF-8 gets U+FFFD in place of the bad bytes.
std::string dump(const nlohmann::json& value);
// `text` without what lies beyond `bytes`, never ending inside a UTF-8 sequence.
std::string cut_text(const std::string& text, std::size_t bytes);

}  // namespace fairlead::api

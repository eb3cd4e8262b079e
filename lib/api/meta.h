#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "lib/base/time.h"

// The parts of Kubernetes' object model that every kind shares. Values, no behaviour.
namespace fairlead::api {

using Labels = std::map<std::string, std::string>;

struct OwnerReference {
  std::string api_version;
  std::string kind;
  std::string name;
  std::string uid;
  bool controller = false;
  friend auto operator<=>(const OwnerReference&, const OwnerReference&) = default;
};

// metadata, as far as Fairlead reads or writes it. resource_version is opaque (K-03).
struct ObjectMeta {
  std::string name;
  std::string namespace_name;  // empty for cluster-scoped kinds
  std::string uid;
  std::string resource_version;
  std::int64_t generation = 0;
  WallTime creation_timestamp{};
  bool deleting = false;  // deletionTimestamp is set
  Labels labels;
  Labels annotations;
  std::vector<std::string> finalizers;
  std::vector<OwnerReference> owner_references;
  friend bool operator==(const ObjectMeta&, const ObjectMeta&) = default;
};

// "namespace/name", or "name" for cluster-scoped objects: the key of stores and queues.
struct ObjectKey {
  std::string namespace_name;
  std::string name;
  friend auto operator<=>(const ObjectKey&, const ObjectKey&) = default;
};
std::string to_string(const ObjectKey& key);
ObjectKey key_of(const ObjectMeta& meta);

enum class ConditionStatus { kTrue, kFalse, kUnknown };

// metav1.Condition.
struct Condition {
  std::string type;
  ConditionStatus status = ConditionStatus::kUnknown;
  std::string reason;
  std::string message;
  std::int64_t observed_generation = 0;
  WallTime last_transition_time{};
  friend bool operator==(const Condition&, const Condition&) = default;
};

// One thing wrong in a document: where (JSON path such as "spec.ports[0].port"), and what is allowed.
struct Problem {
  std::string path;
  std::string message;
  friend auto operator<=>(const Problem&, const Problem&) = default;
};
// "spec.ports[0].port: must be 1..65535, got 0; spec.scheduler: ...".
std::string to_string(const std::vector<Problem>& problems);

// What decoding a document yields: the value as far as it could be read, and every problem found, not
// just the first. `value` is to be trusted only if `problems` is empty; `value.meta` (when metadata
// could be read) may be used to say whose problems these are.
template <class T>
struct Decoded {
  T value;
  std::vector<Problem> problems;
  // What is wrong with parts that the value does without: of a status that others write, too, one entry
  // harms no other, and not the spec (FC-09).
  std::vector<Problem> left_out{};
  bool ok() const { return problems.empty(); }
};

// The metadata of an object of any kind, nothing else.
Decoded<ObjectMeta> decode_meta(std::string_view json);

}  // namespace fairlead::api

#pragma once

#include <variant>

#include "controller/plan/inputs.h"

// The newest version of an object, for its status: of one that cannot be read, what of it could be. What is
// decided goes by the last version that could be read; what is told is told to the newest, by its generation
// and its resourceVersion.
namespace fairlead::controller {

// Kinds whose status says that they cannot be read, and groups, keep what could be.
template <class T>
Poisoned poisoned_from(const api::ObjectMeta& meta, const std::vector<api::Problem>& problems,
                       const T& partly_read) {
  if constexpr (std::is_constructible_v<Poisoned::PartlyRead, T>) {
    return {meta, problems, partly_read};
  } else {
    return {meta, problems};
  }
}

// nullptr: there is none. Valid as long as the maps are unchanged.
template <class T>
const T* newest(const ByKey<T>& readable, const ByKey<Poisoned>& poisoned, const api::ObjectKey& key) {
  if (const auto* found = find(poisoned, key)) {
    if (const auto* partly_read = std::get_if<T>(&found->object)) return partly_read;
  }
  return find(readable, key);
}

}  // namespace fairlead::controller

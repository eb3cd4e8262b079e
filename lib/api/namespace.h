#pragma once

#include <string_view>

#include "lib/api/meta.h"

namespace fairlead::api {

// core/v1 Namespace: of it Fairlead reads the labels.
struct Namespace {
  ObjectMeta meta;
  friend bool operator==(const Namespace&, const Namespace&) = default;
};
Decoded<Namespace> decode_namespace(std::string_view json);

}  // namespace fairlead::api

#include "lib/api/namespace.h"

#include "lib/api/json_view.h"

namespace fairlead::api {
namespace {

constexpr Kind kKind{"v1", "Namespace"};

void read_body(const JsonView&, Namespace&) {}

}  // namespace

Decoded<Namespace> decode_namespace(std::string_view json) {
  return decode_object<Namespace>(json, kKind, read_body);
}

}  // namespace fairlead::api

#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "lib/api/meta.h"
#include "lib/api/real_server_set.h"
#include "lib/api/vrrp_group.h"

namespace fairlead::api {

// An object that a person wrote into a file on the node itself (api.md: "also as a static manifest").
using Manifest = std::variant<VRRPGroup, RealServerSet>;

// One document. Stricter than what comes from an API server, which has looked at it: apiVersion and kind
// must be there, metadata.name must be a name that Kubernetes would take, and a field that nobody knows is a
// problem. `value.meta`, as far as it could be read, says whose problems these are.
Decoded<Manifest> decode_manifest(std::string_view json);

const ObjectMeta& meta_of(const Manifest& manifest);
// "VRRPGroup" or "RealServerSet".
std::string_view kind_of(const Manifest& manifest);

// A DNS subdomain as RFC 1123 has it: 1..253 lower-case letters, digits, '-' and '.'; every part between dots
// begins and ends with a letter or digit.
bool is_object_name(std::string_view name);

}  // namespace fairlead::api

#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace fairlead::sys {

// What a plain (unquoted) YAML scalar is in JSON by the core schema of YAML 1.2 (10.3.2): "null", "true",
// "false" or a JSON number with the same value; nothing if it is a string. `yes`, `on` and `1_000` are
// strings. Hexadecimal and octal integers beyond 64 bits, `.inf` and `.nan` have no JSON number and are
// left as strings too.
std::optional<std::string> plain_scalar_to_json(std::string_view text);

}  // namespace fairlead::sys

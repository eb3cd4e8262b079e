#pragma once

#include <cstddef>
#include <string_view>

namespace fairlead {

// The position behind the string in double quotes that starts at `at`, in which a backslash takes the meaning
// of the character behind it, as in JSON (RFC 8259 section 7). npos: it does not end. REQUIRES: text[at] ==
// '"'. Pure.
std::size_t end_of_quoted(std::string_view text, std::size_t at);

}  // namespace fairlead

#pragma once

#include <string>
#include <string_view>

namespace fairlead::sys {

// Appends the text as the inside of a JSON string (RFC 8259 section 7), without the quotes: `"` and `\`
// escaped, control characters as \n, \t, \r or \u00XX, bytes that are not UTF-8 as U+FFFD.
void append_escaped(std::string& out, std::string_view text);

}  // namespace fairlead::sys

#pragma once

#include <string>
#include <string_view>

namespace fairlead {

// True if the text is well-formed UTF-8 (RFC 3629: no overlong forms, no surrogates, at most U+10FFFF).
bool is_utf8(std::string_view text);

// The same text with every byte that is not part of well-formed UTF-8 replaced by U+FFFD, as Go's decoder of
// JSON does it.
std::string valid_utf8(std::string_view text);

}  // namespace fairlead

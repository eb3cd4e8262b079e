#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace fairlead {

// "a, b, c" with the separator between, nothing at the ends.
std::string join(const std::vector<std::string>& parts, std::string_view separator);

// The pieces between the separators; n separators give n + 1 pieces, empty ones included.
std::vector<std::string> split(std::string_view text, char separator);

// Without white space (space, tab, CR, LF) at both ends.
std::string_view trim(std::string_view text);

// With every control character (C0, DEL, and C1 as UTF-8 has it) written as "\x1b": one line, that changes
// nothing about the terminal that shows it. The rest stays, a backslash too.
std::string printable(std::string_view text);

// Reads the whole text as a decimal integer in [low, high]; false if it is anything else.
bool parse_integer(std::string_view text, long long low, long long high, long long& out);

}  // namespace fairlead

#include "lib/base/quoted.h"

namespace fairlead {

std::size_t end_of_quoted(std::string_view text, std::size_t at) {
  for (auto quote = text.find('"', at + 1); quote != text.npos; quote = text.find('"', quote + 1)) {
    std::size_t backslashes = 0;
    while (text[quote - 1 - backslashes] == '\\') ++backslashes;  // the first quote ends this at the latest
    if (backslashes % 2 == 0) return quote + 1;
  }
  return text.npos;
}

}  // namespace fairlead

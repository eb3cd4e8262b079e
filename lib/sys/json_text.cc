#include "lib/sys/json_text.h"

#include <cstdio>

#include "lib/base/utf8.h"

namespace fairlead::sys {
namespace {

bool between(char byte, unsigned low, unsigned high) {
  const auto value = static_cast<unsigned char>(byte);
  return value >= low && value <= high;
}

void append_escaped_character(std::string& out, char character) {
  switch (character) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      break;
  }
  if (between(character, 0x20, 0x7E)) {
    out += character;
    return;
  }
  char text[8];
  std::snprintf(text, sizeof text, "\\u%04x", static_cast<unsigned>(static_cast<unsigned char>(character)));
  out += text;
}

}  // namespace

void append_escaped(std::string& out, std::string_view text) {
  for (const char character : valid_utf8(text)) {
    if (between(character, 0x80, 0xFF)) {
      out += character;
    } else {
      append_escaped_character(out, character);
    }
  }
}

}  // namespace fairlead::sys

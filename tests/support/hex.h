#pragma once

#include <cctype>
#include <string_view>

#include "lib/net/bytes.h"

namespace fairlead::test {

// "31 33 64" -> bytes; white space is free.
inline net::Bytes hex(std::string_view text) {
  net::Bytes out;
  int high = -1;
  for (const char c : text) {
    if (std::isspace(static_cast<unsigned char>(c))) continue;
    const int digit = c <= '9' ? c - '0' : c - 'a' + 10;
    if (high < 0) {
      high = digit;
    } else {
      out.push_back(static_cast<std::uint8_t>(high * 16 + digit));
      high = -1;
    }
  }
  return out;
}

}  // namespace fairlead::test

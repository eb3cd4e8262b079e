#include "lib/sys/random_hex.h"

#include <sys/random.h>

#include <string_view>
#include <vector>

#include "lib/sys/loop.h"

namespace fairlead::sys {

std::string random_hex(std::size_t bytes) {
  std::vector<unsigned char> random(bytes);
  if (getrandom(random.data(), bytes, 0) != static_cast<ssize_t>(bytes)) {
    return "t" + std::to_string(wall_now().time_since_epoch().count());
  }
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out;
  for (const unsigned char byte : random) {
    out += kHex[byte >> 4];
    out += kHex[byte & 0xf];
  }
  return out;
}

}  // namespace fairlead::sys

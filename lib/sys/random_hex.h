#pragma once

#include <cstddef>
#include <string>

namespace fairlead::sys {

// Two lower-case hex digits for each of so many random bytes: tells one start of a process from all others.
// If the kernel has none to give, "t" and the wall clock's microseconds. REQUIRES: 1 <= bytes <= 256.
std::string random_hex(std::size_t bytes);

}  // namespace fairlead::sys

#include "lib/sys/errno_name.h"

#include <cstring>

namespace fairlead::sys {

std::string errno_name(int number) {
  const char* name = ::strerrorname_np(number);
  return name == nullptr ? "error " + std::to_string(number) : name;
}

}  // namespace fairlead::sys

#include "node/kernel/advertised_routes.h"

#include <fcntl.h>
#include <linux/ipv6_route.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <sstream>
#include <system_error>
#include <vector>

#include "lib/sys/unique_fd.h"
#include "node/kernel/kernel_error.h"
#include "node/kernel/sysctl.h"

namespace fairlead::kernel {
namespace {

constexpr const char* kRoutes = "/proc/net/ipv6_route";
constexpr std::size_t kFlags = 8;
constexpr std::size_t kInterface = 9;

bool is_advertised(const std::string& flags) {
  std::uint32_t value = 0;
  const char* const end = flags.data() + flags.size();
  const auto read = std::from_chars(flags.data(), end, value, 16);
  return read.ec == std::errc() && read.ptr == end && (value & RTF_ADDRCONF) != 0;
}

// As sysctl(8) writes it: a '.' inside the interface's name is a '/'.
std::string accept_ra_of(std::string interface) {
  std::replace(interface.begin(), interface.end(), '.', '/');
  return "net.ipv6.conf." + interface + ".accept_ra";
}

Error unread(int number) { return errno_error(std::string("read ") + kRoutes, number); }

Result<std::string> read_routes() {
  const sys::UniqueFd fd(::open(kRoutes, O_RDONLY | O_CLOEXEC));
  if (!fd.valid()) return unread(errno);
  std::string text;
  char part[16384];
  while (true) {
    const ssize_t got = ::read(fd.get(), part, sizeof part);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return unread(errno);
    if (got == 0) return text;
    text.append(part, static_cast<std::size_t>(got));
  }
}

}  // namespace

std::set<std::string> with_advertised_routes(std::string_view routes) {
  std::set<std::string> interfaces;
  std::istringstream lines{std::string(routes)};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream fields(line);
    std::vector<std::string> words;
    for (std::string word; fields >> word;) words.push_back(word);
    if (words.size() == kInterface + 1 && is_advertised(words[kFlags])) interfaces.insert(words[kInterface]);
  }
  return interfaces;
}

Result<std::set<std::string>> losing_advertised_routes() {
  const auto routes = read_routes();
  if (!routes && routes.error().code == Code::kNotFound) return std::set<std::string>{};
  if (!routes) return routes.error();
  std::set<std::string> losing = with_advertised_routes(*routes);
  std::erase_if(losing, [](const std::string& interface) {
    const auto accepts = read_sysctl(accept_ra_of(interface));
    return accepts && *accepts == "2";
  });
  return losing;
}

}  // namespace fairlead::kernel

#include "node/agent/namespace_lock.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <utility>

#include "lib/sys/errno_name.h"

namespace fairlead::agent {

Result<NamespaceLock> NamespaceLock::take(const std::string& name) {
  sys::UniqueFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return fail(Code::kUnavailable, std::string("socket: ") + sys::errno_name(errno));
  // The name begins after a byte that is 0 and has the length that is told, no end of its own.
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::size_t length = std::min(name.size(), sizeof address.sun_path - 1);
  std::copy_n(name.begin(), length, address.sun_path + 1);
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + length);
  if (bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), size) == 0) {
    return NamespaceLock(std::move(fd));
  }
  const std::string what = "unix socket @" + name;
  if (errno == EADDRINUSE) return fail(Code::kConflict, what + " is held by another process");
  return fail(Code::kUnavailable, "bind " + what + ": " + sys::errno_name(errno));
}

}  // namespace fairlead::agent

#include "lib/apiserver/keepalive.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <string>

namespace fairlead::apiserver {
namespace {

struct Option {
  int level;
  int name;
  int value;
  const char* text;
};

constexpr Option kOptions[] = {
    {SOL_SOCKET, SO_KEEPALIVE, 1, "SO_KEEPALIVE"},
    {IPPROTO_TCP, TCP_KEEPIDLE, 15, "TCP_KEEPIDLE"},
    {IPPROTO_TCP, TCP_KEEPINTVL, 5, "TCP_KEEPINTVL"},
    {IPPROTO_TCP, TCP_KEEPCNT, 3, "TCP_KEEPCNT"},
    {IPPROTO_TCP, TCP_USER_TIMEOUT, 30000, "TCP_USER_TIMEOUT"},
    {IPPROTO_TCP, TCP_NODELAY, 1, "TCP_NODELAY"},
};

}  // namespace

Result<> set_keepalive(int fd) {
  for (const auto& option : kOptions) {
    int seen = 0;
    socklen_t size = sizeof seen;
    if (setsockopt(fd, option.level, option.name, &option.value, sizeof option.value) != 0 ||
        getsockopt(fd, option.level, option.name, &seen, &size) != 0) {
      return fail(Code::kUnavailable, std::string("set ") + option.text + ": " + std::strerror(errno));
    }
    if (seen != option.value) return fail(Code::kUnavailable, std::string(option.text) + " was not taken");
  }
  return Done{};
}

}  // namespace fairlead::apiserver

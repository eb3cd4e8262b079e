// To be loaded before a program (LD_PRELOAD): once the file that FAIRLEAD_STOP names exists, the program's
// next advert removes it and stops the whole process (SIGSTOP) in the call that was to send it, before the
// kernel has it.
#include <dlfcn.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

namespace {

bool is_vrrp(int fd) {
  constexpr int kVrrp = 112;
  int protocol = 0;
  socklen_t size = sizeof protocol;
  return getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &size) == 0 && protocol == kVrrp;
}

}  // namespace

extern "C" ssize_t sendmsg(int fd, const msghdr* message, int flags) {
  static const auto real = reinterpret_cast<decltype(&sendmsg)>(dlsym(RTLD_NEXT, "sendmsg"));
  static const char* const file = std::getenv("FAIRLEAD_STOP");
  if (file != nullptr && is_vrrp(fd) && unlink(file) == 0) (void)raise(SIGSTOP);
  return real(fd, message, flags);
}

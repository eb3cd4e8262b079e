// To be loaded before a program (LD_PRELOAD): whatever receive buffer it asks for, it is given the smallest
// one.
#include <dlfcn.h>
#include <sys/socket.h>

extern "C" int setsockopt(int fd, int level, int name, const void* value, socklen_t length) noexcept {
  static const auto real = reinterpret_cast<decltype(&setsockopt)>(dlsym(RTLD_NEXT, "setsockopt"));
  const int smallest = 1;
  if (level == SOL_SOCKET && (name == SO_RCVBUF || name == SO_RCVBUFFORCE)) {
    return real(fd, level, SO_RCVBUF, &smallest, sizeof smallest);
  }
  return real(fd, level, name, value, length);
}

// To be loaded before a program (LD_PRELOAD): what its calls to rtnetlink cost, in the file that
// FAIRLEAD_TIMES names. The file holds two numbers of 64 bits in the machine's order, which grow: the
// nanoseconds of processor that sending and receiving took on sockets of NETLINK_ROUTE, what it takes to
// measure that counted in, and how many calls that were. For another program to read while this one runs.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <ctime>

namespace {

struct Times {
  std::atomic<std::uint64_t> nanoseconds;
  std::atomic<std::uint64_t> calls;
};

Times* shared() {
  const char* const file = std::getenv("FAIRLEAD_TIMES");
  constexpr mode_t kMode = 0600;
  const int fd = file == nullptr ? -1 : open(file, O_RDWR | O_CREAT | O_CLOEXEC, kMode);
  if (fd < 0 || ftruncate(fd, sizeof(Times)) != 0) std::abort();
  void* const found = mmap(nullptr, sizeof(Times), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  if (found == MAP_FAILED) std::abort();
  return static_cast<Times*>(found);
}

std::uint64_t processor_ns() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  constexpr std::uint64_t kPerSecond = 1'000'000'000;
  return static_cast<std::uint64_t>(now.tv_sec) * kPerSecond + static_cast<std::uint64_t>(now.tv_nsec);
}

// Of two readings one is between them, and the other beside them: what that takes, where nothing disturbs it.
std::uint64_t reading_ns() {
  constexpr int kTimes = 100;
  std::uint64_t least = UINT64_MAX;
  for (int i = 0; i < kTimes; ++i) {
    const std::uint64_t begun = processor_ns();
    least = std::min(least, processor_ns() - begun);
  }
  return least;
}

// To ask the kernel takes as long as to send: what each descriptor is, is remembered until it is closed.
enum class Kind : unsigned char { kUnknown, kRtnetlink, kOther };
std::array<std::atomic<Kind>, 4096> kinds;

bool ask_is_rtnetlink(int fd) {
  int domain = 0;
  int protocol = -1;
  socklen_t size = sizeof domain;
  return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 && domain == AF_NETLINK &&
         getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &size) == 0 && protocol == 0;  // NETLINK_ROUTE
}

bool is_rtnetlink(int fd) {
  if (fd < 0 || static_cast<std::size_t>(fd) >= kinds.size()) return ask_is_rtnetlink(fd);
  std::atomic<Kind>& kind = kinds[static_cast<std::size_t>(fd)];
  if (kind == Kind::kUnknown) kind = ask_is_rtnetlink(fd) ? Kind::kRtnetlink : Kind::kOther;
  return kind == Kind::kRtnetlink;
}

template <class Call>
ssize_t timed(int fd, Call call) {
  if (!is_rtnetlink(fd)) return call();
  static Times* const times = shared();
  static const std::uint64_t beside = reading_ns();
  const std::uint64_t begun = processor_ns();
  const ssize_t result = call();
  times->nanoseconds += processor_ns() - begun + beside;
  ++times->calls;
  return result;
}

template <class Function>
Function* library(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" {

int close(int fd) {
  static const auto real = library<decltype(close)>("close");
  if (fd >= 0 && static_cast<std::size_t>(fd) < kinds.size())
    kinds[static_cast<std::size_t>(fd)] = Kind::kUnknown;
  return real(fd);
}

ssize_t sendto(int fd, const void* bytes, size_t size, int flags, const sockaddr* to, socklen_t length) {
  static const auto real = library<decltype(sendto)>("sendto");
  return timed(fd, [&] { return real(fd, bytes, size, flags, to, length); });
}

ssize_t sendmsg(int fd, const msghdr* message, int flags) {
  static const auto real = library<decltype(sendmsg)>("sendmsg");
  return timed(fd, [&] { return real(fd, message, flags); });
}

ssize_t recv(int fd, void* bytes, size_t size, int flags) {
  static const auto real = library<decltype(recv)>("recv");
  return timed(fd, [&] { return real(fd, bytes, size, flags); });
}

ssize_t recvfrom(int fd, void* bytes, size_t size, int flags, sockaddr* from, socklen_t* length) {
  static const auto real = library<decltype(recvfrom)>("recvfrom");
  return timed(fd, [&] { return real(fd, bytes, size, flags, from, length); });
}

ssize_t recvmsg(int fd, msghdr* message, int flags) {
  static const auto real = library<decltype(recvmsg)>("recvmsg");
  return timed(fd, [&] { return real(fd, message, flags); });
}

}  // extern "C"

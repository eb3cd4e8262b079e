// To be loaded before a program (LD_PRELOAD): each of its calls that sends something, or makes or sets a
// socket, leaves a line in the file that FAIRLEAD_CALLS names, before the kernel has it: the call, then the
// first bytes of what it sends, in hexadecimal. System calls made without the C library are not seen.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <span>
#include <string>

namespace {

constexpr std::size_t kBytesNoted = 512;

int notes() {
  static const char* const file = std::getenv("FAIRLEAD_CALLS");
  constexpr mode_t kMode = 0600;
  static const int fd = file == nullptr ? -1 : open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, kMode);
  return fd;
}

void append_hex(std::string& out, const iovec& piece) {
  static constexpr const char* kDigits = "0123456789abcdef";
  for (const auto byte :
       std::span(static_cast<const unsigned char*>(piece.iov_base), std::min(piece.iov_len, kBytesNoted))) {
    out += {kDigits[byte >> 4], kDigits[byte & 15]};
  }
}

void note(const char* call, std::span<const iovec> sent) {
  std::string line = call;
  line += ' ';
  for (const iovec& piece : sent) append_hex(line, piece);
  line += '\n';
  (void)!write(notes(), line.data(), line.size());
}

template <class Function>
Function* library(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

iovec one(const void* bytes, size_t size) { return {const_cast<void*>(bytes), size}; }

}  // namespace

extern "C" {

ssize_t send(int fd, const void* bytes, size_t size, int flags) {
  static const auto real = library<decltype(send)>("send");
  const iovec piece = one(bytes, size);
  note("send", {&piece, 1});
  return real(fd, bytes, size, flags);
}

ssize_t sendto(int fd, const void* bytes, size_t size, int flags, const sockaddr* to, socklen_t length) {
  static const auto real = library<decltype(sendto)>("sendto");
  const iovec piece = one(bytes, size);
  note("sendto", {&piece, 1});
  return real(fd, bytes, size, flags, to, length);
}

ssize_t sendmsg(int fd, const msghdr* message, int flags) {
  static const auto real = library<decltype(sendmsg)>("sendmsg");
  note("sendmsg", {message->msg_iov, message->msg_iovlen});
  return real(fd, message, flags);
}

int sendmmsg(int fd, mmsghdr* messages, unsigned count, int flags) {
  static const auto real = library<decltype(sendmmsg)>("sendmmsg");
  for (const mmsghdr& each : std::span(messages, count)) {
    note("sendmmsg", {each.msg_hdr.msg_iov, each.msg_hdr.msg_iovlen});
  }
  return real(fd, messages, count, flags);
}

int socket(int family, int type, int protocol) noexcept {
  static const auto real = library<decltype(socket)>("socket");
  note("socket", {});
  return real(family, type, protocol);
}

int bind(int fd, const sockaddr* address, socklen_t length) noexcept {
  static const auto real = library<decltype(bind)>("bind");
  note("bind", {});
  return real(fd, address, length);
}

int setsockopt(int fd, int level, int name, const void* value, socklen_t length) noexcept {
  static const auto real = library<decltype(setsockopt)>("setsockopt");
  note("setsockopt", {});
  return real(fd, level, name, value, length);
}

}  // extern "C"

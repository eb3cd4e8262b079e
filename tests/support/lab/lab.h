// What the lab's small programs share: the one clock, namespaces, JSON strings, addresses in text.
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>

namespace lab {

[[noreturn]] inline void die(const std::string& what) {
  std::fprintf(stderr, "%s: %s\n", what.c_str(), std::strerror(errno));
  std::exit(1);
}

// CLOCK_MONOTONIC in nanoseconds: the same in all namespaces of one kernel.
inline std::int64_t now_ns() {
  timespec t{};
  clock_gettime(CLOCK_MONOTONIC, &t);
  return std::int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec;
}

// Sockets made after this belong to the namespace /run/netns/<name>; "" names the one the program started in.
inline void enter_namespace(const std::string& name) {
  static const int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
  const int fd = name.empty() ? home : open(("/run/netns/" + name).c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) die("open namespace " + name);
  if (setns(fd, CLONE_NEWNET) != 0) die("enter namespace " + name);
  if (!name.empty()) close(fd);
}

// "192.0.2.1:80" -> sockaddr_in; ends the program on anything else.
inline sockaddr_in parse_endpoint(const std::string& text) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  const auto colon = text.rfind(':');
  const int port = colon == std::string::npos ? 0 : std::atoi(text.c_str() + colon + 1);
  if (port <= 0 || port > 65535 || inet_pton(AF_INET, text.substr(0, colon).c_str(), &out.sin_addr) != 1) {
    std::fprintf(stderr, "%s is not an IPv4 address and port\n", text.c_str());
    std::exit(2);
  }
  out.sin_port = htons(static_cast<std::uint16_t>(port));
  return out;
}

// The characters of a name that a JSON string holds unchanged; anything else becomes '?'.
inline std::string plain(const std::string& text) {
  std::string out;
  for (const char c : text) out += (c >= ' ' && c < 127 && c != '"' && c != '\\') ? c : '?';
  return out;
}

}  // namespace lab

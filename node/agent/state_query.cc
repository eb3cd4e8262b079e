#include "node/agent/state_query.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "lib/sys/errno_name.h"
#include "lib/sys/unique_fd.h"

namespace fairlead::agent {
namespace {

constexpr std::size_t kMaxBytes = std::size_t{64} * 1024 * 1024;

Error errno_error(const std::string& what) {
  return fail(Code::kUnavailable, what + ": " + sys::errno_name(errno));
}

Result<sys::UniqueFd> connect_to(const net::Endpoint& endpoint) {
  sockaddr_storage storage{};
  socklen_t size = 0;
  const auto bytes = endpoint.address.bytes();
  if (endpoint.address.is_v4()) {
    auto* address = reinterpret_cast<sockaddr_in*>(&storage);
    address->sin_family = AF_INET;
    address->sin_port = htons(endpoint.port.value());
    std::memcpy(&address->sin_addr, bytes.data(), bytes.size());
    size = sizeof *address;
  } else {
    auto* address = reinterpret_cast<sockaddr_in6*>(&storage);
    address->sin6_family = AF_INET6;
    address->sin6_port = htons(endpoint.port.value());
    std::memcpy(&address->sin6_addr, bytes.data(), bytes.size());
    size = sizeof *address;
  }
  sys::UniqueFd fd(socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return errno_error("socket");
  const timeval limit{5, 0};
  setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  if (connect(fd.get(), reinterpret_cast<const sockaddr*>(&storage), size) != 0) {
    return errno_error("connect to " + net::to_string(endpoint));
  }
  return fd;
}

Result<std::string> exchange(int fd, const std::string& request) {
  if (send(fd, request.data(), request.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request.size())) {
    return errno_error("send");
  }
  std::string out;
  char buffer[16384];
  while (out.size() < kMaxBytes) {
    const ssize_t count = recv(fd, buffer, sizeof buffer, 0);
    if (count == 0) return out;
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno_error("receive");
    out.append(buffer, static_cast<std::size_t>(count));
  }
  return fail(Code::kInternal, "the answer is longer than 64 MB");
}

}  // namespace

Result<StateAnswer> query_state(const net::Endpoint& metrics_address) {
  auto fd = connect_to(metrics_address);
  if (!fd) return fd.error();
  const std::string host = net::to_string(metrics_address);
  auto answer = exchange(fd->get(), "GET /state HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n");
  if (!answer) return answer.error();
  const auto body = answer->find("\r\n\r\n");
  if (!answer->starts_with("HTTP/1.1 200 ") || body == std::string::npos) {
    return fail(Code::kInternal, host + " does not answer like fairlead-node");
  }
  std::string json = answer->substr(body + 4);
  auto decoded = api::decode_node_state(json);
  if (!decoded.ok()) {
    return fail(Code::kInternal, host + " sent no state: " + api::to_string(decoded.problems));
  }
  return StateAnswer{std::move(json), std::move(decoded.value)};
}

}  // namespace fairlead::agent

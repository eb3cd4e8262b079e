// relay NAMESPACE LISTEN_ADDRESS:PORT CONNECT_ADDRESS:PORT: passes TCP connections accepted in a namespace on
// to an address of the namespace it was started in. The lab's path to the API server. It never looks at the
// bytes.
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <csignal>
#include <memory>
#include <vector>

#include "tests/support/lab/lab.h"

namespace {

// One direction of a connection: bytes read from `from` that `to` has not taken yet.
struct Flow {
  int from;
  int to;
  std::array<char, 65536> bytes{};
  std::size_t begin = 0;
  std::size_t end = 0;
  bool ended = false;     // `from` will send no more
  bool finished = false;  // and `to` was told so
};

struct Connection {
  Flow up;
  Flow down;
  bool connecting = true;
  bool broken = false;
};

int make_socket(const sockaddr_in& address, bool listening) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) lab::die("socket");
  const int on = 1;
  if (!listening) {
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    // Non-blocking: a refusal shows as an error event later.
    (void)connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address);
    return fd;
  }
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) lab::die("bind");
  if (listen(fd, 128) != 0) lab::die("listen");
  return fd;
}

// Reads and writes what can be; false when the connection is broken.
bool advance(Flow& flow, short from_events, short to_events) {
  if (flow.begin == flow.end && !flow.ended && (from_events & (POLLIN | POLLHUP | POLLERR)) != 0) {
    const ssize_t got = recv(flow.from, flow.bytes.data(), flow.bytes.size(), 0);
    if (got < 0 && errno != EAGAIN) return false;
    if (got == 0) flow.ended = true;
    if (got > 0) {
      flow.begin = 0;
      flow.end = static_cast<std::size_t>(got);
      to_events |= POLLOUT;
    }
  }
  if (flow.begin < flow.end && (to_events & POLLOUT) != 0) {
    const ssize_t put = send(flow.to, flow.bytes.data() + flow.begin, flow.end - flow.begin, MSG_NOSIGNAL);
    if (put < 0 && errno != EAGAIN) return false;
    if (put > 0) flow.begin += static_cast<std::size_t>(put);
  }
  if (flow.ended && flow.begin == flow.end && !flow.finished) {
    shutdown(flow.to, SHUT_WR);
    flow.finished = true;
  }
  return true;
}

short wanted(const Flow& reading, const Flow& writing) {
  short events = 0;
  if (!reading.ended && reading.begin == reading.end) events |= POLLIN;
  if (writing.begin < writing.end) events |= POLLOUT;
  return events;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: relay NAMESPACE LISTEN_ADDRESS:PORT CONNECT_ADDRESS:PORT\n");
    return 2;
  }
  const sockaddr_in target = lab::parse_endpoint(argv[3]);
  lab::enter_namespace(argv[1]);
  const int listener = make_socket(lab::parse_endpoint(argv[2]), true);
  lab::enter_namespace("");
  std::vector<std::unique_ptr<Connection>> connections;
  for (;;) {
    std::vector<pollfd> watched{{listener, POLLIN, 0}};
    for (const auto& c : connections) {
      watched.push_back({c->up.from, c->connecting ? short{0} : wanted(c->up, c->down), 0});
      watched.push_back({c->up.to, c->connecting ? short{POLLOUT} : wanted(c->down, c->up), 0});
    }
    if (poll(watched.data(), watched.size(), -1) < 0) continue;
    std::vector<std::unique_ptr<Connection>> alive;
    for (std::size_t i = 0; i < connections.size(); ++i) {
      Connection& c = *connections[i];
      const short client = watched[1 + 2 * i].revents;
      const short server = watched[2 + 2 * i].revents;
      if (c.connecting && server != 0) {
        c.broken = (server & (POLLERR | POLLHUP)) != 0;
        c.connecting = false;
      } else if (c.connecting) {
        c.broken = (client & (POLLERR | POLLHUP)) != 0;
      } else {
        c.broken = !advance(c.up, client, server) || !advance(c.down, server, client) ||
                   ((client | server) & POLLERR) != 0;
      }
      if (c.broken || (c.up.finished && c.down.finished)) {
        const linger reset{1, 0};
        if (c.broken) setsockopt(c.up.from, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
        close(c.up.from);
        close(c.up.to);
      } else {
        alive.push_back(std::move(connections[i]));
      }
    }
    connections = std::move(alive);
    if ((watched[0].revents & POLLIN) != 0) {
      const int client = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (client < 0) continue;
      const int on = 1;
      setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      const int server = make_socket(target, false);
      auto c = std::make_unique<Connection>();
      c->up.from = c->down.to = client;
      c->up.to = c->down.from = server;
      connections.push_back(std::move(c));
    }
  }
}

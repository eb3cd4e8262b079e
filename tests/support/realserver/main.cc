// realserver NAME PORT: a real server that answers with its name, on TCP and UDP, on all addresses.
//   TCP: writes "NAME\n", shuts its side down, waits for the client to close.
//   UDP: sends back what came, a blank and NAME, from the address the question was sent to.
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <csignal>
#include <map>
#include <vector>

#include "tests/support/lab/lab.h"

namespace {

int listen_on(int type, std::uint16_t port) {
  const int fd = socket(AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) lab::die("socket");
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (type == SOCK_DGRAM) setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof on);
  sockaddr_in any{};
  any.sin_family = AF_INET;
  any.sin_port = htons(port);
  if (bind(fd, reinterpret_cast<sockaddr*>(&any), sizeof any) != 0) lab::die("bind");
  if (type == SOCK_STREAM && listen(fd, 512) != 0) lab::die("listen");
  return fd;
}

// Answers every datagram that waits. The reply leaves from the address that was asked: a VIP, for example.
void answer_datagrams(int fd, const std::string& name) {
  for (;;) {
    std::array<char, 2048> text{};
    alignas(cmsghdr) std::array<char, 256> control{};
    sockaddr_in peer{};
    iovec part{text.data(), text.size() - 64};
    msghdr message{};
    message.msg_name = &peer;
    message.msg_namelen = sizeof peer;
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const ssize_t got = recvmsg(fd, &message, 0);
    if (got < 0) return;
    std::string answer(text.data(), static_cast<std::size_t>(got));
    answer += " " + name;
    part = {answer.data(), answer.size()};
    for (cmsghdr* c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(&message, c)) {
      if (c->cmsg_level != IPPROTO_IP || c->cmsg_type != IP_PKTINFO) continue;
      auto* asked = reinterpret_cast<in_pktinfo*>(CMSG_DATA(c));
      asked->ipi_spec_dst = asked->ipi_addr;
      asked->ipi_ifindex = 0;
    }
    // The address may have left this machine meanwhile: then the answer is lost like any other packet.
    (void)sendmsg(fd, &message, 0);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: realserver NAME PORT\n");
    return 2;
  }
  const std::string name = argv[1];
  const auto port = static_cast<std::uint16_t>(std::atoi(argv[2]));
  std::signal(SIGPIPE, SIG_IGN);
  const int tcp = listen_on(SOCK_STREAM, port);
  const int udp = listen_on(SOCK_DGRAM, port);
  std::vector<pollfd> watched{{tcp, POLLIN, 0}, {udp, POLLIN, 0}};
  const std::string line = name + "\n";
  for (;;) {
    if (poll(watched.data(), watched.size(), -1) < 0) continue;
    if ((watched[1].revents & POLLIN) != 0) answer_datagrams(udp, name);
    std::vector<pollfd> next{watched[0], watched[1]};
    for (std::size_t i = 2; i < watched.size(); ++i) {
      char rest[256];
      const bool over = watched[i].revents != 0 && recv(watched[i].fd, rest, sizeof rest, 0) <= 0;
      if (over) {
        close(watched[i].fd);
      } else {
        next.push_back({watched[i].fd, POLLIN, 0});
      }
    }
    while ((watched[0].revents & POLLIN) != 0) {
      const int client = accept4(tcp, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (client < 0) break;
      (void)send(client, line.data(), line.size(), MSG_NOSIGNAL);
      shutdown(client, SHUT_WR);
      next.push_back({client, POLLIN, 0});
    }
    watched = std::move(next);
  }
}

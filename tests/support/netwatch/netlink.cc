// The netlink half of netwatch.
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>

#include "tests/support/lab/lab.h"
#include "tests/support/netwatch/place.h"

// linux/if.h, which has IFF_LOWER_UP, does not go together with net/if.h.
constexpr unsigned kLowerUp = 0x10000;

namespace {

void ask_for(int fd, std::uint16_t type) {
  struct {
    nlmsghdr header;
    ifinfomsg body;
  } request{};
  request.header.nlmsg_len = NLMSG_LENGTH(sizeof(ifinfomsg));
  request.header.nlmsg_type = type;
  request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  request.header.nlmsg_seq = type;
  if (send(fd, &request, request.header.nlmsg_len, 0) < 0) lab::die("netlink request");
}

}  // namespace

int open_netlink() {
  const int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_ROUTE);
  sockaddr_nl groups{};
  groups.nl_family = AF_NETLINK;
  groups.nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR;
  const int size = 64 << 20;
  setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size);
  if (fd < 0 || bind(fd, reinterpret_cast<sockaddr*>(&groups), sizeof groups) != 0)
    lab::die("netlink socket");
  return fd;
}

namespace {

void on_address(Place& place, const nlmsghdr* message) {
  const auto* body = static_cast<const ifaddrmsg*>(NLMSG_DATA(message));
  std::array<char, INET6_ADDRSTRLEN> text{};
  long valid = -1;
  auto left = static_cast<int>(IFA_PAYLOAD(message));
  for (auto* a = IFA_RTA(body); RTA_OK(a, left); a = RTA_NEXT(a, left)) {
    if (a->rta_type == IFA_LOCAL || (a->rta_type == IFA_ADDRESS && text[0] == 0)) {
      inet_ntop(body->ifa_family, RTA_DATA(a), text.data(), text.size());
    }
    if (a->rta_type == IFA_CACHEINFO) {
      const auto lifetime = static_cast<const ifa_cacheinfo*>(RTA_DATA(a))->ifa_valid;
      valid = lifetime == 0xffffffffU ? -1 : static_cast<long>(lifetime);
    }
  }
  const Address address{body->ifa_index,
                        std::string(text.data()) + "/" + std::to_string(body->ifa_prefixlen)};
  const char* op = "del";
  if (message->nlmsg_type == RTM_DELADDR) {
    place.addresses.erase(address);
  } else if (place.addresses.insert(address).second) {
    op = place.listing ? "have" : "add";
  } else {
    op = "renew";
  }
  std::fprintf(out,
               "{\"t\":%lld,\"ns\":\"%s\",\"ev\":\"addr\",\"op\":\"%s\",\"if\":\"%s\",\"addr\":\"%s\","
               "\"valid\":%ld}\n",
               static_cast<long long>(lab::now_ns()), place.name.c_str(), op,
               place.interfaces[body->ifa_index].c_str(), address.second.c_str(), valid);
}

void on_link(Place& place, const nlmsghdr* message) {
  const auto* body = static_cast<const ifinfomsg*>(NLMSG_DATA(message));
  unsigned master = 0;
  auto left = static_cast<int>(IFLA_PAYLOAD(message));
  for (auto* a = IFLA_RTA(body); RTA_OK(a, left); a = RTA_NEXT(a, left)) {
    if (a->rta_type == IFLA_IFNAME) {
      place.interfaces[static_cast<unsigned>(body->ifi_index)] = static_cast<const char*>(RTA_DATA(a));
    }
    if (a->rta_type == IFLA_MASTER) master = *static_cast<const unsigned*>(RTA_DATA(a));
  }
  // A bridge also tells of a port's end with this type, in family AF_BRIDGE: not of interest.
  if (body->ifi_family != AF_UNSPEC) return;
  std::fprintf(
      out,
      "{\"t\":%lld,\"ns\":\"%s\",\"ev\":\"link\",\"if\":\"%s\",\"up\":%s,\"carrier\":%s,\"master\":%u}\n",
      static_cast<long long>(lab::now_ns()), place.name.c_str(),
      place.interfaces[static_cast<unsigned>(body->ifi_index)].c_str(),
      (body->ifi_flags & IFF_UP) != 0 ? "true" : "false",
      (body->ifi_flags & kLowerUp) != 0 && message->nlmsg_type == RTM_NEWLINK ? "true" : "false", master);
}

}  // namespace

bool read_netlink(Place& place) {
  alignas(nlmsghdr) static std::array<char, 1 << 18> buffer{};
  bool ended = false;
  for (;;) {
    const ssize_t got = recv(place.netlink, buffer.data(), buffer.size(), 0);
    if (got < 0 && errno == ENOBUFS) lost(place, "netlink");
    if (got <= 0) return ended;
    auto left = static_cast<unsigned>(got);
    for (auto* m = reinterpret_cast<nlmsghdr*>(buffer.data()); NLMSG_OK(m, left); m = NLMSG_NEXT(m, left)) {
      if (m->nlmsg_type == RTM_NEWADDR || m->nlmsg_type == RTM_DELADDR) on_address(place, m);
      if (m->nlmsg_type == RTM_NEWLINK || m->nlmsg_type == RTM_DELLINK) on_link(place, m);
      if (m->nlmsg_type == NLMSG_DONE) ended = true;
    }
  }
}

void list_all(Place& place) {
  for (const std::uint16_t type : {RTM_GETLINK, RTM_GETADDR}) {
    ask_for(place.netlink, type);
    pollfd waiting{place.netlink, POLLIN, 0};
    while (poll(&waiting, 1, 5000) == 1 && !read_netlink(place)) {
    }
  }
  place.listing = false;
}

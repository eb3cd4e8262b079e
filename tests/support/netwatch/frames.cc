// The packet half of netwatch.
#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string>

#include "tests/support/lab/lab.h"
#include "tests/support/netwatch/place.h"

// Frames that arrive: ARP, and of IPv4 and IPv6 protocol 112 and ICMPv6. The filter is classic BPF on the
// whole frame; extension headers are not looked behind.
int open_frames() {
  const int fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) lab::die("packet socket");
  std::array<sock_filter, 11> program{
      {BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 12), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_ARP, 7, 0),
       BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_IP, 0, 2), BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 23),
       BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 112, 4, 5), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_IPV6, 0, 4),
       BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 20), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 112, 1, 0),
       BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 58, 0, 1), BPF_STMT(BPF_RET | BPF_K, 65535),
       BPF_STMT(BPF_RET | BPF_K, 0)}};
  const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
  const int on = 1;
  const int size = 64 << 20;
  if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter) != 0) lab::die("filter");
  setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
  setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size);
  sockaddr_ll all{};
  all.sll_family = AF_PACKET;
  all.sll_protocol = htons(ETH_P_ALL);
  if (bind(fd, reinterpret_cast<sockaddr*>(&all), sizeof all) != 0) lab::die("bind packet socket");
  return fd;
}

namespace {

std::string mac(const unsigned char* b) {
  std::array<char, 18> text{};
  std::snprintf(text.data(), text.size(), "%02x:%02x:%02x:%02x:%02x:%02x", b[0], b[1], b[2], b[3], b[4],
                b[5]);
  return text.data();
}

std::string ip(int family, const unsigned char* b) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  return inet_ntop(family, b, text.data(), text.size());
}

// The kernel stamps frames with the wall clock: brought to the monotonic one by their distance right now. If
// somebody set the clock in between, it is the time of reading.
std::int64_t stamp_of(msghdr& message) {
  constexpr std::int64_t kMinute = 60'000'000'000;
  for (cmsghdr* c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(&message, c)) {
    if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPNS) continue;
    timespec stamped{};
    std::memcpy(&stamped, CMSG_DATA(c), sizeof stamped);
    timespec wall{};
    clock_gettime(CLOCK_REALTIME, &wall);
    const std::int64_t age =
        std::int64_t{wall.tv_sec - stamped.tv_sec} * 1'000'000'000 + wall.tv_nsec - stamped.tv_nsec;
    if (age < -kMinute || age > kMinute) break;
    return lab::now_ns() - age;
  }
  return lab::now_ns();
}

// A frame and where it was seen.
struct Seen {
  const char* place;
  const char* interface;
  long long t;
  const unsigned char* frame;
  std::size_t size;
};

void on_arp(const Seen& seen) {
  const unsigned char* f = seen.frame;
  if (seen.size < 42) return;
  const bool gratuitous = std::memcmp(f + 28, f + 38, 4) == 0;
  std::fprintf(
      out,
      "{\"t\":%lld,\"ns\":\"%s\",\"if\":\"%s\",\"ev\":\"arp\",\"op\":%d,\"smac\":\"%s\",\"sip\":\"%s\","
      "\"tip\":\"%s\",\"garp\":%s}\n",
      seen.t, seen.place, seen.interface, f[21], mac(f + 22).c_str(), ip(AF_INET, f + 28).c_str(),
      ip(AF_INET, f + 38).c_str(), gratuitous ? "true" : "false");
}

// Neighbour advertisements (RFC 4861 4.4) that nobody asked for, and solicitations.
void on_neighbour(const Seen& seen) {
  const unsigned char* icmp = seen.frame + 54;
  if (seen.size < 78 || (icmp[0] != 135 && icmp[0] != 136)) return;
  std::fprintf(
      out,
      "{\"t\":%lld,\"ns\":\"%s\",\"if\":\"%s\",\"ev\":\"%s\",\"smac\":\"%s\",\"src\":\"%s\",\"dst\":\"%s\","
      "\"target\":\"%s\",\"flags\":%d}\n",
      seen.t, seen.place, seen.interface, icmp[0] == 136 ? "na" : "ns", mac(seen.frame + 6).c_str(),
      ip(AF_INET6, seen.frame + 22).c_str(), ip(AF_INET6, seen.frame + 38).c_str(),
      ip(AF_INET6, icmp + 8).c_str(), icmp[4] >> 5);
}

void on_vrrp(const Seen& seen, int family) {
  const unsigned char* f = seen.frame;
  const bool four = family == AF_INET;
  const std::size_t payload = four ? 14 + std::size_t{4} * (f[14] & 15U) : 54;
  const std::size_t end = std::min(
      seen.size, four ? 14 + std::size_t{256} * f[16] + f[17] : 54 + std::size_t{256} * f[18] + f[19]);
  if (end < payload + 8) return;
  std::string hex;
  for (std::size_t i = payload; i < end; ++i) {
    std::array<char, 3> two{};
    std::snprintf(two.data(), two.size(), "%02x", f[i]);
    hex += two.data();
  }
  std::fprintf(
      out,
      "{\"t\":%lld,\"ns\":\"%s\",\"if\":\"%s\",\"ev\":\"vrrp\",\"src\":\"%s\",\"dst\":\"%s\",\"smac\":\"%s\","
      "\"ttl\":%d,\"vrid\":%d,\"priority\":%d,\"hex\":\"%s\"}\n",
      seen.t, seen.place, seen.interface, ip(family, f + (four ? 26 : 22)).c_str(),
      ip(family, f + (four ? 30 : 38)).c_str(), mac(f + 6).c_str(), f[four ? 22 : 21], f[payload + 1],
      f[payload + 2], hex.c_str());
}

void on_frame(const Seen& seen) {
  const unsigned type = 256U * seen.frame[12] + seen.frame[13];
  if (type == ETH_P_ARP) on_arp(seen);
  if (type == ETH_P_IP) on_vrrp(seen, AF_INET);
  if (type != ETH_P_IPV6) return;
  if (seen.frame[20] == 112) {
    on_vrrp(seen, AF_INET6);
  } else {
    on_neighbour(seen);
  }
}

}  // namespace

void take_frames(Place& place) {
  constexpr std::size_t kMost = 1024;  // the rest is for the next turn, also in a flood
  std::array<unsigned char, 2048> frame{};
  alignas(cmsghdr) std::array<char, 128> control{};
  while (place.taken.size() < kMost) {
    sockaddr_ll about{};
    iovec part{frame.data(), frame.size()};
    msghdr message{};
    message.msg_name = &about;
    message.msg_namelen = sizeof about;
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const ssize_t got = recvmsg(place.frames, &message, 0);
    if (got < 0) return;
    if (about.sll_pkttype == PACKET_OUTGOING || got < 42) continue;
    place.taken.push_back(
        {static_cast<unsigned>(about.sll_ifindex), stamp_of(message), {frame.begin(), frame.begin() + got}});
  }
}

void write_frames(Place& place) {
  for (const Frame& frame : place.taken) {
    on_frame({place.name.c_str(), place.interfaces[frame.interface].c_str(), static_cast<long long>(frame.t),
              frame.bytes.data(), frame.bytes.size()});
  }
  place.taken.clear();
}

void check_drops(const Place& place) {
  tpacket_stats statistics{};
  socklen_t length = sizeof statistics;
  if (getsockopt(place.frames, SOL_PACKET, PACKET_STATISTICS, &statistics, &length) != 0 ||
      statistics.tp_drops != 0) {
    lost(place, "frames");
  }
}

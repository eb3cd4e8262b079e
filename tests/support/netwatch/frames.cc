// The packet half of netwatch.
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <sys/socket.h>

#include <array>
#include <vector>

#include "tests/support/lab/lab.h"
#include "tests/support/netwatch/place.h"

// Frames that arrive: ARP, and IPv4 of protocol 112. The filter is classic BPF on the whole frame.
int open_frames() {
  const int fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) lab::die("packet socket");
  std::array<sock_filter, 6> program{
      {BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 12), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_ARP, 3, 0),
       BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_IP, 0, 3), BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 23),
       BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 112, 0, 1), BPF_STMT(BPF_RET | BPF_K, 65535)}};
  std::vector<sock_filter> whole(program.begin(), program.end());
  whole.push_back(BPF_STMT(BPF_RET | BPF_K, 0));
  const sock_fprog filter{static_cast<unsigned short>(whole.size()), whole.data()};
  const int on = 1;
  const int size = 4 << 20;
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

std::string ip(const unsigned char* b) {
  return std::to_string(b[0]) + "." + std::to_string(b[1]) + "." + std::to_string(b[2]) + "." +
         std::to_string(b[3]);
}

// The kernel stamps frames with the wall clock: brought to the monotonic one by their distance right now.
std::int64_t stamp_of(msghdr& message) {
  for (cmsghdr* c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(&message, c)) {
    if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPNS) continue;
    timespec stamped{};
    std::memcpy(&stamped, CMSG_DATA(c), sizeof stamped);
    timespec wall{};
    clock_gettime(CLOCK_REALTIME, &wall);
    return lab::now_ns() -
           (std::int64_t{wall.tv_sec - stamped.tv_sec} * 1'000'000'000 + wall.tv_nsec - stamped.tv_nsec);
  }
  return lab::now_ns();
}

void on_frame(const Place& place, std::int64_t t, const unsigned char* f, std::size_t size) {
  const auto stamp = static_cast<long long>(t);
  if (f[12] == 8 && f[13] == 6 && size >= 42) {
    const bool gratuitous = std::memcmp(f + 28, f + 38, 4) == 0;
    std::fprintf(out,
                 "{\"t\":%lld,\"ns\":\"%s\",\"ev\":\"arp\",\"op\":%d,\"smac\":\"%s\",\"sip\":\"%s\",\"tip\":"
                 "\"%s\",\"garp\":%s}\n",
                 stamp, place.name.c_str(), f[21], mac(f + 22).c_str(), ip(f + 28).c_str(),
                 ip(f + 38).c_str(), gratuitous ? "true" : "false");
    return;
  }
  const std::size_t payload = 14 + std::size_t{4} * (f[14] & 15U);
  if (size < payload + 8) return;
  std::string hex;
  for (std::size_t i = payload; i < size; ++i) {
    std::array<char, 3> two{};
    std::snprintf(two.data(), two.size(), "%02x", f[i]);
    hex += two.data();
  }
  std::fprintf(out,
               "{\"t\":%lld,\"ns\":\"%s\",\"ev\":\"vrrp\",\"src\":\"%s\",\"smac\":\"%s\",\"vrid\":%d,"
               "\"priority\":%d,\"hex\":\"%s\"}\n",
               stamp, place.name.c_str(), ip(f + 26).c_str(), mac(f + 6).c_str(), f[payload + 1],
               f[payload + 2], hex.c_str());
}

}  // namespace

void read_frames(const Place& place) {
  std::array<unsigned char, 2048> frame{};
  alignas(cmsghdr) std::array<char, 128> control{};
  for (;;) {
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
    on_frame(place, stamp_of(message), frame.data(), static_cast<std::size_t>(got));
  }
}

void check_drops(const Place& place) {
  tpacket_stats statistics{};
  socklen_t length = sizeof statistics;
  if (getsockopt(place.frames, SOL_PACKET, PACKET_STATISTICS, &statistics, &length) != 0 ||
      statistics.tp_drops != 0) {
    lost(place, "frames");
  }
}

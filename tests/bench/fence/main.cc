// bench_fence refresh GROUPS INTERVAL_MS group|turn SECONDS   elements of a live set deleted and added again
// by
//     netlink, one VIP a group, in two sets (as an inet and an arp table would need): a transaction for each
//     group when it is due (phases spread), or one for all (all due at once)
// bench_fence adverts GROUPS INTERVAL_MS fenced|bare SECONDS  adverts on eth1, phases spread, with the finer
//     fence over them or without
// bench_fence packets SECONDS ADDRESS                         small UDP packets to it, one after the other
// bench_fence hold GROUPS                                     holds the fence over eth1 until its input ends
//
// One line of figures, name=value, times in microseconds; tests/bench/fence.py runs the whole matrix.
// Works in its network namespace.
#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "lib/sys/unique_fd.h"
#include "node/kernel/fence_filter.h"
#include "tests/bench/fence/beats.h"
#include "tests/bench/fence/netlink_refresh.h"

using namespace fairlead;
using namespace fairlead::bench;

namespace {

void require(const Result<>& result) {
  if (result) return;
  std::fprintf(stderr, "%s\n", result.error().message.c_str());
  std::exit(1);
}

std::vector<filter::FencedGroup> groups_of(int count, Milliseconds interval) {
  const int interface = static_cast<int>(if_nametoindex("eth1"));
  std::vector<filter::FencedGroup> groups;
  for (int i = 0; i < count; ++i) {
    groups.push_back(
        {{interface, net::Family::kIPv4, vrrp::VirtualRouterId(static_cast<std::uint8_t>(i + 1))},
         "eth1",
         {vip(i)},
         3 * interval});
  }
  return groups;
}

class Adverts {
 public:
  Adverts() : fd_(socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, 112)) {
    ip_mreqn port{};
    port.imr_ifindex = static_cast<int>(if_nametoindex("eth1"));
    const int ttl = 255;
    const int off = 0;
    const int on = 1;
    setsockopt(fd_.get(), IPPROTO_IP, IP_MULTICAST_IF, &port, sizeof port);
    setsockopt(fd_.get(), IPPROTO_IP, IP_MULTICAST_TTL, &ttl, sizeof ttl);
    setsockopt(fd_.get(), IPPROTO_IP, IP_MULTICAST_LOOP, &off, sizeof off);
    setsockopt(fd_.get(), IPPROTO_IP, IP_RECVERR, &on, sizeof on);
  }
  void send(int group) {
    const auto address = vip(group);
    std::uint8_t message[12] = {0x31, static_cast<std::uint8_t>(group + 1), 200, 1, 0, 10, 0, 0};
    std::memcpy(message + 8, address.bytes().data(), 4);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_addr.s_addr = htonl(0xe0000012);
    if (sendto(fd_.get(), message, sizeof message, 0, reinterpret_cast<sockaddr*>(&to), sizeof to) < 0)
      ++refused_;
  }
  void continuing() {
    const int priority = filter::kContinuingAdvert;
    setsockopt(fd_.get(), SOL_SOCKET, SO_PRIORITY, &priority, sizeof priority);
  }
  int refused() const { return refused_; }

 private:
  sys::UniqueFd fd_;
  int refused_ = 0;
};

int bench_refresh(int groups, int interval, const std::string& mode, int seconds) {
  NetlinkRefresh live;
  run_beats(groups, interval * kMilli, mode == "group", seconds,
            [&](const std::vector<int>& due) { live.refresh(due, Milliseconds(3 * interval)); });
  return 0;
}

int bench_adverts(int groups, int interval, const std::string& mode, int seconds) {
  const auto fence = kernel::open_fence_filter([] { return Microseconds(0); });
  if (mode == "fenced") require(fence->apply(groups_of(groups, Milliseconds(interval))));
  Adverts adverts;
  for (int i = 0; i < groups; ++i) adverts.send(i);
  adverts.continuing();
  run_beats(groups, interval * kMilli, true, seconds,
            [&](const std::vector<int>& due) { adverts.send(due.front()); });
  std::printf(" refused=%d", adverts.refused());
  require(fence->apply({}));
  return 0;
}

int bench_packets(int seconds, const char* address) {
  const sys::UniqueFd fd(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(9);
  inet_pton(AF_INET, address, &to.sin_addr);
  if (connect(fd.get(), reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) return 1;
  const char body[18] = {};
  std::int64_t count = 0;
  const std::int64_t begun = clock_ns(CLOCK_THREAD_CPUTIME_ID);
  const std::int64_t end = clock_ns(CLOCK_MONOTONIC) + seconds * kSecond;
  while (clock_ns(CLOCK_MONOTONIC) < end) {
    for (int i = 0; i < 1000; ++i) count += send(fd.get(), body, sizeof body, 0) >= 0 ? 1 : 0;
  }
  // The other side's softirq runs in this thread's send, so this is both sides' time.
  const std::int64_t used = clock_ns(CLOCK_THREAD_CPUTIME_ID) - begun;
  std::printf("packets=%lld ns_each=%.1f", static_cast<long long>(count),
              static_cast<double>(used) / static_cast<double>(count));
  return 0;
}

int hold(int groups) {
  const auto fence = kernel::open_fence_filter([] { return Microseconds(0); });
  require(fence->apply(groups_of(groups, Milliseconds(100))));
  std::printf("held\n");
  std::fflush(stdout);
  char byte = 0;
  while (read(STDIN_FILENO, &byte, 1) > 0) {
  }
  require(fence->apply({}));
  return 0;
}

int usage() {
  std::fprintf(stderr,
               "usage: bench_fence refresh|adverts GROUPS INTERVAL_MS group|turn|fenced|bare SECONDS\n"
               "       bench_fence packets SECONDS ADDRESS\n"
               "       bench_fence hold GROUPS\n");
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string what = argc > 1 ? argv[1] : "";
  int code = 2;
  if (what == "refresh" && argc == 6) {
    code = bench_refresh(std::atoi(argv[2]), std::atoi(argv[3]), argv[4], std::atoi(argv[5]));
  } else if (what == "adverts" && argc == 6) {
    code = bench_adverts(std::atoi(argv[2]), std::atoi(argv[3]), argv[4], std::atoi(argv[5]));
  } else if (what == "packets" && argc == 4) {
    code = bench_packets(std::atoi(argv[2]), argv[3]);
  } else if (what == "hold" && argc == 3) {
    return hold(std::atoi(argv[2]));
  } else {
    return usage();
  }
  std::printf("\n");
  return code;
}

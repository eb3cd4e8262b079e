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
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "lib/sys/unique_fd.h"
#include "node/kernel/fence_filter.h"
#include "node/kernel/genl_socket.h"
#include "node/kernel/nft_objects.h"

using namespace fairlead;

namespace {

constexpr std::int64_t kMilli = 1'000'000;
constexpr std::int64_t kSecond = 1'000'000'000;

std::int64_t clock_ns(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return now.tv_sec * kSecond + now.tv_nsec;
}

void sleep_until(std::int64_t at) {
  const timespec then{at / kSecond, at % kSecond};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &then, nullptr) == EINTR) {
  }
}

void require(const Result<>& result) {
  if (result) return;
  std::fprintf(stderr, "%s\n", result.error().message.c_str());
  std::exit(1);
}

net::IpAddress vip(int group) {
  return net::IpAddress::v4(
      {10, 99, static_cast<std::uint8_t>(group >> 8), static_cast<std::uint8_t>(group)});
}

class Figures {
 public:
  void add(std::int64_t ns) { all_.push_back(ns); }
  std::string text(const std::string& name) {
    if (all_.empty()) return "";
    std::sort(all_.begin(), all_.end());
    std::string out;
    for (const auto& [label, share] :
         {std::pair{"p50", 0.5}, {"p99", 0.99}, {"p99.9", 0.999}, {"max", 1.0}}) {
      const auto at =
          std::min(all_.size() - 1, static_cast<std::size_t>(share * static_cast<double>(all_.size())));
      char part[64];
      std::snprintf(part, sizeof part, " %s_%s=%.0f", name.c_str(), label,
                    static_cast<double>(all_[at]) / 1e3);
      out += part;
    }
    return out;
  }

 private:
  std::vector<std::int64_t> all_;
};

// Calls `beat` with the groups that are due, each group every interval; with `spread` one group at a time.
void run_beats(int groups, std::int64_t interval, bool spread, std::int64_t seconds,
               const std::function<void(const std::vector<int>&)>& beat) {
  const std::int64_t begun = clock_ns(CLOCK_MONOTONIC) + 10 * kMilli;
  std::vector<std::int64_t> due(static_cast<std::size_t>(groups), begun);
  for (int i = 0; spread && i < groups; ++i) due[static_cast<std::size_t>(i)] += interval * i / groups;
  Figures took;
  Figures late;
  std::int64_t beats = 0;
  const std::int64_t cpu = clock_ns(CLOCK_THREAD_CPUTIME_ID);
  for (;;) {
    const auto first = static_cast<std::size_t>(std::min_element(due.begin(), due.end()) - due.begin());
    if (due[first] >= begun + seconds * kSecond) break;
    sleep_until(due[first]);
    std::vector<int> now{static_cast<int>(first)};
    if (!spread) {
      for (int i = 1; i < groups; ++i) now.push_back(i);
    }
    const std::int64_t asked = clock_ns(CLOCK_MONOTONIC);
    beat(now);
    const std::int64_t done = clock_ns(CLOCK_MONOTONIC);
    took.add(done - asked);
    ++beats;
    for (const int group : now) {
      auto& at = due[static_cast<std::size_t>(group)];
      late.add(done - at);
      at = std::max(at + interval, done);  // a beat that was missed is not made up for
    }
  }
  const auto used = static_cast<double>(clock_ns(CLOCK_THREAD_CPUTIME_ID) - cpu);
  const auto wall = static_cast<double>(clock_ns(CLOCK_MONOTONIC) - begun);
  std::printf("beats=%lld cpu_percent=%.2f cpu_each=%.1f%s%s", static_cast<long long>(beats),
              100 * used / wall, used / 1e3 / static_cast<double>(beats), took.text("took").c_str(),
              late.text("late").c_str());
}

constexpr const char* kTable = "fairlead_bench";
constexpr const char* kLive[] = {"live_inet", "live_arp"};

class NetlinkRefresh {
 public:
  NetlinkRefresh() : socket_(*kernel::GenlSocket::open(NETLINK_NETFILTER)) {
    commit([](kernel::NftTransaction& transaction) {
      kernel::append_table(transaction, kTable, NFT_MSG_NEWTABLE);
      kernel::append_table(transaction, kTable, NFT_MSG_DELTABLE);
      kernel::append_table(transaction, kTable, NFT_MSG_NEWTABLE);
      std::uint32_t id = 0;
      for (const char* set : kLive)
        kernel::append_set(transaction, kTable, {set, NFT_SET_TIMEOUT, 7, 4, 0, 0, 0}, ++id);
    });
  }
  ~NetlinkRefresh() {
    commit([](kernel::NftTransaction& transaction) {
      kernel::append_table(transaction, kTable, NFT_MSG_DELTABLE);
    });
    std::printf(" expired=%d failed=%d", expired_, failed_);
  }
  NetlinkRefresh(const NetlinkRefresh&) = delete;
  NetlinkRefresh& operator=(const NetlinkRefresh&) = delete;

  void refresh(const std::vector<int>& groups, Milliseconds timeout) {
    kernel::NftElements elements;
    for (const int group : groups) {
      const auto address = vip(group);
      elements.push_back({{address.bytes().begin(), address.bytes().end()}, {}, {}, timeout});
    }
    const bool first = std::any_of(groups.begin(), groups.end(), [&](int g) { return !seen_[g]; });
    for (const int group : groups) seen_[group] = true;
    if (first ? commit([&](auto& t) { add(t, elements); }) : commit([&](auto& t) {
          remove(t, elements);
          add(t, elements);
        }))
      return;
    // An element that has run out cannot be deleted.
    ++expired_;
    if (!commit([&](auto& t) { add(t, elements); })) ++failed_;
  }

 private:
  static void add(kernel::NftTransaction& transaction, const kernel::NftElements& elements) {
    for (const char* set : kLive)
      kernel::append_elements(transaction, kTable, NFT_MSG_NEWSETELEM, set, elements);
  }
  static void remove(kernel::NftTransaction& transaction, const kernel::NftElements& elements) {
    for (const char* set : kLive)
      kernel::append_elements(transaction, kTable, NFT_MSG_DELSETELEM, set, elements);
  }
  bool commit(const std::function<void(kernel::NftTransaction&)>& fill) {
    const std::uint32_t first = socket_.next_sequence();
    kernel::NftTransaction transaction(NFPROTO_INET, first);
    fill(transaction);
    transaction.finish();
    const auto outcome = socket_.transact(transaction.batch(), first, transaction.barrier());
    return outcome && outcome->complete && outcome->failed.empty();
  }

  kernel::GenlSocket socket_;
  bool seen_[1 << 16] = {};
  int expired_ = 0;
  int failed_ = 0;
};

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

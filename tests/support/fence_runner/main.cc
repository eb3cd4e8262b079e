// fence_runner INTERVAL_MS SILENT_MS VRID ADDRESS...: the finer fence alone, with something that beats like
// the vrrp thread: holds the fence over a group on eth1 of this network namespace and sends adverts for it,
// one per family of its addresses. Commands on standard input, a line each:
//   go      adverts from now on; the first opens the fence
//   go-on   adverts from now on, all of them continuing ones
//   stop    no adverts: from now on it counts as hung
//   zero    one advert of priority 0
//   leave   no group any more
// Prints `ready`, `did COMMAND T`, `sent T` and `refused T` for each round of adverts, `repaired T`; T is
// CLOCK_MONOTONIC in ns, of an advert before it was sent.
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <set>
#include <string>
#include <vector>

#include "lib/sys/unique_fd.h"
#include "node/kernel/fence_filter.h"

using namespace fairlead;

namespace {

constexpr int kVrrp = 112;
constexpr std::uint8_t kPriority = 200;
constexpr std::chrono::milliseconds kRepairEvery{50};

using Clock = std::chrono::steady_clock;

long long ns(Clock::time_point at) { return std::chrono::nanoseconds(at.time_since_epoch()).count(); }

void say(const std::string& what, Clock::time_point at) {
  std::printf("%s %lld\n", what.c_str(), ns(at));
  std::fflush(stdout);
}

template <class T>
void set(int fd, int level, int name, const T& value) {
  if (setsockopt(fd, level, name, &value, sizeof value) != 0) {
    std::perror("setsockopt");
    std::exit(1);
  }
}

// Multicasts VRRP messages of one family; the kernel's refusal is told.
class Sender {
 public:
  Sender(net::Family family, int interface)
      : family_(family), fd_(socket(family == net::Family::kIPv4 ? AF_INET : AF_INET6, SOCK_RAW, kVrrp)) {
    const int on = 1;
    const int off = 0;
    const int ttl = 255;
    if (family == net::Family::kIPv4) {
      ip_mreqn port{};
      port.imr_ifindex = interface;
      set(fd_.get(), IPPROTO_IP, IP_MULTICAST_IF, port);
      set(fd_.get(), IPPROTO_IP, IP_MULTICAST_TTL, ttl);
      set(fd_.get(), IPPROTO_IP, IP_MULTICAST_LOOP, off);
      set(fd_.get(), IPPROTO_IP, IP_RECVERR, on);
    } else {
      set(fd_.get(), IPPROTO_IPV6, IPV6_MULTICAST_IF, interface);
      set(fd_.get(), IPPROTO_IPV6, IPV6_MULTICAST_HOPS, ttl);
      set(fd_.get(), IPPROTO_IPV6, IPV6_MULTICAST_LOOP, off);
      set(fd_.get(), IPPROTO_IPV6, IPV6_RECVERR, on);
    }
  }

  bool send(const std::vector<std::uint8_t>& message, bool continuing) {
    set(fd_.get(), SOL_SOCKET, SO_PRIORITY, continuing ? filter::kContinuingAdvert : 6);
    if (family_ == net::Family::kIPv4) {
      sockaddr_in to{};
      to.sin_family = AF_INET;
      to.sin_addr.s_addr = htonl(0xe0000012);
      return send_to(message, reinterpret_cast<sockaddr*>(&to), sizeof to);
    }
    sockaddr_in6 to{};
    to.sin6_family = AF_INET6;
    to.sin6_addr.s6_addr[0] = 0xff;
    to.sin6_addr.s6_addr[1] = 0x02;
    to.sin6_addr.s6_addr[15] = 0x12;
    return send_to(message, reinterpret_cast<sockaddr*>(&to), sizeof to);
  }

 private:
  bool send_to(const std::vector<std::uint8_t>& message, const sockaddr* to, socklen_t size) {
    return sendto(fd_.get(), message.data(), message.size(), MSG_DONTWAIT, to, size) >= 0;
  }

  net::Family family_;
  sys::UniqueFd fd_;
};

struct Member {
  filter::FencedGroup group;
  Sender sender;
  bool opened = false;
};

// Header and addresses; nobody here looks at the checksum.
std::vector<std::uint8_t> message_of(const filter::FencedGroup& group, std::uint8_t priority) {
  std::vector<std::uint8_t> out{
      0x31, group.key.vrid.value(), priority, static_cast<std::uint8_t>(group.addresses.size()), 0, 10, 0, 0};
  for (const auto& address : group.addresses) {
    out.insert(out.end(), address.bytes().begin(), address.bytes().end());
  }
  return out;
}

std::vector<Member> members_of(char** arguments, int count) {
  const int interface = static_cast<int>(if_nametoindex("eth1"));
  std::vector<Member> members;
  for (const auto family : {net::Family::kIPv4, net::Family::kIPv6}) {
    filter::FencedGroup group{
        {interface, family, vrrp::VirtualRouterId(static_cast<std::uint8_t>(std::atoi(arguments[3])))},
        "eth1",
        {},
        Milliseconds(std::atoi(arguments[2])),
        Milliseconds(std::atoi(arguments[1]))};
    for (int i = 4; i < count; ++i) {
      const auto address = net::parse_address(arguments[i]);
      if (address && address->family() == family) group.addresses.insert(*address);
    }
    if (!group.addresses.empty()) members.push_back({group, Sender(family, interface)});
  }
  return members;
}

class Runner {
 public:
  Runner(std::vector<Member> members, std::chrono::milliseconds interval)
      : members_(std::move(members)),
        interval_(interval),
        fence_(kernel::open_fence_filter([this] { return idle(); })) {}

  int run() {
    if (!apply(true)) return 1;
    say("ready", Clock::now());
    Clock::time_point repair_at = Clock::now();
    while (true) {
      const Clock::time_point now = Clock::now();
      if (beating_ && now >= advert_at_) {
        advert_at_ = std::max(advert_at_ + interval_, now - interval_);
        beat();
      }
      if (now >= repair_at) {
        repair_at = now + kRepairEvery;
        const auto repaired = fence_->repair();
        if (!repaired) std::fprintf(stderr, "%s\n", repaired.error().message.c_str());
        if (repaired && *repaired) say("repaired", Clock::now());
      }
      const auto next = beating_ ? std::min(advert_at_, repair_at) : repair_at;
      const auto wait = std::chrono::ceil<std::chrono::milliseconds>(next - Clock::now());
      pollfd input{STDIN_FILENO, POLLIN, 0};
      if (poll(&input, 1, std::max(0, static_cast<int>(wait.count()))) > 0 && !obey()) return 0;
    }
  }

 private:
  // What beats counts as hung from `stop` on.
  Microseconds idle() const {
    if (beating_) return Microseconds(0);
    return std::chrono::floor<Microseconds>(Clock::now() - stopped_);
  }

  bool apply(bool all) {
    std::vector<filter::FencedGroup> groups;
    if (all) {
      for (const Member& member : members_) groups.push_back(member.group);
    }
    const auto applied = fence_->apply(groups);
    if (!applied) std::fprintf(stderr, "%s\n", applied.error().message.c_str());
    return applied.has_value();
  }

  void beat() {
    const Clock::time_point at = Clock::now();
    bool sent = true;
    for (Member& member : members_) {
      sent = member.sender.send(message_of(member.group, kPriority), member.opened) && sent;
      member.opened = true;
    }
    say(sent ? "sent" : "refused", at);
  }

  bool obey() {
    char buffer[256];
    const ssize_t got = read(STDIN_FILENO, buffer, sizeof buffer);
    if (got <= 0) return false;
    std::string command(buffer, static_cast<std::size_t>(got));
    command.erase(command.find_last_not_of('\n') + 1);
    if (command == "go" || command == "go-on") {
      for (Member& member : members_) member.opened = command == "go-on";
      beating_ = true;
      advert_at_ = Clock::now();
    } else if (command == "stop") {
      beating_ = false;
      stopped_ = Clock::now();
    } else if (command == "zero") {
      for (Member& member : members_) member.sender.send(message_of(member.group, 0), false);
    } else if (command == "leave") {
      apply(false);
    }
    say("did " + command, Clock::now());
    return true;
  }

  std::vector<Member> members_;
  std::chrono::milliseconds interval_;
  std::unique_ptr<kernel::FenceFilter> fence_;
  bool beating_ = false;
  Clock::time_point advert_at_;
  Clock::time_point stopped_{};
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 5) {
    std::fprintf(stderr, "usage: fence_runner INTERVAL_MS SILENT_MS VRID ADDRESS...\n");
    return 2;
  }
  return Runner(members_of(argv, argc), std::chrono::milliseconds(std::atoi(argv[1]))).run();
}

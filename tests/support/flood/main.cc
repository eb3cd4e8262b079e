// flood INTERFACE RATE SECONDS FILE: sends the Ethernet frames of a file (one a line, in hex) in turn, RATE a
// second, from this network namespace. Prints {"sent":N,"seconds":S} at its end: what was taken by the
// kernel, which is less than asked for on a busy machine.
#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "tests/support/lab/lab.h"

namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::size_t kBatch = 64;
using Frame = std::vector<unsigned char>;

std::vector<Frame> read_frames(const char* path) {
  std::vector<Frame> frames;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    Frame frame;
    for (std::size_t i = 0; i + 1 < line.size(); i += 2) {
      frame.push_back(static_cast<unsigned char>(std::stoi(line.substr(i, 2), nullptr, 16)));
    }
    if (!frame.empty()) frames.push_back(std::move(frame));
  }
  return frames;
}

int open_interface(const char* name) {
  const int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
  if (fd < 0) lab::die("packet socket");
  const int on = 1;
  setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof on);
  sockaddr_ll there{};
  there.sll_family = AF_PACKET;
  there.sll_ifindex = static_cast<int>(if_nametoindex(name));
  if (bind(fd, reinterpret_cast<sockaddr*>(&there), sizeof there) != 0) lab::die("bind packet socket");
  return fd;
}

// One batch, beginning with frame number `first`; how many of it went.
std::int64_t send_batch(int fd, std::vector<Frame>& frames, std::int64_t first, std::int64_t count) {
  std::array<mmsghdr, kBatch> messages{};
  std::array<iovec, kBatch> parts{};
  const auto size = static_cast<std::size_t>(std::min<std::int64_t>(count, kBatch));
  for (std::size_t i = 0; i < size; ++i) {
    Frame& frame = frames[(static_cast<std::size_t>(first) + i) % frames.size()];
    parts[i] = {frame.data(), frame.size()};
    messages[i].msg_hdr.msg_iov = &parts[i];
    messages[i].msg_hdr.msg_iovlen = 1;
  }
  return std::max(0, sendmmsg(fd, messages.data(), static_cast<unsigned>(size), 0));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fprintf(stderr, "usage: flood INTERFACE RATE SECONDS FILE\n");
    return 2;
  }
  const std::int64_t rate = std::atoll(argv[2]);
  const auto length = static_cast<std::int64_t>(std::atof(argv[3]) * 1e9);
  auto frames = read_frames(argv[4]);
  if (frames.empty()) lab::die(argv[4]);
  const std::int64_t burst = std::max<std::int64_t>(1, rate / 100);
  const int fd = open_interface(argv[1]);
  const std::int64_t begun = lab::now_ns();
  std::int64_t sent = 0;
  std::int64_t place = 0;  // in the plan of RATE a second
  std::int64_t now = begun;
  while (now - begun < length) {
    const std::int64_t due = (now - begun) * rate / kSecond;
    // What could not be sent in time is not made up for in a burst of more than 10 ms, or of one frame.
    place = std::max(place, due - burst);
    if (due - place >= std::min<std::int64_t>(kBatch, burst)) {
      const std::int64_t went = send_batch(fd, frames, sent, due - place);
      sent += went;
      place += went;
    } else {
      const timespec pause{0, 200'000};
      nanosleep(&pause, nullptr);
    }
    now = lab::now_ns();
  }
  std::printf("{\"sent\":%lld,\"seconds\":%.3f}\n", static_cast<long long>(sent),
              static_cast<double>(now - begun) / 1e9);
  return 0;
}

// The lab's prober: one process that asks a VIP and writes down, as JSON lines on CLOCK_MONOTONIC, what came
// back.
//   prober watch ADDRESS:PORT [INTERVAL_MS]  UDP, one question every INTERVAL_MS (5) until SIGTERM or SIGINT.
//     per question {"i":7,"sent":ns,"got":ns,"from":"r1"} or {"i":7,"sent":ns,"lost":true}, at the end
//     {"summary":"watch","sent":n,"answered":n,"lost":n,"outage_ms":x,"outage_from":ns,"outage_to":ns,"open":false}
//     outage: from the first question of the longest run of lost ones to the next question that was answered;
//     open: the last questions were lost, so nobody knows how long it lasted.
//   prober count tcp|udp ADDRESS:PORT N      N connections one after another (UDP: N source ports, 4
//   datagrams each);
//     per connection {"i":7,"from":"r1"}, at the end {"summary":"count","connections":n,"failed":n,
//     "packets_out":n,"packets_in":n,"bytes_out":n,"bytes_in":n} as they passed this namespace's interfaces.
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <string>
#include <vector>

#include "tests/support/lab/lab.h"

namespace {

constexpr std::int64_t kMillisecond = 1'000'000;
// A question that has no answer after this long is lost.
constexpr std::int64_t kPatience = 1000 * kMillisecond;
// Questions younger than this at the end are neither answered nor lost.
constexpr std::int64_t kGrace = 300 * kMillisecond;
constexpr int kSockets = 8;

volatile std::sig_atomic_t stopping = 0;

struct Question {
  std::int64_t sent = 0;
  std::int64_t got = 0;
  std::string from;
};

struct Outage {
  std::int64_t from = 0;
  std::int64_t to = 0;
  bool open = false;
};

Outage longest_outage(const std::vector<Question>& questions) {
  Outage longest;
  std::int64_t first_lost = 0;
  for (const Question& q : questions) {
    if (q.got == 0 && first_lost == 0) first_lost = q.sent;
    if (q.got != 0 && first_lost != 0) {
      if (q.sent - first_lost > longest.to - longest.from) longest = {first_lost, q.sent, false};
      first_lost = 0;
    }
  }
  longest.open = first_lost != 0;
  return longest;
}

int connected_socket(const sockaddr_in& target) {
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) lab::die("socket");
  if (connect(fd, reinterpret_cast<const sockaddr*>(&target), sizeof target) != 0) lab::die("connect");
  return fd;
}

// Takes every answer that waits: "<number> <name>".
void take_answers(int fd, std::vector<Question>& questions) {
  std::array<char, 256> text{};
  for (;;) {
    const ssize_t got = recv(fd, text.data(), text.size() - 1, 0);
    if (got < 0 && errno == ECONNREFUSED) continue;  // an ICMP error: the question stays unanswered
    if (got <= 0) return;
    text[static_cast<std::size_t>(got)] = 0;
    char* rest = nullptr;
    const auto number = std::strtoull(text.data(), &rest, 10);
    if (number >= questions.size() || *rest != ' ' || questions[number].got != 0) continue;
    questions[number].got = lab::now_ns();
    questions[number].from = lab::plain(rest + 1);
    std::printf("{\"i\":%llu,\"sent\":%lld,\"got\":%lld,\"from\":\"%s\"}\n", number,
                static_cast<long long>(questions[number].sent), static_cast<long long>(questions[number].got),
                questions[number].from.c_str());
  }
}

void report_watch(std::vector<Question>& questions, std::int64_t ended) {
  while (!questions.empty() && questions.back().got == 0 && ended - questions.back().sent < kGrace) {
    questions.pop_back();
  }
  std::size_t lost = 0;
  for (std::size_t i = 0; i < questions.size(); ++i) {
    if (questions[i].got != 0) continue;
    ++lost;
    std::printf("{\"i\":%zu,\"sent\":%lld,\"lost\":true}\n", i, static_cast<long long>(questions[i].sent));
  }
  const Outage outage = longest_outage(questions);
  std::printf(
      "{\"summary\":\"watch\",\"sent\":%zu,\"answered\":%zu,\"lost\":%zu,\"outage_ms\":%.1f,"
      "\"outage_from\":%lld,\"outage_to\":%lld,\"open\":%s}\n",
      questions.size(), questions.size() - lost, lost, static_cast<double>(outage.to - outage.from) / 1e6,
      static_cast<long long>(outage.from), static_cast<long long>(outage.to), outage.open ? "true" : "false");
}

int watch(const sockaddr_in& target, std::int64_t interval) {
  std::vector<pollfd> sockets;
  for (int i = 0; i < kSockets; ++i) sockets.push_back({connected_socket(target), POLLIN, 0});
  std::vector<Question> questions;
  std::int64_t due = lab::now_ns();
  std::int64_t flushed = due;
  std::int64_t stop_at = 0;
  for (;;) {
    std::int64_t now = lab::now_ns();
    if (stopping != 0 && stop_at == 0) stop_at = now + kGrace;
    if (stop_at != 0 && now >= stop_at) break;
    if (now >= due && stop_at == 0) {
      const std::string text = std::to_string(questions.size());
      questions.push_back({now, 0, {}});
      const int fd = sockets[questions.size() % kSockets].fd;
      // No route or a stored ICMP error: this question is lost like any other.
      (void)send(fd, text.data(), text.size(), 0);
      due = std::max(due + interval, now);
      if (due < now + interval / 2) due = now + interval;
    }
    if (now - flushed > kPatience) {
      std::fflush(stdout);
      flushed = now;
    }
    const std::int64_t next = stop_at != 0 ? stop_at : due;
    const std::int64_t wait = std::max<std::int64_t>(0, next - lab::now_ns());
    const timespec timeout{wait / 1'000'000'000, wait % 1'000'000'000};
    if (ppoll(sockets.data(), sockets.size(), &timeout, nullptr) <= 0) continue;
    for (const pollfd& s : sockets) {
      if (s.revents != 0) take_answers(s.fd, questions);
    }
  }
  report_watch(questions, lab::now_ns());
  return 0;
}

struct Traffic {
  unsigned long packets_out = 0;
  unsigned long packets_in = 0;
  unsigned long bytes_out = 0;
  unsigned long bytes_in = 0;
};

// A tap that has seen every frame of this namespace since it was opened.
int open_tap() {
  const int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, htons(ETH_P_ALL));
  if (fd < 0) lab::die("packet socket");
  const int size = 8 << 20;
  setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size);
  return fd;
}

Traffic read_tap(int fd, const sockaddr_in& target, unsigned char protocol) {
  Traffic traffic;
  std::array<unsigned char, 65536> packet{};
  for (;;) {
    sockaddr_ll about{};
    socklen_t length = sizeof about;
    const ssize_t got =
        recvfrom(fd, packet.data(), packet.size(), MSG_TRUNC, reinterpret_cast<sockaddr*>(&about), &length);
    if (got < 0) break;
    if (got < 28 || (packet[0] >> 4) != 4 || packet[9] != protocol) continue;
    const bool out = about.sll_pkttype == PACKET_OUTGOING;
    const std::size_t ports = std::size_t{4} * (packet[0] & 15U) + (out ? 2 : 0);
    const bool ours = std::memcmp(&packet[out ? 16 : 12], &target.sin_addr, 4) == 0 &&
                      std::memcmp(&packet[ports], &target.sin_port, 2) == 0;
    if (!ours) continue;
    (out ? traffic.packets_out : traffic.packets_in) += 1;
    (out ? traffic.bytes_out : traffic.bytes_in) += static_cast<unsigned long>(got);
  }
  tpacket_stats lost{};
  socklen_t length = sizeof lost;
  if (getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, &lost, &length) != 0 || lost.tp_drops != 0) {
    std::fprintf(stderr, "the tap lost %u frames: no count is possible\n", lost.tp_drops);
    std::exit(1);
  }
  return traffic;
}

// One TCP connection, closed by us after the server's end; the name it answered, "" if none within 3 s.
std::string ask_tcp(const sockaddr_in& target) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval patience{3, 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  std::string answer;
  if (connect(fd, reinterpret_cast<const sockaddr*>(&target), sizeof target) == 0) {
    std::array<char, 256> text{};
    for (ssize_t got = 0; (got = recv(fd, text.data(), text.size(), 0)) > 0;) {
      answer.append(text.data(), static_cast<std::size_t>(got));
    }
  }
  close(fd);
  return answer.substr(0, answer.find('\n'));
}

std::string ask_udp(int fd) {
  std::string answer;
  for (int i = 0; i < 4; ++i) {
    std::array<char, 256> text{};
    pollfd waiting{fd, POLLIN, 0};
    (void)send(fd, "count", 5, 0);
    if (poll(&waiting, 1, 3000) != 1) break;
    const ssize_t got = recv(fd, text.data(), text.size(), 0);
    if (got > 6) answer.assign(text.data() + 6, static_cast<std::size_t>(got) - 6);
  }
  return answer;
}

int count(bool tcp, const sockaddr_in& target, int connections) {
  const int tap = open_tap();
  int failed = 0;
  int in_a_row = 0;
  int tried = 0;
  // Open until the end, so that no source port comes twice: for IPVS that would be the same connection.
  std::vector<int> datagrams;
  for (int i = 0; !tcp && i < connections; ++i) datagrams.push_back(connected_socket(target));
  for (int i = 0; i < connections; ++i) {
    // After five failures one after another the rest is not tried: each takes three seconds.
    if (in_a_row < 5) ++tried;
    const std::string from = in_a_row == 5 ? "" : tcp ? ask_tcp(target) : ask_udp(datagrams[i]);
    in_a_row = !from.empty() ? 0 : std::min(5, in_a_row + 1);
    if (from.empty()) ++failed;
    std::printf("{\"i\":%d,\"from\":\"%s\"}\n", i, lab::plain(from).c_str());
  }
  for (const int fd : datagrams) close(fd);
  // The last acknowledgements are on their way.
  usleep(500'000);
  const Traffic t = read_tap(tap, target, tcp ? IPPROTO_TCP : IPPROTO_UDP);
  std::printf(
      "{\"summary\":\"count\",\"connections\":%d,\"failed\":%d,\"packets_out\":%lu,\"packets_in\":%lu,"
      "\"bytes_out\":%lu,\"bytes_in\":%lu}\n",
      tried, failed, t.packets_out, t.packets_in, t.bytes_out, t.bytes_in);
  return failed == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string mode = argc > 1 ? argv[1] : "";
  struct sigaction on_stop {};
  on_stop.sa_handler = [](int) { stopping = 1; };
  sigaction(SIGTERM, &on_stop, nullptr);
  sigaction(SIGINT, &on_stop, nullptr);
  if (mode == "watch" && (argc == 3 || argc == 4)) {
    const int interval = argc == 4 ? std::max(1, std::atoi(argv[3])) : 5;
    return watch(lab::parse_endpoint(argv[2]), interval * kMillisecond);
  }
  if (mode == "count" && argc == 5) {
    return count(std::string(argv[2]) == "tcp", lab::parse_endpoint(argv[3]), std::atoi(argv[4]));
  }
  std::fprintf(stderr,
               "usage: prober watch ADDRESS:PORT [INTERVAL_MS] | prober count tcp|udp ADDRESS:PORT N\n");
  return 2;
}

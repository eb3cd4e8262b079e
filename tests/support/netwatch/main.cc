// netwatch FILE NAMESPACE... [+NAMESPACE...]: judges from outside, on one clock. For each namespace it writes
// every address and link change, for each one with a + also the ARP, neighbour discovery and VRRP frames that
// arrive there, as JSON lines:
//   {"t":ns,"ns":"fairlead-n1","ev":"addr","op":"have|add|renew|del","if":"eth1","addr":"192.0.2.10/32","valid":1}
//     have: there when we began; valid: seconds, -1 for ever
//   {"t":ns,"ns":…,"ev":"link","if":"eth1","up":true,"carrier":true,"master":3}
//   {"t":ns,"ns":…,"if":…,"ev":"arp","op":1,"smac":…,"sip":…,"tip":…,"garp":true}
//   {"t":ns,"ns":…,"if":…,"ev":"na","smac":…,"src":…,"dst":…,"target":…,"flags":1}   or "ns"; flags: R 4, S
//   2, O 1
//   {"t":ns,"ns":…,"if":…,"ev":"vrrp","src":…,"dst":…,"smac":…,"ttl":255,"vrid":51,"priority":200,"hex":"<IP
//   payload>"}
//   {"t":ns,"ns":…,"ev":"lost","what":"netlink|frames"}: something was missed, the measurement is void
//   {"t":ns,"ev":"ready"} when all is open, {"t":ns,"ev":"end"} after SIGTERM.
// t is CLOCK_MONOTONIC; frames carry the kernel's time stamp, netlink messages the time they were read: of a
// change and a frame the order of the lines tells which came first, not their times.
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <thread>
#include <vector>

#include "tests/support/lab/lab.h"
#include "tests/support/netwatch/place.h"

std::FILE* out = nullptr;

void lost(const Place& place, const char* what) {
  std::fprintf(out, "{\"t\":%lld,\"ns\":\"%s\",\"ev\":\"lost\",\"what\":\"%s\"}\n",
               static_cast<long long>(lab::now_ns()), place.name.c_str(), what);
}

namespace {

volatile std::sig_atomic_t stopping = 0;

// Lines go through a pipe to a thread that writes them to the file: a disk that is busy for a few
// milliseconds must not keep us from reading, since what is read late is stamped late.
class Writer {
 public:
  explicit Writer(const char* path) {
    const int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    std::array<int, 2> ends{};
    if (file < 0 || pipe2(ends.data(), O_CLOEXEC) != 0) lab::die(path);
    (void)fcntl(ends[1], F_SETPIPE_SZ, 1 << 20);
    out = fdopen(ends[1], "w");
    if (out == nullptr) lab::die(path);
    std::setvbuf(out, nullptr, _IOLBF, 1 << 16);
    sigset_t all{};
    sigset_t before{};
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);  // signals are the reading thread's
    thread_ = std::thread([file, from = ends[0]] { copy(from, file); });
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;
  ~Writer() {
    std::fclose(out);
    thread_.join();
  }

 private:
  static void copy(int from, int file) {
    std::array<char, 1 << 16> piece{};
    ssize_t got = 0;
    while ((got = read(from, piece.data(), piece.size())) > 0) {
      for (ssize_t done = 0; done < got;) {
        const ssize_t wrote = write(file, piece.data() + done, static_cast<std::size_t>(got - done));
        if (wrote <= 0) lab::die("writing what was seen");
        done += wrote;
      }
    }
    close(file);
    close(from);
  }

  std::thread thread_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: netwatch FILE NAMESPACE... [+NAMESPACE...]\n");
    return 2;
  }
  struct sigaction on_stop {};
  on_stop.sa_handler = [](int) { stopping = 1; };
  sigaction(SIGTERM, &on_stop, nullptr);
  // Netlink messages are stamped when they are read: right away, whatever else this machine does. Without the
  // right to it the stamps are as late as the machine is busy.
  const Writer writer(argv[1]);
  const sched_param first{1};
  (void)sched_setscheduler(0, SCHED_FIFO, &first);
  std::vector<Place> places;
  for (int i = 2; i < argc; ++i) {
    const bool capture = argv[i][0] == '+';
    Place place{};
    place.name = argv[i] + (capture ? 1 : 0);
    lab::enter_namespace(place.name);
    place.netlink = open_netlink();
    if (capture) place.frames = open_frames();
    lab::enter_namespace("");
    list_all(place);
    places.push_back(std::move(place));
  }
  std::fprintf(out, "{\"t\":%lld,\"ev\":\"ready\"}\n", static_cast<long long>(lab::now_ns()));
  while (stopping == 0) {
    std::vector<pollfd> watched;
    for (const Place& p : places) {
      watched.push_back({p.netlink, POLLIN, 0});
      watched.push_back({p.frames, POLLIN, 0});
    }
    if (poll(watched.data(), watched.size(), 500) < 0) continue;
    for (std::size_t i = 0; i < places.size(); ++i) {
      if (watched[2 * i + 1].revents != 0) take_frames(places[i]);
    }
    for (Place& place : places) (void)read_netlink(place);
    for (Place& place : places) write_frames(place);
  }
  for (const Place& p : places) {
    if (p.frames >= 0) check_drops(p);
  }
  std::fprintf(out, "{\"t\":%lld,\"ev\":\"end\"}\n", static_cast<long long>(lab::now_ns()));
  return 0;
}

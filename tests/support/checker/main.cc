// checker: the node's health checks alone, in this network namespace. For tests with real sockets that need
// neither IPVS nor an API server.
//   checker [--descriptors N] INTERVAL TIMEOUT RETRIES RETRY_DELAY [source=ADDRESS] ENDPOINT...      all in
//   seconds
// Checks until standard input ends. Prints a line for each change, TIME in seconds of the monotonic clock:
//   TIME ENDPOINT Up|Down|Unknown ERROR        ERROR is "-" if there is none
// and when standard input says "metrics" a line, all metrics, and "end of metrics". --descriptors: lowers the
// limit of open files, so that sockets run out.
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "lib/sys/log.h"
#include "node/agent/health_monitor.h"

using namespace fairlead;

namespace {

template <class T>
T must(Result<T> result) {
  if (result) return *std::move(result);
  std::fprintf(stderr, "checker: %s\n", result.error().message.c_str());
  std::exit(2);
}

std::string now_text() {
  char text[32];
  std::snprintf(text, sizeof text, "%.6f",
                std::chrono::duration<double>(sys::now().time_since_epoch()).count());
  return text;
}

// Prints what is news of the real servers.
class Printer {
 public:
  void look(const plan::VirtualServerPlan& server, const agent::HealthMonitor& monitor) {
    for (const auto& [endpoint, health] : health::healths_of(server, monitor.checks())) {
      health::RealHealth& shown = shown_[endpoint];
      if (shown == health) continue;
      shown = health;
      std::printf("%s %s %s %s\n", now_text().c_str(), net::to_string(endpoint).c_str(),
                  std::string(health::to_string(health.verdict)).c_str(),
                  health.error.empty() ? "-" : health.error.c_str());
    }
    std::fflush(stdout);
  }

 private:
  health::Healths shown_;
};

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> words(argv + 1, argv + argc);
  if (words.size() > 2 && words[0] == "--descriptors") {
    const auto count = static_cast<rlim_t>(std::stoi(words[1]));
    const rlimit limit{count, count};
    setrlimit(RLIMIT_NOFILE, &limit);
    words.erase(words.begin(), words.begin() + 2);
  }
  api::HealthCheck check;
  check.interval = Seconds(std::stoi(words.at(0)));
  check.timeout = Seconds(std::stoi(words.at(1)));
  check.retries = std::stoi(words.at(2));
  check.retry_delay = Seconds(std::stoi(words.at(3)));
  plan::VirtualServerPlan server;
  for (std::size_t i = 4; i < words.size(); ++i) {
    if (words[i].starts_with("source="))
      check.source_address = must(net::parse_address(words[i].substr(7)));
    else
      server.reals.insert({must(net::parse_endpoint(words[i])), {api::Weight(1)}});
  }
  server.checks = {check};

  sys::start_log(sys::LogLevel::kInfo, sys::LogFormat::kText);
  sys::Loop loop;
  sys::Metrics metrics;
  const auto prober = probe::open_prober(loop);
  Printer printer;
  const agent::HealthMonitor* running = nullptr;
  agent::HealthMonitor monitor(loop, *prober, metrics, [&](const auto&) { printer.look(server, *running); });
  running = &monitor;
  monitor.order({{plan::VirtualServerKey{}, server}},
                [](const auto&) { return std::map<plan::VirtualServerKey, std::set<net::Endpoint>>(); });
  const sys::ReadWatch watch(loop, STDIN_FILENO, [&] {
    char buffer[256];
    const ssize_t got = ::read(STDIN_FILENO, buffer, sizeof buffer);
    if (got <= 0) return loop.stop();
    std::printf("metrics\n%send of metrics\n", metrics.render().c_str());
    std::fflush(stdout);
  });
  loop.run();
  sys::stop_log();
  return 0;
}

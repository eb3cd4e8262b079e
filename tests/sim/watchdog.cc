#include "sim/watchdog.h"

#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstddef>
#include <string_view>

namespace fairlead::sim {
namespace {

constexpr int kMostSeconds = 5;
constexpr std::string_view kWhy = ": endless: the scenario has taken 5 s of CPU time\n";

// For the signal handler, which may do little.
std::array<char, 256> message;
std::size_t length = 0;

void end_program(int) {
  const auto written = ::write(STDOUT_FILENO, message.data(), length);
  ::_exit(written < 0 ? 2 : 1);
}

}  // namespace

void begin_watch(const std::string& name) {
  const std::string text = name.substr(0, message.size() - kWhy.size()) + std::string(kWhy);
  length = 0;
  std::copy(text.begin(), text.end(), message.begin());
  length = text.size();
  std::signal(SIGVTALRM, end_program);
  itimerval limit{};
  limit.it_value.tv_sec = kMostSeconds;
  ::setitimer(ITIMER_VIRTUAL, &limit, nullptr);
}

}  // namespace fairlead::sim

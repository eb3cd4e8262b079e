#include "tests/bench/fence/beats.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <string>
#include <utility>

namespace fairlead::bench {
namespace {

void sleep_until(std::int64_t at) {
  const timespec then{at / kSecond, at % kSecond};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &then, nullptr) == EINTR) {
  }
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

}  // namespace

net::IpAddress vip(int group) {
  return net::IpAddress::v4(
      {10, 99, static_cast<std::uint8_t>(group >> 8), static_cast<std::uint8_t>(group)});
}

std::int64_t clock_ns(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return now.tv_sec * kSecond + now.tv_nsec;
}

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

}  // namespace fairlead::bench

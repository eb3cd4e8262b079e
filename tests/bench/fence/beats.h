#pragma once

#include <time.h>

#include <cstdint>
#include <functional>
#include <vector>

#include "lib/net/address.h"

// Groups that are due at their intervals, and what the beats of all of them took.
namespace fairlead::bench {

constexpr std::int64_t kMilli = 1'000'000;  // ns
constexpr std::int64_t kSecond = 1'000'000'000;

// The one VIP of that group.
net::IpAddress vip(int group);

// In ns.
std::int64_t clock_ns(clockid_t clock);

// Calls `beat` with the groups that are due, each group every interval (ns); with `spread` one group at a
// time. Prints the figures.
void run_beats(int groups, std::int64_t interval, bool spread, std::int64_t seconds,
               const std::function<void(const std::vector<int>&)>& beat);

}  // namespace fairlead::bench

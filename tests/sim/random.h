#pragma once

#include <cstdint>

#include "lib/base/time.h"

namespace fairlead::sim {

// A source of chance that is the same on every machine (splitmix64; the standard library's distributions
// are not). A value: copying it copies the future.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    state_ += 0x9e3779b97f4a7c15;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  // Both ends included.
  std::int64_t between(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(next() % static_cast<std::uint64_t>(high - low + 1));
  }
  int number(int low, int high) { return static_cast<int>(between(low, high)); }
  Microseconds span(Microseconds low, Microseconds high) {
    return Microseconds(between(low.count(), high.count()));
  }
  bool permille(int chance) { return between(0, 999) < chance; }

 private:
  std::uint64_t state_;
};

}  // namespace fairlead::sim

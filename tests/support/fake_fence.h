#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "node/kernel/fence_filter.h"

namespace fairlead::test {

// Holds what it is told, unless it is to fail.
class FakeFence : public kernel::FenceFilter {
 public:
  Result<> apply(const std::vector<filter::FencedGroup>& groups) override {
    ++applied;
    wanted = groups;
    if (fails) return *fails;
    held = groups;
    return Done{};
  }
  Result<bool> repair() override {
    ++repairs;
    if (fails) return *fails;
    held = wanted;
    return std::exchange(damaged, false);
  }
  bool stands() override { return !gone; }

  std::vector<filter::FencedGroup> wanted;
  std::vector<filter::FencedGroup> held;
  std::optional<Error> fails;
  bool damaged = false;
  bool gone = false;  // what it holds, or nobody can tell
  int applied = 0;
  int repairs = 0;
};

}  // namespace fairlead::test

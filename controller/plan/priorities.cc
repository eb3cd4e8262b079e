#include "controller/plan/priorities.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

namespace fairlead::controller {
namespace {

constexpr int kHighest = 200;
constexpr int kLowest = 50;
constexpr int kMaxStep = 50;
constexpr int kMostMembers = 8;
constexpr Milliseconds kLeastSkew{19};

int step_for(int members) { return std::min(kMaxStep, (kHighest - kLowest) / std::max(1, members - 1)); }

// The middle of the largest gap between two priorities in use, 50 and 200 being walls.
int middle_of_largest_gap(const std::map<std::string, int>& taken) {
  std::set<int> walls{kLowest, kHighest};
  for (const auto& [node, priority] : taken) walls.insert(priority);
  int low = kLowest;
  int size = 0;
  for (auto wall = walls.begin(); std::next(wall) != walls.end(); ++wall) {
    const int gap = *std::next(wall) - *wall;
    if (gap > size) {
      size = gap;
      low = *wall;
    }
  }
  return low + size / 2;
}

std::vector<std::pair<int, std::string>> strongest_first(const std::map<std::string, int>& members) {
  std::vector<std::pair<int, std::string>> order;
  for (const auto& [node, priority] : members) order.emplace_back(-priority, node);
  std::sort(order.begin(), order.end());
  return order;
}

bool too_close(const std::map<std::string, int>& members, Milliseconds skew_interval) {
  const auto order = strongest_first(members);
  const int step = step_for(static_cast<int>(members.size()));
  for (std::size_t i = 1; i < order.size(); ++i) {
    const int gap = order[i].first - order[i - 1].first;
    if (gap * skew_interval < 256 * kLeastSkew && gap < step) return true;
  }
  return false;
}

}  // namespace

Milliseconds skew_interval(const api::VRRPGroupSpec& spec) {
  return spec.version == 2 ? Milliseconds(1000) : spec.advert_interval;
}

int priority_of_rank(int rank, int members) { return kHighest - rank * step_for(members); }

int most_members(Milliseconds skew_interval) {
  const auto apart = 1 + 150 * skew_interval.count() / 4864;
  return static_cast<int>(std::min<std::int64_t>(kMostMembers, std::max<std::int64_t>(2, apart)));
}

std::map<std::string, int> priorities(const std::map<std::string, int>& incumbents,
                                      const std::vector<std::string>& newcomers, Milliseconds skew_interval) {
  std::map<std::string, int> out = incumbents;
  if (incumbents.empty()) {
    for (std::size_t rank = 0; rank < newcomers.size(); ++rank) {
      out[newcomers[rank]] = priority_of_rank(static_cast<int>(rank), static_cast<int>(newcomers.size()));
    }
    return out;
  }
  for (const auto& node : newcomers) out[node] = middle_of_largest_gap(out);
  if (!too_close(out, skew_interval)) return out;
  int rank = 0;
  for (const auto& [negative, node] : strongest_first(out)) {
    out[node] = priority_of_rank(rank++, static_cast<int>(out.size()));
  }
  return out;
}

}  // namespace fairlead::controller

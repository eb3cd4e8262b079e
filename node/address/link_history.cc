#include "node/address/link_history.h"

#include <utility>

namespace fairlead::address {

void LinkHistory::observe(const Interfaces& interfaces, TimePoint now) {
  std::map<int, Link> next;
  for (const auto& [index, interface] : interfaces) {
    const auto before = links_.find(index);
    Link link{interface.up, interface.carrier_changes, std::nullopt};
    const bool unbroken = before != links_.end() && before->second.up &&
                          before->second.carrier_changes == interface.carrier_changes;
    if (unbroken) {
      link.since = before->second.since;
    } else if (observed_ && interface.up) {
      link.since = now;
    }
    next.emplace(index, link);
  }
  links_ = std::move(next);
  observed_ = true;
}

std::optional<TimePoint> LinkHistory::believed_from(int index, Microseconds delay) const {
  const auto link = links_.find(index);
  if (link == links_.end() || !link->second.since) return std::nullopt;
  return *link->second.since + delay;
}

}  // namespace fairlead::address

#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "lib/base/time.h"
#include "node/address/audit.h"

namespace fairlead::address {

// Since when each interface is up without a break. A port may be up and yet deaf for a while (bonds, spanning
// tree), so a link that has just come up need not be believed (FN-05).
class LinkHistory {
 public:
  // Takes in the interfaces as they are now. What is up at the first call counts as up for ever; an interface
  // that is new later came up now, and so did one whose carrier was lost and is back since the last call.
  void observe(const Interfaces& interfaces, TimePoint now);

  // From when on an interface that is up has been so for `delay`; nothing if it has been from the beginning.
  std::optional<TimePoint> believed_from(int index, Microseconds delay) const;

 private:
  struct Link {
    bool up = false;
    std::uint32_t carrier_changes = 0;
    std::optional<TimePoint> since;  // absent: up since before the first call, or down
  };
  std::map<int, Link> links_;
  bool observed_ = false;
};

}  // namespace fairlead::address

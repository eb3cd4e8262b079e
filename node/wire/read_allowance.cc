#include "node/wire/read_allowance.h"

#include <algorithm>

namespace fairlead::wire {

std::size_t ReadAllowance::left(TimePoint now) const {
  const auto recent = std::count_if(read_.begin(), read_.end(),
                                    [now](TimePoint at) { return now - at < Microseconds(kWithin); });
  return kMost - static_cast<std::size_t>(recent);
}

void ReadAllowance::note(std::size_t read, TimePoint now) {
  read_.insert(read_.end(), read, now);
  while (read_.size() > kMost) read_.pop_front();
}

}  // namespace fairlead::wire

#include "node/agent/heard_master.h"

#include <algorithm>
#include <tuple>

namespace fairlead::agent {

void HeardMaster::hear(const vrrp::AdvertReceived& advert, const net::IpAddress& named, TimePoint now) {
  const bool gives_up = advert.priority == vrrp::kRelinquish;
  const TimePoint silent_at = now + 5 * Microseconds(advert.max_advertise_interval) / 2;
  if (!speaker_) {
    if (!gives_up) speaker_ = Speaker{named, advert.priority, silent_at};
  } else if (speaker_->address == named) {
    speaker_->priority = std::max(speaker_->priority, advert.priority);
    speaker_->silent_at = gives_up ? now : silent_at;
    if (gives_up && changes_.take(now)) speaker_.reset();
  } else if (!gives_up) {
    const bool outranks = std::tie(advert.priority, named) > std::tie(speaker_->priority, speaker_->address);
    if ((outranks || now >= speaker_->silent_at) && changes_.take(now)) {
      speaker_ = Speaker{named, advert.priority, silent_at};
    }
  }
}

}  // namespace fairlead::agent

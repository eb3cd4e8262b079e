#pragma once

#include <optional>
#include <string>

#include "lib/base/time.h"
#include "lib/net/address.h"
#include "lib/reconcile/token_bucket.h"
#include "node/vrrp/machine.h"

namespace fairlead::agent {

// Whom a Backup names as the one it hears (`hears` in its status): the sender of the last valid advert. Where
// several advertise beside each other, as after a split, the name does not go to and fro: the one that ranks
// highest keeps it until he gives the role up or is silent for two and a half of his intervals, half an
// interval less than a Backup waits at least. A name goes, for another or for none, ten times at once and ten
// times a minute in the long run, since adverts can be made up and each change is a write to the API server.
// Pure.
class HeardMaster {
 public:
  // An advert arrived. `named`: its sender, as people are to be told of him.
  void hear(const vrrp::AdvertReceived& advert, const net::IpAddress& named, TimePoint now);
  // No longer Backup.
  void forget() { speaker_.reset(); }
  // Nothing: nobody was heard, or he gave the role up.
  std::optional<net::IpAddress> address() const {
    return speaker_ ? std::optional(speaker_->address) : std::nullopt;
  }
  // The same for people, then empty.
  std::string name() const { return speaker_ ? to_string(speaker_->address) : ""; }

 private:
  static constexpr double kChangesASecond = 1.0 / 6;
  static constexpr int kChangesAtOnce = 10;

  struct Speaker {
    net::IpAddress address;
    vrrp::Priority priority{0};  // the highest he told, lest one who tells two by turns changes the name
    TimePoint silent_at;         // unless he is heard again
  };
  std::optional<Speaker> speaker_;
  reconcile::TokenBucket changes_{kChangesASecond, kChangesAtOnce};
};

}  // namespace fairlead::agent

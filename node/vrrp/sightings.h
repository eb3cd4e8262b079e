#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "lib/base/time.h"
#include "lib/net/address.h"
#include "node/vrrp/packet.h"

// What a virtual router hears that people should know of, beside what the machine makes of it. Pure.
namespace fairlead::vrrp {

// What is odd about an advert that is accepted all the same; and adverts from ourselves, which are not.
enum class Oddity {
  kStranger,       // our VRID for addresses none of which is ours (FN-21)
  kSecondOwner,    // priority 255, which is ours (VR-045)
  kChecksumForm,   // summed in the form that we do not send: its sender may understand that one only
  kFarInterval,    // an interval more than ten times our own (vrrp.md 4)
  kPriorityZero,   // of itself no oddity; a stream of them holds a Backup back for good (vrrp.md 5)
  kTrailingBytes,  // more than the message: a trailer we know nothing of (VR-034)
  kOwnAddress,     // from our own address: a clone of us, or our own adverts come back (FN-18)
  // Of no harm by themselves, and a change of plan brings them for a moment (vrrp.md 1.11):
  kAddresses,     // another list of addresses, but not a stranger's (VR-044)
  kAddressOrder,  // ours in another order
  kInterval,      // another interval than ours, not far above it (VR-043)
};
// The names that people read: of conditions, and of the metric's label.
std::string_view to_string(Oddity oddity);  // "VRIDInUse", "SecondOwner", ...

// Whether an advert lists any of our addresses. Over IPv6 a link-local one counts only where there is no
// other: that of the virtual router follows from the VRID, so that strangers who share it have the same.
bool lists_any_of(const std::vector<net::IpAddress>& listed, const std::set<net::IpAddress>& ours);

// A refused advert that names the router is seen as the reason of its refusal.
using Seen = std::variant<Oddity, RejectReason>;

// Remembers of each odd thing who was first seen doing it, until that sender has not done it for a while. So
// a flood of made-up senders changes nothing: memory is bounded by the kinds.
class Sightings {
 public:
  // Longer than members need to follow a change of plan one after the other.
  static constexpr Seconds kLasting{10};

  struct Sighting {
    net::IpAddress sender;
    TimePoint first;
    TimePoint last;
    int times = 0;  // stops at the most that is asked for
    Microseconds remembered{0};
  };

  // `what` was seen of `sender`, and is remembered for so long. True if from now on it is worth telling:
  // once is enough, but for kOwnAddress (3 times) and kPriorityZero (5 times), which happen, and for what a
  // change of plan brings: that must have been seen for kLasting.
  bool note(const Seen& what, const net::IpAddress& sender, TimePoint now, Microseconds remembered);
  // `sender` no longer does it.
  void over(const Seen& what, const net::IpAddress& sender);
  // Forgets what has not been seen for as long as it was to be remembered.
  void forget(TimePoint now);
  // When forget() has something to do next.
  std::optional<TimePoint> next_forgotten() const;
  // Who does it, if that is worth telling.
  std::optional<net::IpAddress> sender_of(const Seen& what) const;
  // Every refusal worth telling, in order.
  std::vector<std::pair<RejectReason, net::IpAddress>> refusals() const;
  // Another number: sender_of() or refusals() may say otherwise.
  std::uint64_t changes() const { return changes_; }

 private:
  bool take(const Seen& what, const net::IpAddress& sender, TimePoint now, Microseconds remembered);

  std::map<Seen, Sighting> seen_;
  std::uint64_t changes_ = 0;
};

}  // namespace fairlead::vrrp

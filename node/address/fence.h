#pragma once

#include <optional>

#include "lib/base/time.h"

// The fence: how long the kernel may keep a VIP after the last sign of life of its daemon. vrrp.md 8,
// failure-model.md 1.2. a = our advertisement interval; ADI_min = the shortest Active_Down_Interval of any
// other possible member.
namespace fairlead::address {

// The kernel removes an address up to this long after its lifetime has ended (measured).
inline constexpr Milliseconds kExpiryLateness{1100};
// A group's addresses renewed less than this ago need no renewal before the next advert.
inline constexpr Milliseconds kRenewalStaysFresh{200};

// What L may be. The least is what it is without a wish: max(floor(a) + 1, floor(ADI_min - 1.1 s)), in the
// kernel's whole seconds; the most is floor(ADI_min), or the least where that is more: a longer one would
// hold the VIP for seconds beside whoever took over.
struct LifetimeRange {
  Seconds least;
  Seconds most;
  friend bool operator==(const LifetimeRange&, const LifetimeRange&) = default;
};
LifetimeRange lifetime_range(Microseconds a, Microseconds adi_min);

// L: `wanted`, moved into that range; the least of it without a wish.
Seconds fence_lifetime(Microseconds a, Microseconds adi_min, std::optional<Seconds> wanted);

// How long after a group's last advert the finer fence (node/filter/fence.h) may leave its addresses to be
// heard: ADI_min less 20 ms, for the kernel's ticks (up to 10 ms) on either side; of fast adverts less half
// of what ADI_min has above two beats, so that one lost beat never silences a living daemon. Whole
// milliseconds.
Milliseconds silent_after(Microseconds a, Microseconds adi_min);

// How long two nodes may hold the VIP after the death of one daemon: L + 1.1 s - ADI_min, at least 0.
Microseconds fence_overlap(Seconds lifetime, Microseconds adi_min);

// The same where the finer fence lets the addresses be heard for so long after the last advert.
Microseconds finer_fence_overlap(Milliseconds silent_after, Microseconds adi_min);

enum class FenceVerdict {
  kGoOn,        // on time: renew and advertise
  kDrainFirst,  // late: read what others sent first; nobody there: renew and advertise
  kGiveUp,      // another may be Active by now: no advert, drop the addresses, be Backup
};

// The gap from which another may be Active: ADI_min - 0.1 s. Where that lies below 2a (adverts faster than
// about 90 ms) it is 2a, one lost beat, since else ordinary lateness would end every turn as Active.
Microseconds give_up_after(Microseconds a, Microseconds adi_min);

// Judges the boot-time gap since the group's last advert: up to a go on; from give_up_after() on give up.
FenceVerdict judge(Microseconds gap, Microseconds a, Microseconds adi_min);

// Whether the addresses must be renewed before an advert at `now`.
bool renewal_due(std::optional<TimePoint> last_renewal, TimePoint now);

}  // namespace fairlead::address

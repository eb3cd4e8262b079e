#pragma once

#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "lib/net/address.h"
#include "node/vrrp/types.h"

// One virtual router as a function: RFC 9568 section 6.4, line by line; where RFC 3768 differs (version 2),
// it says so. No clock, no socket, no failure.
namespace fairlead::vrrp {

// What one virtual router is told to be. A value; never changes inside a step.
struct RouterConfig {
  Version version = Version::k3;
  Priority priority{100};
  Centiseconds advertisement_interval{100};
  bool preempt = true;
  // Until it has passed, counted from the later of `warm_since` and the entry into Backup, adverts of
  // lower priority reset the timer as if preempt were false. Zero: no delay, warm or not.
  Microseconds preempt_delay{0};
  std::optional<TimePoint> warm_since;  // absent: not yet programmed
  net::IpAddress primary;               // IPvX_Source: what we send from, and what ties are broken with
  friend bool operator==(const RouterConfig&, const RouterConfig&) = default;
};

// Why a state was left for another. The text is MemberTransition::reason.
enum class Reason {
  kStartup,               // Initialize -> Backup (or Active, if the owner)
  kResumed,               // Initialize -> Active: the daemon was away for a moment only
  kMasterDown,            // the timer ran out: nobody advertised
  kPreempted,             // the timer ran out over adverts of lower priority
  kRelinquished,          // the timer ran out after a priority-0 advert
  kHigherPriorityHeard,   // Active -> Backup
  kFenceExpired,          // Active -> Backup: adverts too late to be sure of being alone
  kHandedOver,            // Active -> Backup: others remove the addresses again and again
  kAddressesRefused,      // Active -> Initialize: the kernel takes none of the addresses
  kOwnerAddressMissing,   // -> Initialize: the owner does not have an address it is to own
  kTrackedInterfaceDown,  // -> Initialize
  kTooManyAddresses,      // -> Initialize: an advert could not list them all
  kLinkDown,              // -> Initialize
  kShutdown,              // -> Initialize
};
std::string_view to_string(Reason reason);  // "Startup", "MasterDown", ...

// Each state carries exactly what the RFC gives it, timers as deadlines.
struct Initialize {
  friend bool operator==(const Initialize&, const Initialize&) = default;
};
struct Backup {
  TimePoint since;
  TimePoint active_down;  // Active_Down_Timer
  // Active_Adver_Interval, if learned from the Active Router; until then, and in version 2 always, it is our
  // own interval.
  std::optional<Centiseconds> learned_interval;
  Reason expectation = Reason::kMasterDown;  // what running out of the timer will mean
  // No earlier than this either, after an interval of our own that became shorter: an Active Router who has
  // yet to take it advertises at the longer one, and is to be heard first. Whatever sets the timer ends it.
  std::optional<TimePoint> not_before{};
  // Max Advertise Interval of the advert of lower priority that was discarded last, while the timer runs on
  // over it: what he is to be waited for if our own priority becomes a lower one.
  std::optional<Centiseconds> passed_over{};
  friend bool operator==(const Backup&, const Backup&) = default;
};
struct Active {
  TimePoint next_advert;                 // Adver_Timer
  std::optional<TimePoint> last_answer;  // last advert sent against a lower one (VR-101); version 3
  friend bool operator==(const Active&, const Active&) = default;
};
using State = std::variant<Initialize, Backup, Active>;

struct Startup {};  // section 6.4.1; also: the link is up again
// Instead of Startup, for a router that an earlier run left Active so short ago that nobody else can be
// (FN-01).
struct Resume {};
struct Shutdown {  // section 6.4.2 and 6.4.3
  Reason reason = Reason::kShutdown;
};
// A timer may have fired; harmless if none has. An Adver_Timer that fires if it is advanced by so much is
// advanced, and for good: the advert after follows an interval after the advanced time.
struct TimePassed {
  Microseconds early{0};
};
struct InterfaceLost {};     // no carrier, no interface, or no address to send from
struct FenceExpired {};      // our last advert is so old that another may be Active (failure-model.md 1.2)
struct AddressesRefused {};  // not one of the addresses could be held
struct HandOver {};          // whoever is Active gives the role up, and stays a candidate
struct FenceFollowed {};     // an advert gives the addresses another time from now on (node/filter/fence.h)
// After any step while adverts do not leave; `interval`: what the last one that left told.
struct AdvertUnsent {
  Microseconds interval;
};
struct Reconfigured {  // step()'s config is the new one
  RouterConfig before;
};
struct AdvertReceived {  // an accepted ADVERTISEMENT
  Priority priority;
  Centiseconds max_advertise_interval;
  net::IpAddress sender;
  // From somebody who uses our VRID for a virtual router of his own (FN-21): a Backup does not take its place
  // while he speaks, whatever his priority, and does not hasten when he leaves. No fight.
  bool stranger = false;
};
using Event =
    std::variant<Startup, Resume, Shutdown, TimePassed, InterfaceLost, FenceExpired, AddressesRefused,
                 HandOver, FenceFollowed, AdvertUnsent, Reconfigured, AdvertReceived>;

struct SendAdvert {
  Priority priority;
  friend bool operator==(const SendAdvert&, const SendAdvert&) = default;
};
// Adds all addresses of the group, then announces those the kernel has acknowledged (rounds of vrrp.md 7).
struct HoldAddresses {
  friend bool operator==(const HoldAddresses&, const HoldAddresses&) = default;
};
// Renews their lifetime (fence). Always directly before a SendAdvert.
struct RenewAddresses {
  friend bool operator==(const RenewAddresses&, const RenewAddresses&) = default;
};
// Deletes them and awaits the acknowledgement; if it does not come, what follows in the list is dropped.
struct ReleaseAddresses {
  friend bool operator==(const ReleaseAddresses&, const ReleaseAddresses&) = default;
};
// One more announcement round, at most one a second: a rival was heard.
struct RepeatAnnouncement {
  friend bool operator==(const RepeatAnnouncement&, const RepeatAnnouncement&) = default;
};
using Effect = std::variant<SendAdvert, HoldAddresses, RenewAddresses, ReleaseAddresses, RepeatAnnouncement>;

struct Step {
  State next;
  std::vector<Effect> effects;   // to be carried out in this order
  std::optional<Reason> reason;  // present exactly if `next` is another alternative than before
  friend bool operator==(const Step&, const Step&) = default;
};

// Decides what one virtual router does about one event. Pure and total: every state takes every event.
Step step(const RouterConfig& config, const State& state, const Event& event, TimePoint now);

// When TimePassed must be delivered next; nothing in Initialize.
std::optional<TimePoint> next_deadline(const State& state);

}  // namespace fairlead::vrrp

#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "lib/base/time.h"

// What is to happen in one simulated cluster: a value that is drawn from a seed, written to a file, read back
// and made smaller.
namespace fairlead::sim::cluster {

inline constexpr int kMostMachines = 4;
inline constexpr int kMostVirtualIPs = 5;
inline constexpr int kMostServices = 3;
inline constexpr int kControllers = 2;

// `target` is a slot: a VirtualIP, Service, machine, controller or kind, taken modulo what there is.
enum class EventKind {
  kVirtualIPNew,  // or as asked for by `amount`, if it is there
  kVirtualIPGone,
  kVirtualIPPorts,  // its port becomes 80 + `amount`
  kServiceNew,
  kServiceGone,
  kServiceFlips,  // no LoadBalancer for `length`
  kServiceAddress,
  kEndpoints,     // `amount` of them
  kPoolLess,      // the pool is half of what it was, for `length`
  kPoolGone,      // for `length`
  kCordon,        // a machine, for `length`
  kExclude,       // by the label, for `length`
  kZone,          // the machine's label changes
  kMachineCrash,  // its daemon is away for `length`; the whole machine if `amount` is odd
  kMachineFreeze,
  kMachineCut,   // it does not reach the API server
  kMachineGone,  // its Node is deleted and made again after `length`; the daemon has died if `amount` is odd
  kReportStops,  // its NodeReport shows no interface, for `length`
  kCrash,  // of a controller; after `length` a new process, whose list of one kind is `amount` changes old
  kFreeze,
  kTwoLeaders,  // for `length`
  kTakeOver,    // the other controller leads from now on; the one before is frozen for `length`, then stops
  kLag,         // a kind does not come through to a controller
  kOldList,     // the same, and it sees an older list of it, by `amount` changes
  kErrors,      // `amount` of a thousand requests fail
  kLost,        // the answers of so many are lost
  kBusy,
  kSlow,             // so many writes of controllers are carried out seconds later
  kForbidden,        // writes of a kind
  kRestore,          // etcd becomes what it was `length` before; then an admin raises configEpoch
  kPoisonVirtualIP,  // a new one that cannot be read or accepted
  kPoisonService,
  kPoisonPool,
  kTurnsUnreadable,  // a VirtualIP, for `length`
};
std::string_view to_string(EventKind kind);
Result<EventKind> parse_event_kind(std::string_view text);

struct Event {
  EventKind kind = EventKind::kVirtualIPNew;
  Milliseconds at{0};
  Milliseconds length{0};
  int target = 0;
  int amount = 0;
  friend bool operator==(const Event&, const Event&) = default;
};

struct Plot {
  std::uint64_t noise = 0;
  int machines = 3;
  int virtual_ips = 1;  // there from the beginning
  int services = 1;
  std::vector<Event> events;
  friend bool operator==(const Plot&, const Plot&) = default;
};

Plot draw(std::uint64_t seed);
// When the last event is over.
Milliseconds end_of(const Plot& plot);

std::string to_text(const Plot& plot);
Result<Plot> parse_plot(std::string_view text);

// A smaller plot that still fails. REQUIRES: fails(plot).
Plot shrink(Plot plot, const std::function<bool(const Plot&)>& fails);

}  // namespace fairlead::sim::cluster

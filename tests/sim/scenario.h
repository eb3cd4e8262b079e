#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "lib/base/time.h"
#include "lib/net/address.h"
#include "node/vrrp/types.h"

// What is to happen in one simulated segment: a value that is drawn from a seed, written to a file, read
// back and made smaller.
namespace fairlead::sim {

inline constexpr int kMostNodes = 8;
inline constexpr int kMostGroups = 4;
inline constexpr int kInterface = 2;      // "eth1", the one that every node has
inline constexpr int kMostAddresses = 8;  // of one group

enum class FaultKind {
  kCrash,             // the daemon ends without a word; the kernel goes on; restarted after `length`
  kStop,              // planned end (hand-over); restarted after `length`
  kFreeze,            // the daemon does not run for `length`
  kFreezeInCall,      // the same, inside its next system call of kind `amount` (see Call), if one comes soon
  kCrashInCall,       // ends inside that call; restarted after `length`
  kPause,             // the whole machine stands still, clocks too
  kSuspend,           // the machine sleeps: only the boot-time clock goes on
  kPartition,         // the nodes of the bit set `amount` and the others do not hear each other
  kOneWay,            // what `node` sends reaches nobody (if `amount` is a node: not that one)
  kLoss,              // `amount` of a thousand packets get lost
  kDelay,             // every packet takes up to `amount` ms longer, so they overtake each other
  kDuplicate,         // `amount` of a thousand packets come twice
  kJunk,              // `node` hears a malformed advert of each group every `amount` ms
  kStrangers,         // the same with sound adverts of a virtual router nobody knows
  kLinkDown,          // no carrier at `node`
  kRemoval,           // somebody deletes all virtual addresses of `node`
  kForgedRelinquish,  // a priority-0 advert that no member sent, heard by all
  kSendsFail,         // every send of `node` is refused by its kernel
  kPriorities,        // all members get each other's priorities, moved round by `amount`
  kInterval,          // the group's interval becomes `amount` centiseconds (not in version 2)
  kAddresses,         // the group has `amount` addresses from now on
  kPreempt,           // preempt becomes `amount`
  kHoldRefused,       // the kernel of `node` takes no address and renews none
  kReleaseRefused,    // it answers no removal; if `amount` is 1 it has removed them
  kSlow,              // the loop of `node` gets each turn up to `amount` ms late
  kUnready,           // at `node` the group's addresses are not ready to be held
  kImpostor,          // a stranger uses the group's VRID for another address, once every `amount` ms
  kGroupGone,         // the group leaves the plan of `node` for `length`
};
std::string_view to_string(FaultKind kind);
Result<FaultKind> parse_fault_kind(std::string_view text);

// System calls in which a daemon may be caught.
enum class Call { kBeforeHold, kAfterHold, kBeforeSend, kAfterSend, kBeforeRelease, kAfterRelease };
inline constexpr int kCalls = 6;
inline constexpr Milliseconds kSoon{1500};

struct Fault {
  FaultKind kind = FaultKind::kCrash;
  Milliseconds at{0};
  Milliseconds length{0};
  int node = 0;
  int group = 0;
  int amount = 0;
  friend bool operator==(const Fault&, const Fault&) = default;
};

struct GroupSetup {
  net::Family family = net::Family::kIPv4;  // IPv6: version 3
  vrrp::Version version = vrrp::Version::k3;
  int interval = 100;  // centiseconds; of version 2 whole seconds
  bool preempt = true;
  Seconds preempt_delay{0};
  Seconds fence{0};      // fenceLifetime; 0: not set
  bool unicast = false;  // adverts to each member by name
  int addresses = 1;
  std::vector<int> priorities;  // one a node
  friend bool operator==(const GroupSetup&, const GroupSetup&) = default;
};

struct Scenario {
  std::uint64_t noise = 0;  // of delays, lateness and losses
  int nodes = 3;
  Milliseconds length{20000};
  Microseconds call_latency{0};  // a system call takes up to so long
  bool finer_fence = false;      // the nodes have it
  std::vector<GroupSetup> groups;
  std::vector<Fault> faults;
  friend bool operator==(const Scenario&, const Scenario&) = default;
};

// At least 2 nodes, 2 faults, 20 s; the last seconds are left without faults, so that the group can settle.
Scenario draw(std::uint64_t seed);
// When everything must have settled: some time after the last fault has ended.
Milliseconds time_to_settle(const Scenario& scenario);

// One line for the segment, one a group, one a fault, in words.
std::string to_text(const Scenario& scenario);
// Reads that form; lines that begin with # say nothing. Errors: kInvalid.
Result<Scenario> parse_scenario(std::string_view text);

}  // namespace fairlead::sim

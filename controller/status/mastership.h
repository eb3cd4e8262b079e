#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "controller/plan/inputs.h"
#include "controller/plan/senders.h"

// Who is master of a group (api.md, "Who is master"): the newest promotion that the controller observed wins,
// whatever clocks say.
namespace fairlead::controller {

// One member that claims to be Master, as seen so far. `order` and `activity` count observations of the
// group.
struct Claim {
  std::string instance;
  WallTime since{};
  std::int64_t confirmed = 0;
  std::uint64_t order = 0;     // when this promotion was observed: the higher, the newer
  std::uint64_t activity = 0;  // when it last promoted or confirmed itself
  TimePoint active{};          // the same as an instant
  bool stale = false;          // did not answer: its daemon is dead
  bool at_start = false;       // found when the controller first looked: gets 35 s to answer
  friend bool operator==(const Claim&, const Claim&) = default;
};

// What the controller remembers of one group between two looks.
struct GroupClaims {
  std::map<std::string, Claim> claims;  // by node
  std::uint64_t count = 0;              // observations so far
  bool split = false;
  friend bool operator==(const GroupClaims&, const GroupClaims&) = default;
};

struct Ruling {
  GroupClaims memory;
  std::string master;           // node; empty: nobody, or a sender nobody knows
  bool nobody = false;          // nobody claims Master and no Backup hears one
  std::set<std::string> split;  // the nodes that claim it together
  std::set<std::string> stale;  // members whose claim is dead
  std::string unknown_sender;   // a Backup hears this address, which no NodeReport has
  friend bool operator==(const Ruling&, const Ruling&) = default;
};

// `before` is absent when the controller first sees the group: then the master named in its status counts as
// the older claim, and claims noted as stale in its conditions stay so.
Ruling rule(const std::optional<GroupClaims>& before, const api::VRRPGroup& group,
            const Senders& node_of_sender, TimePoint now);

// When time alone, after `now`, makes the first of these claims stale, if it does. `memory`: of a ruling at
// `now`.
std::optional<TimePoint> next_end(const GroupClaims& memory, TimePoint now);

// The message of reason StaleStatus, and the nodes it names.
std::string stale_message(const std::set<std::string>& nodes);
std::set<std::string> nodes_of_stale_message(const std::string& message);

}  // namespace fairlead::controller

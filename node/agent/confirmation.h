#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lib/api/vrrp_group.h"
#include "lib/base/time.h"

// When a live master says again that it is one (api.md, Who is master): pure.
namespace fairlead::agent {

// Another member's claim to be Master, as read in the group's status.
struct ForeignClaim {
  std::string instance;
  WallTime since{};
  std::int64_t confirmed = 0;
  friend bool operator==(const ForeignClaim&, const ForeignClaim&) = default;
};

// What we said so far, of one group.
struct Confirmation {
  std::int64_t confirmed = 0;                    // goes into our entry
  std::map<std::string, ForeignClaim> answered;  // by node, as it was when we answered
  std::optional<TimePoint> last_raised;
  std::optional<TimePoint> look_again;  // a rise waits for its turn
  friend bool operator==(const Confirmation&, const Confirmation&) = default;
};

// A rise of another's `confirmed` is answered at most this often; a new claim at once.
inline constexpr Seconds kConfirmAtMostEvery{30};

// Raises `confirmed` by one if `members`, the group's status, hold a claim of a node other than `self` that
// has not been answered: a new instance or since, or a risen `confirmed`. Only a master answers; claims that
// are withdrawn are forgotten.
Confirmation confirm(Confirmation before, const std::string& self, bool master,
                     const std::vector<api::MemberStatus>& members, TimePoint now);

}  // namespace fairlead::agent

#pragma once

#include <map>
#include <optional>
#include <string>

#include "lib/base/time.h"

// onNoEndpoints: Withdraw, with hysteresis (FC-17): a VirtualIP leaves its group when it has had no real
// server that takes new connections for 10 s, and comes back when it has had one for 2 s, both without a
// break. Its claims stay.
namespace fairlead::controller {

inline constexpr Seconds kVacantBeforeWithdrawn{10};
inline constexpr Seconds kServedBeforeBack{2};

// What is remembered of one VirtualIP.
struct Vacancy {
  bool withdrawn = false;  // it is in no group, or is to leave it
  bool was_held = false;   // it was in one before
  // Withdrawn: it has had a real server. Else: it has had none. Absent: that is not so.
  std::optional<TimePoint> since;
  friend bool operator==(const Vacancy&, const Vacancy&) = default;
};
using Vacancies = std::map<std::string, Vacancy>;  // by UID of the VirtualIP

// What is seen of it now.
struct Attendance {
  bool served = false;          // it has a real server that takes new connections
  bool in_group = false;        // with some address
  bool said_withdrawn = false;  // its status says that it was withdrawn
  bool said_held = false;       // its status has addresses
  friend bool operator==(const Attendance&, const Attendance&) = default;
};

// What to remember next; nothing of one that is served, and where it should be. Without a memory, as after a
// start of the controller: one in a group begins its 10 s anew, one that was withdrawn its 2 s, and one that
// is in no group and has no real server is withdrawn.
std::optional<Vacancy> next_vacancy(const std::optional<Vacancy>& known, const Attendance& seen,
                                    TimePoint now);

// When time alone changes what next_vacancy() says, if it does.
std::optional<TimePoint> next_end(const Vacancies& vacancies);

}  // namespace fairlead::controller

#pragma once

#include "controller/plan/desired.h"
#include "controller/plan/seating.h"

namespace fairlead::controller {

// Takes those who have nothing to serve out of what is granted, so that they come into no group, or leave it,
// and says so in their decisions. Their addresses stay theirs: who asked for one was refused by claim()
// already.
// - A VirtualIP whose Service is not there (yet): the members would wait for virtual servers that nobody can
//   name, and a daemon that starts would keep the other addresses of the group waiting, too.
// - One with onNoEndpoints Withdraw that is withdrawn (vacancy.h); what is to be remembered goes into
//   `out.vacancies`.
// REQUIRES: what is granted is decided and noted in the decisions.
void withhold_unserved(const Ground& ground, Seating& seating, Desired& out);

// True if the VirtualIP, by UID, is withdrawn.
bool is_withdrawn(const Desired& desired, const std::string& uid);

}  // namespace fairlead::controller

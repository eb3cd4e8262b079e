#pragma once

#include <string>

#include "controller/plan/changes.h"
#include "lib/api/status_reply.h"

// Who else writes what we would write (K-26). Pure.
namespace fairlead::controller {

// The field managers that a refused apply met, as "a, b", each once; "another writer" if the API server names
// none. Empty: it was not refused for them.
std::string foreign_managers(const api::StatusReply& reply);

// Forgets those of Services whose status needs no write any more: nobody is in the way. True if there were
// any: what was computed with them still says so.
bool forget_settled(const std::vector<Write>& writes, std::map<api::ObjectKey, std::string>& foreign_writers);

}  // namespace fairlead::controller

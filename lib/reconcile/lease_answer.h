#pragma once

#include <string>

#include "lib/reconcile/election.h"

// What an election makes of the API server's answers. Pure.
namespace fairlead::reconcile {

// Of the GET of the Lease. `status`: HTTP status code.
ElectionEvent answer_to_read(int status, const std::string& body);
// Of a POST or PUT of the Lease.
ElectionEvent answer_to_write(int status, const std::string& body);

}  // namespace fairlead::reconcile

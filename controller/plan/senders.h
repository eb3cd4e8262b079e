#pragma once

#include <map>
#include <string>

#include "controller/plan/inputs.h"

namespace fairlead::controller {

// Address -> node, from all NodeReports: whose advert it is that comes from there. Of two nodes with one
// address the first by name.
using Senders = std::map<net::IpAddress, std::string>;
Senders senders(const ByKey<api::NodeReport>& reports);

}  // namespace fairlead::controller

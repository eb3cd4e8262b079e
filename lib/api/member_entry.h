#pragma once

#include <string>

#include "lib/api/vrrp_group.h"

namespace fairlead::api {

// The entry of a node in the status of a group; null if it has none. Valid as long as the group.
const MemberStatus* entry_of(const VRRPGroup& group, const std::string& node);

}  // namespace fairlead::api

#include "lib/api/member_entry.h"

#include <algorithm>

namespace fairlead::api {

const MemberStatus* entry_of(const VRRPGroup& group, const std::string& node) {
  const auto& entries = group.status.members;
  const auto found =
      std::find_if(entries.begin(), entries.end(), [&](const auto& entry) { return entry.node == node; });
  return found == entries.end() ? nullptr : &*found;
}

}  // namespace fairlead::api

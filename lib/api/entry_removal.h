#pragma once

#include <cstddef>
#include <set>
#include <string>

namespace fairlead::api {

// JSON patch of the status subresource of a VRRPGroup or RealServerSet that takes the entries at these places
// of status.members out, if the object is still of this resourceVersion.
std::string encode_entry_removal(const std::string& resource_version, const std::set<std::size_t>& places);

}  // namespace fairlead::api

#include "lib/api/entry_removal.h"

#include <nlohmann/json.hpp>

#include "lib/api/json_write.h"

namespace fairlead::api {

// From the last on, so that the places of the others stay. A version that is another's is a conflict.
std::string encode_entry_removal(const std::string& resource_version, const std::set<std::size_t>& places) {
  nlohmann::json out{{{"op", "replace"}, {"path", "/metadata/resourceVersion"}, {"value", resource_version}}};
  for (auto place = places.rbegin(); place != places.rend(); ++place) {
    out.push_back({{"op", "remove"}, {"path", "/status/members/" + std::to_string(*place)}});
  }
  return dump(out);
}

}  // namespace fairlead::api

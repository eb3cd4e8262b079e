#include "lib/api/delete_options.h"

#include <nlohmann/json.hpp>

#include "lib/api/json_write.h"

namespace fairlead::api {

std::string encode_delete_options(const std::string& uid, const std::string& resource_version) {
  nlohmann::json out{{"apiVersion", "v1"}, {"kind", "DeleteOptions"}};
  if (!uid.empty()) out["preconditions"]["uid"] = uid;
  if (!resource_version.empty()) out["preconditions"]["resourceVersion"] = resource_version;
  return dump(out);
}

}  // namespace fairlead::api

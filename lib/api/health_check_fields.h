#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "lib/api/json_view.h"
#include "lib/api/traffic_fields.h"

// Internal to lib/api: the list `healthChecks`.
namespace fairlead::api {

// Reads the list into `out`, which stays absent if the list is. Kinds that are not built yet are left out of
// it, and named in `not_yet_supported`.
void read_health_checks(const JsonView& list, const TrafficFrame& frame,
                        std::optional<std::vector<HealthCheck>>& out,
                        std::vector<std::string>& not_yet_supported);

// The names of an item's fields that are none: of an object of the API server its schema says so, of an
// annotation nobody else does.
std::vector<std::string> unknown_health_check_fields(const nlohmann::json& item);

// One item of the list, every field written out.
nlohmann::json health_check_json(const HealthCheck& check);

}  // namespace fairlead::api

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"

namespace fairlead::sys {

// Turns YAML text (kubeconfig; static manifests from issue C) into JSON text, one string per document.
// Plain scalars become null, booleans or numbers by YAML 1.2's core rules, quoted ones stay strings.
// Anchors are expanded at most 10,000 nodes deep in all; duplicate keys are refused.
// Errors: kInvalid, with line and column.
Result<std::vector<std::string>> yaml_to_json(std::string_view text);

}  // namespace fairlead::sys

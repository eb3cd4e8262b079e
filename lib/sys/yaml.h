#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"

namespace fairlead::sys {

// Turns YAML text (kubeconfig; static manifests from issue C) into JSON text, one string per document;
// empty documents are left out. Plain scalars become null, booleans or numbers by YAML 1.2's core rules,
// quoted ones stay strings. Anchors may add at most 10,000 nodes to what the text itself holds. Refused:
// duplicate keys, keys that are no scalars, foreign tags, nesting beyond 100 levels.
// Errors: kInvalid, with line and column.
Result<std::vector<std::string>> yaml_to_json(std::string_view text);

}  // namespace fairlead::sys

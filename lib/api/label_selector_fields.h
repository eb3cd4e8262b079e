#pragma once

#include "lib/api/json_view.h"
#include "lib/api/label_selector.h"

// Internal to lib/api.
namespace fairlead::api {

// metav1.LabelSelector.
void read_label_selector(const JsonView& view, LabelSelector& out);

}  // namespace fairlead::api

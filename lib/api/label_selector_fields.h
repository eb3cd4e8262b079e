#pragma once

#include "lib/api/address_pool.h"
#include "lib/api/json_view.h"

// Internal to lib/api.
namespace fairlead::api {

// metav1.LabelSelector.
void read_label_selector(const JsonView& view, LabelSelector& out);

}  // namespace fairlead::api

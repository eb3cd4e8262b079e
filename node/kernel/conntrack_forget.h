#pragma once

#include <functional>

#include "lib/base/result.h"
#include "node/kernel/conntrack_message.h"

namespace fairlead::kernel {

// Deletes the connection-tracking entries of this network namespace, both families, that are `chosen`.
// Returns how many were deleted; those that ended meanwhile do not count. Reads the whole table; while others
// change it, several times, for kPatience at most. Any thread.
//
// Errors: kNotFound (no conntrack in this kernel), kDenied, kUnavailable; some may be deleted by then.
Result<int> forget(const std::function<bool(const TrackedConnection&)>& chosen);

}  // namespace fairlead::kernel

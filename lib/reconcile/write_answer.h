#pragma once

#include <string_view>

// What the answer to a write says. Pure.
namespace fairlead::reconcile {

// True if the API server has written: 2xx, and the object as it is now, with its version. Whoever stands in
// the API server's place may give any status for any request; a write that is taken for done is not made
// again.
bool is_written(int status, std::string_view body);

}  // namespace fairlead::reconcile

#pragma once

#include "lib/base/result.h"

namespace fairlead::apiserver {

// K-13: keepalive after 15 s of silence, 3 probes 5 s apart; unacknowledged data ends the connection after
// 30 s. Also sends small writes at once. Errors: kUnavailable, naming the option.
Result<> set_keepalive(int fd);

}  // namespace fairlead::apiserver

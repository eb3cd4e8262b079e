#pragma once

#include <string>
#include <vector>

#include "lib/base/result.h"

namespace fairlead::kernel {

// NET_ADMIN and NET_RAW; SYS_NICE too if asked for (failure-model.md D-8).
enum class Realtime { kNo, kYes };

// Keeps the capabilities the daemon needs and gives up all others for good, in this thread and those it
// starts; a child process (nft) gets no more. Call before any thread is started.
// Errors: kDenied, naming the capability that is missing.
Result<> keep_needed_privileges(Realtime realtime);

// Errors: kDenied if this thread lacks NET_ADMIN; nothing is given up.
Result<> require_net_admin();

}  // namespace fairlead::kernel

#pragma once

#include "lib/base/result.h"
#include "lib/base/time.h"

// For how long the forwarding thread goes on at what the kernel or other programs keep from being done. Its
// loop counts as alive for a few seconds only (node/agent/beat.h), and all is tried again in a later turn.
namespace fairlead::kernel {

// After so long nothing more is begun that serves the same call.
inline constexpr Milliseconds kPatience{500};

// Whether what failed is to be asked for again at once: a dump that others' writes interrupted. Not so after
// an answer that was lost: it was awaited for longer than kPatience.
inline bool worth_asking_again(const Error& error, Microseconds spent) {
  return error.code == Code::kUnavailable && spent < kPatience;
}

}  // namespace fairlead::kernel

#pragma once

#include <string>

#include "lib/base/result.h"
#include "lib/base/time.h"

namespace fairlead::kernel {

// What a finished child process left behind.
struct ChildOutcome {
  int exit_code = 0;   // 128 + n: ended by signal n
  std::string output;  // standard output and error, the first 4 KiB
};

// Runs the one child process of the node (architecture.md 6): `program` by absolute path with one option
// and "-f -", no shell, no environment but LC_ALL=C, `input` on standard input. Blocks until it ends; kills
// it at `timeout`. Errors: kNotFound (no such program), kUnavailable (time-out, no process or memory to be
// had).
Result<ChildOutcome> run_nft_child(const std::string& program, const std::string& option,
                                   const std::string& input, Milliseconds timeout);

}  // namespace fairlead::kernel

#pragma once

#include <memory>
#include <optional>
#include <string>

#include "lib/base/result.h"
#include "lib/base/time.h"
#include "node/kernel/nft_trace.h"

namespace fairlead::kernel {

// How long one child process may take.
inline constexpr Milliseconds kNftPatience{10'000};

// nf_tables of the calling thread's network namespace. One thread.
class Nft {
 public:
  virtual ~Nft() = default;

  // Runs /usr/sbin/nft with `rules` on its standard input, as one transaction; blocks for at most
  // kNftPatience. Errors: kNotFound (no such program), kDenied, kUnavailable (time-out), kInvalid (refused;
  // the message carries what nft said).
  virtual Result<> apply(const std::string& rules) = 0;
  // Two system calls, no child process. Errors: kNotFound (the kernel has no nf_tables), kUnavailable.
  virtual Result<Generation> generation() = 0;
  // Of table `inet fairlead`. nullopt: it does not exist.
  virtual Result<std::optional<TableTrace>> trace() = 0;
  // The named counters of the same table: packets by name; none if it does not exist. Errors as generation().
  virtual Result<NftCounters> counters() = 0;
};

std::unique_ptr<Nft> open_nft();

// Whether this kernel and /usr/sbin/nft could carry out `rules`; changes nothing (but the kernel may load
// modules). Errors as Nft::apply.
Result<> check_rules(const std::string& rules);

}  // namespace fairlead::kernel

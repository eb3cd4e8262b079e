#pragma once

#include <optional>

#include "lib/base/result.h"
#include "lib/base/time.h"
#include "node/filter/fence.h"
#include "node/kernel/nft_trace.h"

namespace fairlead::kernel {

// From when on a commit counts that leaves groups some time: the kernel lets that begin when it does it.
struct FenceMoment {
  // For how long the vrrp thread has been, as filter::reopened_for() takes it.
  Microseconds idle{0};
  // The kernel refuses it (kConflict) if somebody committed anything since: then it would have waited for
  // that. Absent: it waits.
  std::optional<Generation> generation;
};

// What KeptFence asks of the kernel about table `netdev fairlead_fence`. Each call waits for its turn there,
// as long as the transaction of another program takes, and after that at most 1 s, for an answer that was
// lost: then nobody knows whether the table was changed (kUnavailable). What was refused changed nothing.
class FenceCalls {
 public:
  virtual ~FenceCalls() = default;
  virtual Result<> change(const filter::FenceTable& from, const filter::FenceTable& to,
                          const FenceMoment& moment) = 0;
  // The whole table. With a moment, groups begin with what filter::reopened_for() leaves them, else silent.
  virtual Result<> replace(const filter::FenceTable& to, const std::optional<FenceMoment>& moment) = 0;
  virtual Result<> remove() = 0;
  virtual Result<Generation> generation() = 0;
  virtual Result<std::optional<TableTrace>> trace() = 0;  // nullopt: it does not exist
  virtual TimePoint now() = 0;
  virtual Microseconds idle() = 0;
};

}  // namespace fairlead::kernel

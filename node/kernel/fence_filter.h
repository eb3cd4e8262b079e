#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "lib/base/result.h"
#include "lib/base/time.h"
#include "node/filter/fence.h"

namespace fairlead::kernel {

// The finer fence (node/filter/fence.h): table `netdev fairlead_fence` of the calling thread's network
// namespace. It is told the groups of the plan, not who is Active: each advert that leaves says that to the
// kernel. So nothing of this stands in the way of an advert or of a take-over, and every call may be made
// from a thread that can wait: all writers of nf_tables in a namespace wait for each other, for as long as
// the largest transaction of any program takes. One thread.
class FenceFilter {
 public:
  virtual ~FenceFilter() = default;

  // Makes the table hold these groups, in one transaction of what differs; none deletes the table. The first
  // call replaces what a dead run left, and all groups are silent until their first advert; so is a new one,
  // Active or not. A group that stays goes on as it is. Where nothing has succeeded yet, a later call does it
  // as repair(), since groups run without the fence by then. If the kernel refuses the difference, the whole
  // table is replaced as repair() does it, if that took less than half a second, else by the next repair().
  // Returns after the kernel has done it. Beside the wait for other writers, blocks for at most 3 s.
  // Errors, after which stands() tells whether the table is as it was: kNotFound (no nf_tables, no egress
  // hook: before Linux 5.16; the message says what), kDenied (no NET_ADMIN), kUnavailable, kInvalid. An
  // interface that is gone is no error on every kernel (6.18 takes its name and hooks nothing): whoever knows
  // the interfaces asks first.
  virtual Result<> apply(const std::vector<filter::FencedGroup>& groups) = 0;

  // Whether somebody deleted or changed the table since; if so it was put back, true: without it nobody is
  // silenced. Groups then begin with the time that filter::reopened_for() leaves them, lest an Active one is
  // silent until its next advert, and a daemon whose vrrp thread hangs is heard anew; where the commit had to
  // wait, it is made anew with what is left by then. Also tries again what apply() could not do. A
  // system call, unless somebody committed something. Blocks and errors: as apply().
  virtual Result<bool> repair() = 0;

  // After an error of these: whether the kernel still has what the last call that succeeded gave it. It then
  // goes on silencing what that named. False also if nobody can tell. Blocks for at most 3 s.
  virtual bool stands() = 0;
};

// `idle`: for how long the vrrp thread has been, as filter::reopened_for() takes it; called by the calls
// above, on their thread. Opens nothing before the first call.
std::unique_ptr<FenceFilter> open_fence_filter(std::function<Microseconds()> idle);

// Deletes the table, whoever made it. Returns whether it was there; a kernel without nf_tables has none.
// Errors: kDenied, kUnavailable.
Result<bool> remove_fence_filter();

}  // namespace fairlead::kernel

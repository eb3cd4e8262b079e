#pragma once

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "lib/base/result.h"
#include "node/ipvs/changes.h"
#include "node/ipvs/table.h"
#include "node/kernel/netlink_channel.h"

namespace fairlead::kernel {

// The IPVS table of the calling thread's network namespace. One thread. There are no notifications from
// the kernel: who wants to know asks again.
//
// Errors: kNotFound (the kernel has no IPVS), kDenied (no NET_ADMIN), kUnavailable (time-out, dump that
// never came through whole).
class Ipvs {
 public:
  virtual ~Ipvs() = default;

  // All services, without destinations. A service missing from the answer while others write may still
  // exist (datapath.md 4): confirm with service().
  virtual Result<std::map<ipvs::Key, ipvs::Service>> services() = 0;
  // The keys of all services in the order in which the kernel lists them, and in which a flush deletes them.
  // Else as services().
  virtual Result<std::vector<ipvs::Key>> order() = 0;
  // nullopt: the kernel has no such service.
  virtual Result<std::optional<ipvs::Service>> service(const ipvs::Key& key) = 0;
  // With their connections as of now. Empty also for a service that does not exist; may lack some while
  // others write, like services().
  virtual Result<ipvs::SeenDestinations> destinations(const ipvs::Key& key) = 0;

  // Carries out the changes in their order, 1000 to a send, going on after failures. One result for each
  // change. kConflict: exists already (never a success); kNotFound: AddService/SetService the scheduler
  // (ENOENT), other changes the service or destination (ESRCH, ENOENT); kInvalid: the kernel refuses the
  // values; kUnavailable: the answer was lost, or the module was gone or loaded anew: read the table again.
  // Deleting what is gone succeeds.
  virtual std::vector<Result<>> apply(const std::vector<ipvs::Change>& changes) = 0;
};

// Never fails: a kernel without IPVS shows as kNotFound at each call, until the module is there.
std::unique_ptr<Ipvs> open_ipvs();
std::unique_ptr<Ipvs> open_ipvs(OpenNetlink open);

}  // namespace fairlead::kernel

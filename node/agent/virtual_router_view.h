#pragma once

#include <optional>
#include <set>
#include <vector>

#include "lib/api/node_report.h"
#include "node/address/audit.h"
#include "node/agent/messages.h"

namespace fairlead::agent {

// The interfaces as the vrrp thread takes them: as the kernel tells, and where it forgets our tag (Linux
// before 5.18), with the addresses marked that plans and checkpoint say are ours. vrrp thread only.
class InterfaceView {
 public:
  // What the order names is ours from now on, for as long as it is on an interface as we put it.
  void know(const VrrpOrder& order);
  // The kernel has told something new: marks are made anew. Without that, and without a new order, they are
  // made once, however often of() is asked.
  void changed() { marked_.reset(); }
  // `told`: what the kernel tells, of which changed() must have been called if it has changed. Valid until
  // the next call of any of these, and as long as `told`.
  const address::Interfaces& of(const address::Interfaces& told, bool tag_forgotten);

 private:
  std::set<net::IpAddress> known_;
  std::optional<address::Interfaces> marked_;
};

// NodeReport.spec.interfaces: those with a global address that is neither ours nor passing; after these the
// link-local ones that adverts over IPv6 come from, by which the controller knows who is heard.
std::vector<api::ReportedInterface> reported(const address::Interfaces& interfaces);

}  // namespace fairlead::agent

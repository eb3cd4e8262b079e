#include "node/kernel/conntrack.h"

#include "node/kernel/conntrack_forget.h"

namespace fairlead::kernel {

Result<int> forget_translated(const std::set<plan::VirtualServerKey>& servers) {
  if (servers.empty()) return 0;
  return forget([&](const TrackedConnection& connection) {
    return connection.translated && servers.contains(connection.asked);
  });
}

}  // namespace fairlead::kernel

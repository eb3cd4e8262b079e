#include "node/kernel/conntrack_servers.h"

#include <algorithm>

#include "node/kernel/conntrack_forget.h"

namespace fairlead::kernel {

Result<int> forget_servers(const std::set<ipvs::Server>& servers) {
  const bool any = std::any_of(servers.begin(), servers.end(),
                               [](const auto& one) { return one.key.protocol == net::Protocol::kUdp; });
  if (!any) return 0;
  return forget([&](const TrackedConnection& connection) {
    return connection.asked.protocol == net::Protocol::kUdp &&
           servers.contains({connection.asked, connection.answering});
  });
}

}  // namespace fairlead::kernel

#include "node/kernel/conntrack_servers.h"

#include <linux/netlink.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "lib/sys/loop.h"
#include "node/kernel/conntrack_message.h"
#include "node/kernel/genl_socket.h"
#include "node/kernel/patience.h"

namespace fairlead::kernel {
namespace {

constexpr int kDumpAttempts = 30;
constexpr std::size_t kBatchSize = 1000;  // of about 100 bytes each

using Connections = std::vector<TrackedConnection>;

Result<Connections> find(GenlSocket& socket, const std::set<ipvs::Server>& servers) {
  Connections found;
  GenlBatch batch;
  const std::uint32_t sequence = socket.next_sequence();
  append_connection_dump(batch, sequence);
  const auto asked = socket.ask(batch, sequence, true, [&](const Reply& reply) {
    auto connection = read_connection(reply.payload);
    if (!connection || connection->asked.protocol != net::Protocol::kUdp) return;
    if (!servers.contains({connection->asked, connection->answering})) return;
    found.push_back(*std::move(connection));
  });
  if (!asked) return asked.error();
  return found;
}

Result<Connections> find_whole(GenlSocket& socket, const std::set<ipvs::Server>& servers) {
  const TimePoint begun = sys::now();
  for (int attempt = 1;; ++attempt) {
    auto found = find(socket, servers);
    if (found || attempt == kDumpAttempts) return found;
    if (!worth_asking_again(found.error(), sys::now() - begun)) return found;
  }
}

// How many were deleted; those that failed ended meanwhile.
Result<int> delete_some(GenlSocket& socket, std::span<const TrackedConnection> connections) {
  GenlBatch batch;
  for (const TrackedConnection& connection : connections) {
    append_connection_delete(batch, socket.next_sequence(), connection);
  }
  const auto outcome = socket.send(batch);
  if (!outcome) return outcome.error();
  return static_cast<int>(connections.size() - outcome->failed.size());
}

}  // namespace

Result<int> forget_servers(const std::set<ipvs::Server>& servers) {
  const bool any = std::any_of(servers.begin(), servers.end(),
                               [](const auto& one) { return one.key.protocol == net::Protocol::kUdp; });
  if (!any) return 0;
  auto socket = GenlSocket::open(NETLINK_NETFILTER);
  if (!socket) return socket.error();
  const auto found = find_whole(*socket, servers);
  if (!found) return found.error();
  int deleted = 0;
  for (std::size_t from = 0; from < found->size(); from += kBatchSize) {
    const auto count = std::min(kBatchSize, found->size() - from);
    const auto some = delete_some(*socket, std::span(*found).subspan(from, count));
    if (!some) return some.error();
    deleted += *some;
  }
  return deleted;
}

}  // namespace fairlead::kernel

#include "node/kernel/conntrack.h"

#include <linux/netlink.h>

#include <cstdint>
#include <utility>
#include <vector>

#include "lib/sys/loop.h"
#include "node/kernel/conntrack_message.h"
#include "node/kernel/genl_socket.h"
#include "node/kernel/patience.h"

namespace fairlead::kernel {
namespace {

constexpr int kDumpAttempts = 30;

using Connections = std::vector<TrackedConnection>;

Result<Connections> find(GenlSocket& socket, const std::set<plan::VirtualServerKey>& servers) {
  Connections found;
  GenlBatch batch;
  const std::uint32_t sequence = socket.next_sequence();
  append_connection_dump(batch, sequence);
  const auto asked = socket.ask(batch, sequence, true, [&](const Reply& reply) {
    auto connection = read_connection(reply.payload);
    if (!connection || !connection->translated || !servers.contains(connection->asked)) return;
    found.push_back(*std::move(connection));
  });
  if (!asked) return asked.error();
  return found;
}

}  // namespace

Result<int> forget_translated(const std::set<plan::VirtualServerKey>& servers) {
  auto socket = GenlSocket::open(NETLINK_NETFILTER);
  if (!socket) return socket.error();
  const TimePoint begun = sys::now();
  Result<Connections> found = Connections{};
  for (int attempt = 0; attempt < kDumpAttempts; ++attempt) {
    found = find(*socket, servers);
    if (found || !worth_asking_again(found.error(), sys::now() - begun)) break;
  }
  if (!found) return found.error();
  if (found->empty()) return 0;
  GenlBatch batch;
  for (const TrackedConnection& connection : *found) {
    append_connection_delete(batch, socket->next_sequence(), connection);
  }
  const auto outcome = socket->send(batch);
  if (!outcome) return outcome.error();
  return static_cast<int>(found->size() - outcome->failed.size());  // those that failed ended meanwhile
}

}  // namespace fairlead::kernel

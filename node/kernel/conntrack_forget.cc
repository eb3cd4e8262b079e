#include "node/kernel/conntrack_forget.h"

#include <linux/netlink.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "lib/sys/loop.h"
#include "node/kernel/genl_socket.h"
#include "node/kernel/patience.h"

namespace fairlead::kernel {
namespace {

constexpr int kDumpAttempts = 30;
// Of about 100 bytes each. A socket takes what fits its buffer in one go: of 80,000 none (EMSGSIZE).
constexpr std::size_t kBatchSize = 1000;

using Connections = std::vector<TrackedConnection>;
using Choice = std::function<bool(const TrackedConnection&)>;

Result<Connections> find(GenlSocket& socket, const Choice& chosen) {
  Connections found;
  GenlBatch batch;
  const std::uint32_t sequence = socket.next_sequence();
  append_connection_dump(batch, sequence);
  const auto asked = socket.ask(batch, sequence, true, [&](const Reply& reply) {
    auto connection = read_connection(reply.payload);
    if (connection && chosen(*connection)) found.push_back(*std::move(connection));
  });
  if (!asked) return asked.error();
  return found;
}

Result<Connections> find_whole(GenlSocket& socket, const Choice& chosen) {
  const TimePoint begun = sys::now();
  for (int attempt = 1;; ++attempt) {
    auto found = find(socket, chosen);
    if (found || attempt == kDumpAttempts) return found;
    if (!worth_asking_again(found.error(), sys::now() - begun)) return found;
  }
}

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

Result<int> forget(const Choice& chosen) {
  auto socket = GenlSocket::open(NETLINK_NETFILTER);
  if (!socket) return socket.error();
  const auto found = find_whole(*socket, chosen);
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

#include "node/kernel/conntrack_servers.h"

#include <linux/netlink.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "lib/sys/loop.h"
#include "node/kernel/conntrack_server_message.h"
#include "node/kernel/genl_socket.h"
#include "node/kernel/patience.h"

namespace fairlead::kernel {
namespace {

constexpr int kDumpAttempts = 30;
constexpr std::size_t kBatchSize = 1000;  // of about 100 bytes each

// What names one entry in a request to delete it.
struct Entry {
  plan::VirtualServerKey original;
  std::vector<std::uint8_t> tuple;
  std::vector<std::uint8_t> id;
};

Result<std::vector<Entry>> find(GenlSocket& socket, const std::set<ipvs::Server>& servers) {
  std::vector<Entry> entries;
  GenlBatch batch;
  const std::uint32_t sequence = socket.next_sequence();
  append_served_dump(batch, sequence);
  const auto asked = socket.ask(batch, sequence, true, [&](const Reply& reply) {
    const auto one = read_served(reply.payload);
    if (!one || one->original.protocol != net::Protocol::kUdp) return;
    if (!servers.contains({one->original, one->answering})) return;
    entries.push_back(
        {one->original, {one->tuple.begin(), one->tuple.end()}, {one->id.begin(), one->id.end()}});
  });
  if (!asked) return asked.error();
  return entries;
}

Result<std::vector<Entry>> find_whole(GenlSocket& socket, const std::set<ipvs::Server>& servers) {
  const TimePoint begun = sys::now();
  for (int attempt = 1;; ++attempt) {
    auto entries = find(socket, servers);
    if (entries || attempt == kDumpAttempts) return entries;
    if (!worth_asking_again(entries.error(), sys::now() - begun)) return entries;
  }
}

// How many were deleted; those that failed ended meanwhile.
Result<int> delete_some(GenlSocket& socket, std::span<const Entry> entries) {
  GenlBatch batch;
  for (const Entry& entry : entries) {
    append_served_delete(batch, socket.next_sequence(), {entry.original, {}, entry.tuple, entry.id});
  }
  const auto outcome = socket.send(batch);
  if (!outcome) return outcome.error();
  return static_cast<int>(entries.size() - outcome->failed.size());
}

}  // namespace

Result<int> forget_servers(const std::set<ipvs::Server>& servers) {
  const bool any = std::any_of(servers.begin(), servers.end(),
                               [](const auto& one) { return one.key.protocol == net::Protocol::kUdp; });
  if (!any) return 0;
  auto socket = GenlSocket::open(NETLINK_NETFILTER);
  if (!socket) return socket.error();
  const auto entries = find_whole(*socket, servers);
  if (!entries) return entries.error();
  int deleted = 0;
  for (std::size_t from = 0; from < entries->size(); from += kBatchSize) {
    const auto count = std::min(kBatchSize, entries->size() - from);
    const auto some = delete_some(*socket, std::span(*entries).subspan(from, count));
    if (!some) return some.error();
    deleted += *some;
  }
  return deleted;
}

}  // namespace fairlead::kernel

#include "node/kernel/conntrack.h"

#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netlink.h>
#include <sys/socket.h>

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "lib/sys/loop.h"
#include "node/kernel/genl_socket.h"
#include "node/kernel/patience.h"

namespace fairlead::kernel {
namespace {

constexpr int kDumpAttempts = 30;

std::uint16_t type_of(int message) {
  return static_cast<std::uint16_t>(NFNL_SUBSYS_CTNETLINK << 8 | message);
}

void begin(GenlBatch& batch, const MessageType& type) {
  const std::uint8_t header[sizeof(nfgenmsg)] = {AF_INET, NFNETLINK_V0, 0, 0};
  batch.begin(type, header);
}

using Attributes = std::map<std::uint16_t, Attribute>;
Attributes by_type(std::span<const std::uint8_t> bytes) {
  Attributes all;
  for (const Attribute& attribute : attributes_of(bytes)) all.emplace(attribute.type, attribute);
  return all;
}

// The destination of an original tuple, if it is IPv4 and of a protocol with ports.
std::optional<plan::VirtualServerKey> destination_of(const Attribute& tuple) {
  Attributes parts = by_type(tuple.value);
  Attributes ip = by_type(parts[CTA_TUPLE_IP].value);
  Attributes proto = by_type(parts[CTA_TUPLE_PROTO].value);
  const Attribute& address = ip[CTA_IP_V4_DST];
  const Attribute& number = proto[CTA_PROTO_NUM];
  if (address.value.size() != 4 || number.value.empty()) return std::nullopt;
  for (const auto protocol : {net::Protocol::kTcp, net::Protocol::kUdp, net::Protocol::kSctp}) {
    if (number.value[0] != static_cast<std::uint8_t>(protocol)) continue;
    return plan::VirtualServerKey{net::IpAddress::from_bytes(address.value), protocol,
                                  net::Port{be16_of(proto[CTA_PROTO_DST_PORT])}};
  }
  return std::nullopt;
}

// What names one entry in a delete request.
struct Entry {
  std::vector<std::uint8_t> tuple;
  std::vector<std::uint8_t> id;
};

Result<std::vector<Entry>> find(GenlSocket& socket, const std::set<plan::VirtualServerKey>& servers) {
  std::vector<Entry> entries;
  GenlBatch batch;
  const std::uint32_t sequence = socket.next_sequence();
  begin(batch, {type_of(IPCTNL_MSG_CT_GET), NLM_F_DUMP, sequence});
  batch.end();
  const auto asked = socket.ask(batch, sequence, true, [&](const Reply& reply) {
    if (reply.payload.size() < sizeof(nfgenmsg)) return;
    Attributes all = by_type(reply.payload.subspan(sizeof(nfgenmsg)));
    if ((be32_of(all[CTA_STATUS]) & IPS_DST_NAT) == 0) return;
    const auto destination = destination_of(all[CTA_TUPLE_ORIG]);
    if (!destination || !servers.contains(*destination)) return;
    const auto tuple = all[CTA_TUPLE_ORIG].value;
    const auto id = all[CTA_ID].value;
    entries.push_back({{tuple.begin(), tuple.end()}, {id.begin(), id.end()}});
  });
  if (!asked) return asked.error();
  return entries;
}

}  // namespace

Result<int> forget_translated(const std::set<plan::VirtualServerKey>& servers) {
  auto socket = GenlSocket::open(NETLINK_NETFILTER);
  if (!socket) return socket.error();
  const TimePoint begun = sys::now();
  Result<std::vector<Entry>> entries = std::vector<Entry>{};
  for (int attempt = 0; attempt < kDumpAttempts; ++attempt) {
    entries = find(*socket, servers);
    if (entries || !worth_asking_again(entries.error(), sys::now() - begun)) break;
  }
  if (!entries) return entries.error();
  if (entries->empty()) return 0;
  GenlBatch batch;
  for (const Entry& entry : *entries) {
    begin(batch, {type_of(IPCTNL_MSG_CT_DELETE), 0, socket->next_sequence()});
    batch.put(CTA_TUPLE_ORIG | NLA_F_NESTED, entry.tuple);
    batch.put(CTA_ID, entry.id);
    batch.end();
  }
  const auto outcome = socket->send(batch);
  if (!outcome) return outcome.error();
  return static_cast<int>(entries->size() - outcome->failed.size());  // those that failed ended meanwhile
}

}  // namespace fairlead::kernel

#include "node/kernel/conntrack_message.h"

#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netlink.h>
#include <sys/socket.h>

#include <cstddef>
#include <map>

namespace fairlead::kernel {
namespace {

std::uint16_t type_of(int message) {
  return static_cast<std::uint16_t>(NFNL_SUBSYS_CTNETLINK << 8 | message);
}

void begin(GenlBatch& batch, const MessageType& type, std::uint8_t family) {
  const std::uint8_t header[sizeof(nfgenmsg)] = {family, NFNETLINK_V0, 0, 0};
  batch.begin(type, header);
}

using Attributes = std::map<std::uint16_t, Attribute>;
Attributes by_type(std::span<const std::uint8_t> bytes) {
  Attributes all;
  for (const Attribute& attribute : attributes_of(bytes)) all.emplace(attribute.type, attribute);
  return all;
}

// The destination of an original tuple of that family, if it is of a protocol with ports.
std::optional<plan::VirtualServerKey> destination_of(const Attribute& tuple, std::uint8_t family) {
  Attributes parts = by_type(tuple.value);
  Attributes ip = by_type(parts[CTA_TUPLE_IP].value);
  Attributes proto = by_type(parts[CTA_TUPLE_PROTO].value);
  const bool v6 = family == AF_INET6;
  const auto address = ip[v6 ? CTA_IP_V6_DST : CTA_IP_V4_DST].value;
  const Attribute& number = proto[CTA_PROTO_NUM];
  const std::size_t size = v6 ? 16 : 4;
  if (address.size() != size || number.value.empty()) return std::nullopt;
  for (const auto protocol : {net::Protocol::kTcp, net::Protocol::kUdp, net::Protocol::kSctp}) {
    if (number.value[0] != static_cast<std::uint8_t>(protocol)) continue;
    return plan::VirtualServerKey{net::IpAddress::from_bytes(address), protocol,
                                  net::Port{be16_of(proto[CTA_PROTO_DST_PORT])}};
  }
  return std::nullopt;
}

}  // namespace

void append_connection_dump(GenlBatch& batch, std::uint32_t sequence) {
  begin(batch, {type_of(IPCTNL_MSG_CT_GET), NLM_F_DUMP, sequence}, AF_UNSPEC);
  batch.end();
}

void append_connection_delete(GenlBatch& batch, std::uint32_t sequence,
                              const TranslatedConnection& connection) {
  const std::uint8_t family = connection.destination.address.is_v4() ? AF_INET : AF_INET6;
  begin(batch, {type_of(IPCTNL_MSG_CT_DELETE), 0, sequence}, family);
  batch.put(CTA_TUPLE_ORIG | NLA_F_NESTED, connection.tuple);
  batch.put(CTA_ID, connection.id);
  batch.end();
}

std::optional<TranslatedConnection> read_translated(std::span<const std::uint8_t> payload) {
  if (payload.size() < sizeof(nfgenmsg)) return std::nullopt;
  Attributes all = by_type(payload.subspan(sizeof(nfgenmsg)));
  if ((be32_of(all[CTA_STATUS]) & IPS_DST_NAT) == 0) return std::nullopt;
  const auto destination = destination_of(all[CTA_TUPLE_ORIG], payload[offsetof(nfgenmsg, nfgen_family)]);
  if (!destination) return std::nullopt;
  const auto tuple = all[CTA_TUPLE_ORIG].value;
  const auto id = all[CTA_ID].value;
  return TranslatedConnection{*destination, {tuple.begin(), tuple.end()}, {id.begin(), id.end()}};
}

}  // namespace fairlead::kernel

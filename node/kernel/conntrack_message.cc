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

// The attributes of one end of a tuple: its address in either family, its port.
struct End {
  std::uint16_t v4;
  std::uint16_t v6;
  std::uint16_t port;
};
constexpr End kSource{CTA_IP_V4_SRC, CTA_IP_V6_SRC, CTA_PROTO_SRC_PORT};
constexpr End kDestination{CTA_IP_V4_DST, CTA_IP_V6_DST, CTA_PROTO_DST_PORT};

struct Tuple {
  Attributes ip;
  Attributes proto;
};
Tuple tuple_of(const Attribute& attribute) {
  Attributes parts = by_type(attribute.value);
  return {by_type(parts[CTA_TUPLE_IP].value), by_type(parts[CTA_TUPLE_PROTO].value)};
}

// One end, if its address is of that family.
std::optional<net::Endpoint> end_of(Tuple& tuple, const End& end, std::uint8_t family) {
  const bool v6 = family == AF_INET6;
  const auto address = tuple.ip[v6 ? end.v6 : end.v4].value;
  const std::size_t size = v6 ? 16 : 4;
  if (address.size() != size) return std::nullopt;
  return net::Endpoint{net::IpAddress::from_bytes(address), net::Port{be16_of(tuple.proto[end.port])}};
}

std::optional<net::Protocol> protocol_of(Tuple& tuple) {
  const auto number = tuple.proto[CTA_PROTO_NUM].value;
  if (number.empty()) return std::nullopt;
  for (const auto protocol : {net::Protocol::kTcp, net::Protocol::kUdp, net::Protocol::kSctp}) {
    if (number[0] == static_cast<std::uint8_t>(protocol)) return protocol;
  }
  return std::nullopt;
}

std::vector<std::uint8_t> copy_of(const Attribute& attribute) {
  return {attribute.value.begin(), attribute.value.end()};
}

}  // namespace

void append_connection_dump(GenlBatch& batch, std::uint32_t sequence) {
  begin(batch, {type_of(IPCTNL_MSG_CT_GET), NLM_F_DUMP, sequence}, AF_UNSPEC);
  batch.end();
}

void append_connection_delete(GenlBatch& batch, std::uint32_t sequence, const TrackedConnection& connection) {
  const std::uint8_t family = connection.asked.address.is_v4() ? AF_INET : AF_INET6;
  begin(batch, {type_of(IPCTNL_MSG_CT_DELETE), 0, sequence}, family);
  batch.put(CTA_TUPLE_ORIG | NLA_F_NESTED, connection.tuple);
  batch.put(CTA_ID, connection.id);
  batch.end();
}

std::optional<TrackedConnection> read_connection(std::span<const std::uint8_t> payload) {
  if (payload.size() < sizeof(nfgenmsg)) return std::nullopt;
  const std::uint8_t family = payload[offsetof(nfgenmsg, nfgen_family)];
  Attributes all = by_type(payload.subspan(sizeof(nfgenmsg)));
  Tuple original = tuple_of(all[CTA_TUPLE_ORIG]);
  Tuple reply = tuple_of(all[CTA_TUPLE_REPLY]);
  const auto protocol = protocol_of(original);
  const auto asked = end_of(original, kDestination, family);
  const auto answering = end_of(reply, kSource, family);
  if (!protocol || !asked || !answering) return std::nullopt;
  const bool translated = (be32_of(all[CTA_STATUS]) & IPS_DST_NAT) != 0;
  return TrackedConnection{{asked->address, *protocol, asked->port},
                           *answering,
                           translated,
                           copy_of(all[CTA_TUPLE_ORIG]),
                           copy_of(all[CTA_ID])};
}

}  // namespace fairlead::kernel

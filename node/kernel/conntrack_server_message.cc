#include "node/kernel/conntrack_server_message.h"

#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netlink.h>
#include <sys/socket.h>

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

std::optional<net::Endpoint> end_of(Tuple& tuple, const End& end) {
  const auto v4 = tuple.ip[end.v4].value;
  const auto v6 = tuple.ip[end.v6].value;
  const net::Port port{be16_of(tuple.proto[end.port])};
  if (v4.size() == 4) return net::Endpoint{net::IpAddress::from_bytes(v4), port};
  if (v6.size() == 16) return net::Endpoint{net::IpAddress::from_bytes(v6), port};
  return std::nullopt;
}

std::optional<net::Protocol> protocol_of(Tuple& tuple) {
  const auto number = tuple.proto[CTA_PROTO_NUM].value;
  if (number.empty()) return std::nullopt;
  for (const auto protocol : {net::Protocol::kTcp, net::Protocol::kUdp, net::Protocol::kSctp}) {
    if (number[0] == static_cast<std::uint8_t>(protocol)) return protocol;
  }
  return std::nullopt;
}

}  // namespace

void append_served_dump(GenlBatch& batch, std::uint32_t sequence) {
  begin(batch, {type_of(IPCTNL_MSG_CT_GET), NLM_F_DUMP, sequence}, AF_UNSPEC);
  batch.end();
}

std::optional<ServedConnection> read_served(std::span<const std::uint8_t> payload) {
  if (payload.size() < sizeof(nfgenmsg)) return std::nullopt;
  Attributes all = by_type(payload.subspan(sizeof(nfgenmsg)));
  Tuple original = tuple_of(all[CTA_TUPLE_ORIG]);
  Tuple reply = tuple_of(all[CTA_TUPLE_REPLY]);
  const auto protocol = protocol_of(original);
  const auto asked = end_of(original, kDestination);
  const auto answering = end_of(reply, kSource);
  if (!protocol || !asked || !answering) return std::nullopt;
  return ServedConnection{
      {asked->address, *protocol, asked->port}, *answering, all[CTA_TUPLE_ORIG].value, all[CTA_ID].value};
}

void append_served_delete(GenlBatch& batch, std::uint32_t sequence, const ServedConnection& connection) {
  const std::uint8_t family = connection.original.address.is_v4() ? AF_INET : AF_INET6;
  begin(batch, {type_of(IPCTNL_MSG_CT_DELETE), 0, sequence}, family);
  batch.put(CTA_TUPLE_ORIG | NLA_F_NESTED, connection.tuple);
  batch.put(CTA_ID, connection.id);
  batch.end();
}

}  // namespace fairlead::kernel

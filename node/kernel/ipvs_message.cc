#include "node/kernel/ipvs_message.h"

#include <linux/genetlink.h>
#include <linux/ip_vs.h>
#include <linux/netlink.h>
#include <sys/socket.h>

#include <cstring>
#include <map>

#include "lib/base/overloaded.h"

namespace fairlead::kernel {
namespace {

constexpr std::uint32_t kAllFlags = ~0U;

void begin(GenlBatch& batch, const MessageType& type, std::uint8_t command) {
  const std::uint8_t header[sizeof(genlmsghdr)] = {command, IPVS_GENL_VERSION, 0, 0};
  batch.begin(type, header);
}

std::uint16_t family_number(net::Family family) { return family == net::Family::kIPv4 ? AF_INET : AF_INET6; }

void put_key(GenlBatch& batch, const ipvs::Key& key) {
  batch.put_u16(IPVS_SVC_ATTR_AF, family_number(key.address.family()));
  batch.put_u16(IPVS_SVC_ATTR_PROTOCOL, static_cast<std::uint16_t>(key.protocol));
  batch.put(IPVS_SVC_ATTR_ADDR, key.address.bytes());
  batch.put_be16(IPVS_SVC_ATTR_PORT, key.port.value());
}

void put_service_key(GenlBatch& batch, const ipvs::Key& key) {
  const std::size_t mark = batch.nest(IPVS_CMD_ATTR_SERVICE);
  put_key(batch, key);
  batch.unnest(mark);
}

void put_service(GenlBatch& batch, const ipvs::Key& key, const ipvs::Service& service) {
  const std::size_t mark = batch.nest(IPVS_CMD_ATTR_SERVICE);
  put_key(batch, key);
  batch.put_string(IPVS_SVC_ATTR_SCHED_NAME, service.scheduler);
  if (!service.persistence_engine.empty())
    batch.put_string(IPVS_SVC_ATTR_PE_NAME, service.persistence_engine);
  ip_vs_flags flags{};
  flags.flags = service.flags.value();
  flags.mask = kAllFlags;
  batch.put(IPVS_SVC_ATTR_FLAGS, {reinterpret_cast<const std::uint8_t*>(&flags), sizeof flags});
  batch.put_u32(IPVS_SVC_ATTR_TIMEOUT, static_cast<std::uint32_t>(service.persistence_timeout.count()));
  if (key.address.is_v4()) {
    batch.put_be32(IPVS_SVC_ATTR_NETMASK, service.netmask.value());
  } else {
    batch.put_u32(IPVS_SVC_ATTR_NETMASK, service.netmask.value());
  }
  batch.unnest(mark);
}

void put_endpoint(GenlBatch& batch, const net::Endpoint& endpoint) {
  batch.put(IPVS_DEST_ATTR_ADDR, endpoint.address.bytes());
  batch.put_be16(IPVS_DEST_ATTR_PORT, endpoint.port.value());
  batch.put_u16(IPVS_DEST_ATTR_ADDR_FAMILY, family_number(endpoint.address.family()));
}

void put_destination(GenlBatch& batch, const net::Endpoint& endpoint, const ipvs::Destination& destination) {
  const std::size_t mark = batch.nest(IPVS_CMD_ATTR_DEST);
  put_endpoint(batch, endpoint);
  batch.put_u32(IPVS_DEST_ATTR_FWD_METHOD, static_cast<std::uint32_t>(destination.method));
  batch.put_u32(IPVS_DEST_ATTR_WEIGHT, destination.weight.value());
  batch.put_u32(IPVS_DEST_ATTR_U_THRESH, destination.upper_threshold);
  batch.put_u32(IPVS_DEST_ATTR_L_THRESH, destination.lower_threshold);
  batch.unnest(mark);
}

std::map<std::uint16_t, Attribute> nested(std::span<const std::uint8_t> payload, std::uint16_t which) {
  std::map<std::uint16_t, Attribute> inner;
  if (payload.size() < sizeof(genlmsghdr)) return inner;
  for (const Attribute& outer : attributes_of(payload.subspan(sizeof(genlmsghdr)))) {
    if (outer.type != which) continue;
    for (const Attribute& attribute : attributes_of(outer.value)) inner.emplace(attribute.type, attribute);
  }
  return inner;
}

std::optional<net::IpAddress> address_of(const Attribute& attribute, net::Family family) {
  const std::size_t size = family == net::Family::kIPv4 ? 4U : 16U;
  if (attribute.value.size() < size) return std::nullopt;
  return net::IpAddress::from_bytes(attribute.value.first(size));
}

std::optional<net::Protocol> protocol_of(std::uint16_t number) {
  for (const auto protocol : {net::Protocol::kTcp, net::Protocol::kUdp, net::Protocol::kSctp}) {
    if (number == static_cast<std::uint16_t>(protocol)) return protocol;
  }
  return std::nullopt;
}

std::optional<net::Family> family_of(std::uint16_t number) {
  if (number == AF_INET) return net::Family::kIPv4;
  if (number == AF_INET6) return net::Family::kIPv6;
  return std::nullopt;
}

}  // namespace

void append_change(GenlBatch& batch, std::uint16_t family, std::uint32_t sequence,
                   const ipvs::Change& change) {
  const MessageType type{family, 0, sequence};
  std::visit(Overloaded{
                 [&](const ipvs::AddService& c) {
                   begin(batch, type, IPVS_CMD_NEW_SERVICE);
                   put_service(batch, c.key, c.service);
                 },
                 [&](const ipvs::SetService& c) {
                   begin(batch, type, IPVS_CMD_SET_SERVICE);
                   put_service(batch, c.key, c.service);
                 },
                 [&](const ipvs::DeleteService& c) {
                   begin(batch, type, IPVS_CMD_DEL_SERVICE);
                   put_service_key(batch, c.key);
                 },
                 [&](const ipvs::AddDestination& c) {
                   begin(batch, type, IPVS_CMD_NEW_DEST);
                   put_service_key(batch, c.key);
                   put_destination(batch, c.endpoint, c.destination);
                 },
                 [&](const ipvs::SetDestination& c) {
                   begin(batch, type, IPVS_CMD_SET_DEST);
                   put_service_key(batch, c.key);
                   put_destination(batch, c.endpoint, c.destination);
                 },
                 [&](const ipvs::DeleteDestination& c) {
                   begin(batch, type, IPVS_CMD_DEL_DEST);
                   put_service_key(batch, c.key);
                   const std::size_t mark = batch.nest(IPVS_CMD_ATTR_DEST);
                   put_endpoint(batch, c.endpoint);
                   batch.unnest(mark);
                 },
             },
             change);
  batch.end();
}

void append_service_dump(GenlBatch& batch, std::uint16_t family, std::uint32_t sequence) {
  begin(batch, {family, NLM_F_DUMP, sequence}, IPVS_CMD_GET_SERVICE);
  batch.end();
}

void append_service_query(GenlBatch& batch, std::uint16_t family, std::uint32_t sequence,
                          const ipvs::Key& key) {
  begin(batch, {family, 0, sequence}, IPVS_CMD_GET_SERVICE);
  put_service_key(batch, key);
  batch.end();
}

void append_destination_dump(GenlBatch& batch, std::uint16_t family, std::uint32_t sequence,
                             const ipvs::Key& key) {
  begin(batch, {family, NLM_F_DUMP, sequence}, IPVS_CMD_GET_DEST);
  put_service_key(batch, key);
  batch.end();
}

std::optional<std::pair<ipvs::Key, ipvs::Service>> read_service(std::span<const std::uint8_t> payload) {
  auto inner = nested(payload, IPVS_CMD_ATTR_SERVICE);
  if (inner.contains(IPVS_SVC_ATTR_FWMARK)) return std::nullopt;
  const auto family = family_of(u16_of(inner[IPVS_SVC_ATTR_AF]));
  const auto protocol = protocol_of(u16_of(inner[IPVS_SVC_ATTR_PROTOCOL]));
  if (!family || !protocol) return std::nullopt;
  const auto address = address_of(inner[IPVS_SVC_ATTR_ADDR], *family);
  if (!address) return std::nullopt;
  const ipvs::Key key{*address, *protocol, net::Port{be16_of(inner[IPVS_SVC_ATTR_PORT])}};

  ipvs::Service service;
  service.scheduler = string_of(inner[IPVS_SVC_ATTR_SCHED_NAME]);
  service.persistence_engine = string_of(inner[IPVS_SVC_ATTR_PE_NAME]);
  service.flags = ipvs::Flags{u32_of(inner[IPVS_SVC_ATTR_FLAGS]) & ~std::uint32_t{IP_VS_SVC_F_HASHED}};
  service.persistence_timeout = Seconds{u32_of(inner[IPVS_SVC_ATTR_TIMEOUT])};
  const Attribute& netmask = inner[IPVS_SVC_ATTR_NETMASK];
  service.netmask = ipvs::Netmask{address->is_v4() ? be32_of(netmask) : u32_of(netmask)};
  return std::pair{key, service};
}

std::optional<std::pair<net::Endpoint, ipvs::SeenDestination>> read_destination(
    std::span<const std::uint8_t> payload, net::Family family) {
  auto inner = nested(payload, IPVS_CMD_ATTR_DEST);
  if (inner.contains(IPVS_DEST_ATTR_ADDR_FAMILY)) {
    family = family_of(u16_of(inner[IPVS_DEST_ATTR_ADDR_FAMILY])).value_or(family);
  }
  const auto address = address_of(inner[IPVS_DEST_ATTR_ADDR], family);
  if (!address) return std::nullopt;
  ipvs::SeenDestination seen;
  ipvs::Destination& destination = seen.destination;
  destination.method =
      static_cast<ipvs::Method>(u32_of(inner[IPVS_DEST_ATTR_FWD_METHOD]) & IP_VS_CONN_F_FWD_MASK);
  destination.weight = ipvs::Weight{u32_of(inner[IPVS_DEST_ATTR_WEIGHT])};
  destination.upper_threshold = u32_of(inner[IPVS_DEST_ATTR_U_THRESH]);
  destination.lower_threshold = u32_of(inner[IPVS_DEST_ATTR_L_THRESH]);
  seen.connections.active = u32_of(inner[IPVS_DEST_ATTR_ACTIVE_CONNS]);
  seen.connections.inactive = u32_of(inner[IPVS_DEST_ATTR_INACT_CONNS]);
  seen.connections.persistent = u32_of(inner[IPVS_DEST_ATTR_PERSIST_CONNS]);
  return std::pair{net::Endpoint{*address, net::Port{be16_of(inner[IPVS_DEST_ATTR_PORT])}}, seen};
}

}  // namespace fairlead::kernel

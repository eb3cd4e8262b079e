#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <utility>

#include "node/ipvs/changes.h"
#include "node/kernel/genl_batch.h"

// IPVS commands of generic netlink, version 1 (datapath.md 4), as bytes and back:
//
//     nlmsghdr | genlmsghdr | SERVICE { AF, PROTOCOL, ADDR, PORT, [SCHED_NAME, FLAGS, TIMEOUT, NETMASK] }
//                             DEST    { ADDR, PORT, ADDR_FAMILY, [FWD_METHOD, WEIGHT, U_THRESH, L_THRESH],
//                                       replies: [ACTIVE_CONNS, INACT_CONNS, PERSIST_CONNS] }
namespace fairlead::kernel {

// Appends the one message that carries out `change`.
void append_change(GenlBatch& batch, std::uint16_t family, std::uint32_t sequence,
                   const ipvs::Change& change);
// Dump of all services.
void append_service_dump(GenlBatch& batch, std::uint16_t family, std::uint32_t sequence);
// One service by its key.
void append_service_query(GenlBatch& batch, std::uint16_t family, std::uint32_t sequence,
                          const ipvs::Key& key);
// Dump of one service's destinations.
void append_destination_dump(GenlBatch& batch, std::uint16_t family, std::uint32_t sequence,
                             const ipvs::Key& key);

// Read a reply's payload, from the genlmsghdr on. nullopt: a service named by a mark or of a protocol that
// is never ours, or a reply that makes no sense.
std::optional<std::pair<ipvs::Key, ipvs::Service>> read_service(std::span<const std::uint8_t> payload);
// `family` is the service's: kernels before 3.18 do not say the destination's.
std::optional<std::pair<net::Endpoint, ipvs::SeenDestination>> read_destination(
    std::span<const std::uint8_t> payload, net::Family family);

}  // namespace fairlead::kernel

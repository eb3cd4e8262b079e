#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "lib/net/endpoint.h"
#include "node/kernel/genl_batch.h"
#include "node/plan/plan.h"

// Commands of connection tracking over nfnetlink as bytes, and back:
//
//     nlmsghdr | nfgenmsg { family, version, 0 } | TUPLE_ORIG, TUPLE_REPLY { IP { SRC, DST },
//                                                      PROTO { NUM, SRC_PORT, DST_PORT } }, STATUS, ID
//
// Numbers are big-endian.
namespace fairlead::kernel {

// One entry, as far as it matters here. The spans are those of the message it was read from.
struct ServedConnection {
  plan::VirtualServerKey original;  // what the client sends to
  net::Endpoint answering;          // where answers come from: the same, or whom it was translated to
  std::span<const std::uint8_t> tuple;
  std::span<const std::uint8_t> id;
};

// Dump of all entries of both families.
void append_served_dump(GenlBatch& batch, std::uint32_t sequence);
// Reads a reply's payload, from the nfgenmsg on. nullopt: of a protocol that is never ours, or a reply that
// makes no sense.
std::optional<ServedConnection> read_served(std::span<const std::uint8_t> payload);
// Deletes that entry and no later one of the same addresses and ports.
void append_served_delete(GenlBatch& batch, std::uint32_t sequence, const ServedConnection& connection);

}  // namespace fairlead::kernel

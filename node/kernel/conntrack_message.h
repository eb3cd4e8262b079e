#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "lib/net/endpoint.h"
#include "node/kernel/genl_batch.h"
#include "node/plan/plan.h"

// Connection tracking over nfnetlink (subsystem ctnetlink), as bytes and back:
//
//     nlmsghdr | nfgenmsg { family, version 0, 0 } | TUPLE_ORIG { IP { SRC, DST }, PROTO { NUM, PORTS } }
//                                                    TUPLE_REPLY { .. }, STATUS, .., ID
//
// Numbers are big-endian. An address has one attribute for IPv4 and another one for IPv6.
namespace fairlead::kernel {

// One entry, as far as it matters here.
struct TrackedConnection {
  plan::VirtualServerKey asked;     // what the client sends to
  net::Endpoint answering;          // where answers come from: the same, or whom it was sent on to
  bool translated = false;          // somebody has rewritten its destination (DNAT)
  std::vector<std::uint8_t> tuple;  // TUPLE_ORIG and ID, which together name the entry
  std::vector<std::uint8_t> id;
  friend bool operator==(const TrackedConnection&, const TrackedConnection&) = default;
};

// Appends the request for all entries of both families.
void append_connection_dump(GenlBatch& batch, std::uint32_t sequence);
// Appends the request to delete that one, and no later one of the same addresses and ports.
void append_connection_delete(GenlBatch& batch, std::uint32_t sequence, const TrackedConnection& connection);

// Reads a reply's payload, from the nfgenmsg on. nullopt: an entry of a protocol without ports, or a reply
// that makes no sense.
std::optional<TrackedConnection> read_connection(std::span<const std::uint8_t> payload);

}  // namespace fairlead::kernel

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "lib/net/address.h"
#include "node/kernel/genl_batch.h"
#include "node/plan/plan.h"

// Connection tracking over nfnetlink (subsystem ctnetlink), as bytes and back:
//
//     nlmsghdr | nfgenmsg { family, version 0, 0 } | TUPLE_ORIG { IP { SRC, DST }, PROTO { NUM, PORTS } }
//                                                    TUPLE_REPLY { .. }, STATUS, .., ID
//
// Numbers are big-endian. An address has one attribute for IPv4 and another one for IPv6.
namespace fairlead::kernel {

// An entry whose destination somebody has rewritten (DNAT), as the kernel told of it.
struct TranslatedConnection {
  plan::VirtualServerKey destination;  // what the client asked for
  std::vector<std::uint8_t> tuple;     // TUPLE_ORIG and ID, which together name the entry
  std::vector<std::uint8_t> id;
  friend bool operator==(const TranslatedConnection&, const TranslatedConnection&) = default;
};

// Appends the request for all entries of both families.
void append_connection_dump(GenlBatch& batch, std::uint32_t sequence);
// Appends the request to delete that one.
void append_connection_delete(GenlBatch& batch, std::uint32_t sequence,
                              const TranslatedConnection& connection);

// Reads a reply's payload, from the nfgenmsg on. nullopt: an entry that nobody has rewritten, of a protocol
// without ports, or a reply that makes no sense.
std::optional<TranslatedConnection> read_translated(std::span<const std::uint8_t> payload);

}  // namespace fairlead::kernel

#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "lib/base/result.h"
#include "lib/base/strong.h"
#include "node/kernel/genl_socket.h"

// nf_tables as it can be seen without the nft program, and without its lock: reading waits for no writer.
namespace fairlead::kernel {

// The number of nf_tables transactions in this namespace, by anybody.
using Generation = Strong<struct NftGenerationTag, std::uint32_t>;

struct NftTableName {
  std::uint8_t family = 0;  // NFPROTO_*
  std::string name;
};

// What can be seen of a table. Equal traces: nobody touched it.
struct TableTrace {
  int rules = 0;
  int elements = 0;               // of its sets and maps, but those that run out by themselves
  std::uint64_t fingerprint = 0;  // over table, chains with hook and policy, rule handles and those elements
  friend bool operator==(const TableTrace&, const TableTrace&) = default;
};

// `socket` is one of NETLINK_NETFILTER. Errors of both: kNotFound (the kernel has no nf_tables),
// kUnavailable.
Result<Generation> read_generation(GenlSocket& socket);
// nullopt: the table does not exist.
Result<std::optional<TableTrace>> read_trace(GenlSocket& socket, const NftTableName& table);

// A failure to open such a socket, or to ask for the generation, in words.
Error without_nf_tables(const Error& error);

}  // namespace fairlead::kernel

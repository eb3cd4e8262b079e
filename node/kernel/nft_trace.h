#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "lib/base/result.h"
#include "node/kernel/genl_socket.h"
#include "node/kernel/nft_replies.h"

// nf_tables as it can be seen without the nft program, and without its lock: reading waits for no writer.
namespace fairlead::kernel {

struct NftTableName {
  std::uint8_t family = 0;  // NFPROTO_*
  std::string name;
};

// `socket` is one of NETLINK_NETFILTER. Errors of both: kNotFound (the kernel has no nf_tables),
// kUnavailable.
Result<Generation> read_generation(GenlSocket& socket);
// nullopt: the table does not exist.
Result<std::optional<TableTrace>> read_trace(GenlSocket& socket, const NftTableName& table);
// The named counters of the table; none if it does not exist. Errors as read_trace().
Result<NftCounters> read_counters(GenlSocket& socket, const NftTableName& table);

// A failure to open such a socket, or to ask for the generation, in words.
Error without_nf_tables(const Error& error);

}  // namespace fairlead::kernel

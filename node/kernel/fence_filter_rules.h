#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "node/filter/fence.h"
#include "node/kernel/nft_transaction.h"

// The rules of table `netdev fairlead_fence` (fence_filter_messages.h), and the names they know its sets and
// chains by.
namespace fairlead::kernel {

inline constexpr std::string_view kFenceTable = "fairlead_fence";

std::string group_chain(const filter::FenceKey& key);  // "group_7_4_51"
const char* vip_set(net::Family family);
const char* live_set(net::Family family);

// A key of `beats` and `beating`, as the registers of a rule hold it:
//
//     interface, host order, 4 | ethertype, 2 | zero, 2 | VRID, 1 | zero, 3
inline constexpr std::uint32_t kFenceKeySize = 12;
std::array<std::uint8_t, kFenceKeySize> bytes_of(const filter::FenceKey& key);

void append_ingress_rules(NftTransaction& transaction);  // of chain `in`
void append_egress_rules(NftTransaction& transaction);   // of chain `out`
// Of the group's chain.
void append_group_rules(NftTransaction& transaction, const filter::FenceKey& key,
                        const filter::FenceTable::Group& group);

}  // namespace fairlead::kernel

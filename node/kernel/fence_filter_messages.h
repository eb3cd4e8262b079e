#pragma once

#include <optional>

#include "lib/base/time.h"
#include "node/filter/fence.h"
#include "node/kernel/nft_transaction.h"

// Table `netdev fairlead_fence` (node/filter/fence.h) as messages of nf_tables:
//
//     set vip4, vip6     the addresses of all groups
//     set live4, live6   those whose group's last advert left less than its time ago
//     map beats          interface . ethertype . VRID of an advert -> jump to its group's chain
//     set beating        the same keys, of the groups whose time runs
//     chain in           drops packets to an address of vip that is not in live, if it is local
//     chain out          drops ARP whose sender is such an address, advertisements of it, solicitations from
//                        it; takes VRRP adverts of TTL 255 to beats
//     chain group_*      of one group: priority 0 changes nothing; a continuing advert (SO_PRIORITY 7) is
//                        dropped if the group is not beating; any other begins the group's time anew
//     chain in_*, out_*  of one interface: its hooks, ingress and egress
//
// It is a netdev table since ARP, IP and adverts must meet in one table, and no other family sees all three.
// Packets of an address that is not local pass: a member that is not Active routes and serves for the one
// that is.
namespace fairlead::kernel {

// Makes the table exactly this, whatever it was. With `idle` every group begins with what
// filter::reopened_for() leaves it, so that one which is Active is not silent until its next advert; else all
// begin silent.
void append_fence(NftTransaction& transaction, const filter::FenceTable& table,
                  std::optional<Microseconds> idle);
// The changes from one to the other; appends nothing if they are equal. A group in both goes on
// beating; an address that is new in it begins with what filter::reopened_for() leaves it.
void append_fence_changes(NftTransaction& transaction, const filter::FenceTable& from,
                          const filter::FenceTable& to, Microseconds idle);
// Deletes the table, whether or not it exists.
void append_fence_removal(NftTransaction& transaction);

}  // namespace fairlead::kernel

#pragma once

#include <linux/filter.h>

#include <set>
#include <vector>

#include "lib/net/address.h"
#include "node/vrrp/types.h"

// Classic BPF for a raw VRRP socket: which messages the kernel queues at all (FN-20). It looks at one byte,
// the VRID; whether the rest is sound is judged later (node/vrrp/admission.h), so that strangers and faults
// are seen and counted. Pure.
namespace fairlead::wire {

using Filter = std::vector<sock_filter>;

enum class Passes {
  kOurs,    // messages whose VRID is one of ours
  kOthers,  // all the rest: other VRIDs, VRID 0, and messages too short to have one
};

// For a socket of that family: one of IPv4 is given the packet with its header, one of IPv6 the message
// alone. About thirty instructions however many VRIDs there are.
Filter vrid_filter(net::Family family, const std::set<vrrp::VirtualRouterId>& ours, Passes passes);

// Nothing passes.
Filter silence();

}  // namespace fairlead::wire

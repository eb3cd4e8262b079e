#pragma once

#include <string_view>

#include "lib/api/service.h"
#include "lib/api/virtual_ip.h"

// What a Service asks of its VirtualIP: annotations and fields (api.md, "Annotations on Services"), put into
// a VirtualIP's spec and read with all the checks of that, so that both say the same of the same value.
namespace fairlead::api {

// Whether the annotations of others are read where ours are missing: metallb.io/loadBalancerIPs,
// metallb.io/address-pool, metallb.io/allow-shared-ip and kube-vip.io/loadbalancerIPs.
enum class ForeignAnnotations { kIgnored, kRead };

// The spec, its `service` set. Problems and not_yet_supported name the annotation ("annotation
// fairlead.dev/quorum") or the Service's field ("spec.loadBalancerSourceRanges"). An annotation of white
// space alone counts as absent. With forwarding Delegate whoever forwards does the Service's own affinity and
// source ranges, and they are left out.
Decoded<VirtualIPSpec> requested_spec(const Service& service, ForeignAnnotations foreign);

// True if it asks for its address by spec.loadBalancerIP alone: an annotation comes first.
bool asks_by_deprecated_field(const Service& service, ForeignAnnotations foreign);

}  // namespace fairlead::api

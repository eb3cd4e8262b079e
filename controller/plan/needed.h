#pragma once

#include "controller/plan/inputs.h"

// What of the objects that others write the controller decides from, and may tell of. The rest is left out as
// they are read: it is not kept, and where it alone changes, an annotation, the status that another load
// balancer writes, nothing has changed (lib/apiserver/informer.h), and no round is due. Always left in: name,
// namespace, UID, resourceVersion, creationTimestamp, and whether it is being deleted.
namespace fairlead::controller {

// And of a Node: labels (nodeSelector, the exclusion), and all that api::Node has besides its metadata.
api::Node needed(api::Node node);
// Of a Namespace: labels (serviceAllocation.namespaceSelectors).
api::Namespace needed(api::Namespace home);
// Of an EndpointSlice: its Service, and the endpoints that take connections, or have some yet.
api::EndpointSlice needed(api::EndpointSlice slice);
// Of a Service that is ours, or has a status by us: everything. Of any other what a VirtualIP that names it
// goes by: labels, ports, families, externalTrafficPolicy; and the cluster IPs, which nobody may have.
api::Service needed(api::Service service, const Settings& settings);

}  // namespace fairlead::controller

#pragma once

#include "lib/api/meta.h"

namespace fairlead::controller {

// The Service that a VirtualIP was made for, as its ownerReferences say: its controller, of Kubernetes' own
// kind (others have a kind Service, too) and of its name. nullptr: it was made by hand, whatever owns it.
// Valid as long as `virtual_ip` is.
const api::OwnerReference* service_owner(const api::ObjectMeta& virtual_ip);

}  // namespace fairlead::controller

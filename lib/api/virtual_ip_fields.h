#pragma once

#include "lib/api/json_view.h"
#include "lib/api/virtual_ip.h"

// Internal to lib/api: VirtualIP.spec, for all that yield one.
namespace fairlead::api {

// Reads and checks a VirtualIP's spec. REQUIRES: the path of `spec` says where it stands ("spec").
void read_virtual_ip_spec(const JsonView& spec, VirtualIPSpec& out);

}  // namespace fairlead::api

#pragma once

#include "lib/api/node_report.h"

namespace fairlead::kernel {

// What this host can forward with. Loads nothing and writes nothing: IPVS and the schedulers count when
// they are built in, loaded, or there to be loaded.
api::Capabilities read_capabilities();

}  // namespace fairlead::kernel

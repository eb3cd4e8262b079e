#pragma once

#include "controller/plan/inputs.h"

// Which objects of others something of ours depends on. What becomes of any other is no reason for a round at
// once: at most a cluster IP is taken, and the next whole round in its own time is early enough.
namespace fairlead::controller {

// A Service, as cached, and as far as it could be read where it cannot: nullptr where there is none. It is
// ours, or has a status by us, or some VirtualIP names it or has its name. REQUIRES: inputs.kinship.
bool concerns_us(const Inputs& inputs, const api::ObjectKey& key, const api::Service* partly_read);

// The endpoints of a Service that some VirtualIP names. REQUIRES: inputs.kinship.
bool is_named(const Inputs& inputs, const api::ObjectKey& service);

// A Namespace with VirtualIPs in it.
bool is_home(const Inputs& inputs, const std::string& namespace_name);

}  // namespace fairlead::controller

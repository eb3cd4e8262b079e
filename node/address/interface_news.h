#pragma once

#include "node/address/audit.h"

// What one piece of the kernel's news makes of the interfaces known. Each says whether it changed anything: a
// renewal is news that changes nothing, and 1000 of them may come in a second.
namespace fairlead::address {

// A link's news say nothing of its addresses and gateways: those known stay.
bool put_link(Interfaces& known, Interface link);

// On an interface that is not known they change nothing.
bool put_address(Interfaces& known, int interface, const InterfaceAddress& address);
bool remove_address(Interfaces& known, int interface, const net::Prefix& prefix);

}  // namespace fairlead::address

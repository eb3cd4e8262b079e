#pragma once

#include <string>

#include "node/agent/virtual_router_agenda.h"
#include "node/agent/virtual_router_announcements.h"
#include "node/agent/virtual_router_metrics.h"
#include "node/agent/virtual_router_ports.h"

namespace fairlead::agent {

// What all virtual routers of the thread share. Outlives them.
struct VirtualRouterSurroundings {
  Clock& clock;
  kernel::Addresses& addresses;
  wire::AdvertWire& adverts;
  Announcements& announcements;
  VrrpMetrics& metrics;
  // By how much the boot-time clock was ahead of the monotonic one at the begin of this turn.
  Microseconds slept{0};
  // Set by a router whose removal was not acknowledged, or who has an address of no use: compare again soon.
  bool audit_wanted = false;
  // How many Active routers could not send their last advert.
  int failing = 0;
  // Set by a router to whom the kernel has shown that it forgets our tag (before 5.18): of IPv6 addresses we
  // must know ourselves which are ours.
  bool tag_forgotten = false;
  // Of another live daemon of this node's name (FN-18); empty if there is none.
  std::string namesake = {};
  // Where each router says that it is to be looked at.
  Agenda agenda = {};
};

}  // namespace fairlead::agent

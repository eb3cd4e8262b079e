#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "node/address/audit.h"
#include "node/agent/messages.h"
#include "node/agent/virtual_router_listeners.h"
#include "node/filter/fence.h"

namespace fairlead::agent {

// The report of the vrrp thread, kept up to date turn by turn. A turn may be a single advert, and groups and
// addresses many: only what may have changed is looked at. vrrp thread only.
class CurrentReport {
 public:
  // The interfaces, or what is ours on them, may be others than at the last update().
  void view_changed() { view_changed_ = true; }
  // There may be other routers than at the last update().
  void routers_changed() { routers_changed_ = true; }
  // What is to be fenced from now on.
  void wish_for(const std::vector<filter::FencedGroup>& fenced);
  // Takes in what the turn has made of the routers, of which only those `touched` may have changed. True if
  // it changed anything, and the first time.
  bool update(std::uint64_t sequence, const Listeners::Routers& routers,
              const std::vector<VirtualRouter*>& touched,
              const std::function<const address::Interfaces&()>& interfaces,
              std::vector<api::HeardVirtualRouter> heard);
  const VrrpReport& get() const { return report_; }

 private:
  bool update_groups(const Listeners::Routers& routers, const std::vector<VirtualRouter*>& touched);

  VrrpReport report_;
  bool first_ = true;
  bool wishes_changed_ = false;
  bool routers_changed_ = true;
  bool view_changed_ = true;
};

}  // namespace fairlead::agent

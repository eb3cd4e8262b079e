#include "node/agent/virtual_routers_report.h"

#include <cassert>
#include <utility>

#include "node/agent/virtual_router.h"
#include "node/agent/virtual_router_view.h"

namespace fairlead::agent {
namespace {

template <class Value>
bool put(Value& known, Value now) {
  if (known == now) return false;
  known = std::move(now);
  return true;
}

}  // namespace

void CurrentReport::wish_for(const std::vector<filter::FencedGroup>& fenced) {
  wishes_changed_ |= put(report_.fenced, fenced);
}

bool CurrentReport::update(std::uint64_t sequence, const Listeners::Routers& routers,
                           const std::vector<VirtualRouter*>& touched,
                           const std::function<const address::Interfaces&()>& interfaces,
                           std::vector<api::HeardVirtualRouter> heard) {
  bool changed = std::exchange(first_, false);
  changed |= std::exchange(wishes_changed_, false);
  changed |= put(report_.sequence, sequence);
  changed |= update_groups(routers, touched);
  changed |= put(report_.heard, std::move(heard));
  if (std::exchange(view_changed_, false)) {
    const address::Interfaces& now = interfaces();
    changed |= put(report_.held, address::ours(now));
    changed |= put(report_.interfaces, reported(now));
  }
  return changed;
}

bool CurrentReport::update_groups(const Listeners::Routers& routers,
                                  const std::vector<VirtualRouter*>& touched) {
  bool changed = false;
  if (std::exchange(routers_changed_, false)) {
    changed =
        std::erase_if(report_.groups, [&](const auto& entry) { return !routers.contains(entry.first); }) > 0;
  }
  for (VirtualRouter* router : touched) {
    auto news = router->news();
    if (!news) continue;
    const auto [known, fresh] = report_.groups.try_emplace(router->plan().name);
    changed |= fresh;
    changed |= put(known->second, *std::move(news));
  }
#ifndef __OPTIMIZE__  // it costs what is to be saved: for the builds that look for mistakes
  for (const auto& [name, router] : routers) assert(report_.groups.at(name) == router->report());
#endif
  return changed;
}

}  // namespace fairlead::agent

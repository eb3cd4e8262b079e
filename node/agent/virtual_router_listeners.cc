#include "node/agent/virtual_router_listeners.h"

#include <algorithm>
#include <chrono>

#include "lib/base/overloaded.h"
#include "lib/sys/log.h"
#include "node/address/audit.h"

namespace fairlead::agent {
namespace {

constexpr std::size_t kForeignLimit = 256;
constexpr std::chrono::minutes kForgetForeign{10};
constexpr std::chrono::minutes kLogAgain{1};  // VR-042: log rate-limited

}  // namespace

void Listeners::arrange(const Routers& routers, const address::Interfaces& interfaces) {
  std::map<int, Port> wanted;
  for (const auto& [name, router] : routers) {
    const address::Interface* interface = address::find_interface(interfaces, router->plan().interface);
    if (interface == nullptr) continue;
    Port& port = wanted[interface->index];
    port.name = interface->name;
    port.listener.virtual_router_ids.insert(router->plan().virtual_router_id);
    port.routers[router->plan().virtual_router_id] = router.get();
  }
  for (auto& [index, port] : wanted) {
    for (const address::InterfaceAddress& entry : interfaces.at(index).addresses) {
      if (!entry.ours) port.listener.own_addresses.insert(entry.prefix.address);
    }
  }
  for (const auto& [index, port] : ports_) {
    if (!wanted.contains(index)) adverts_.leave(index);
  }
  for (auto port = wanted.begin(); port != wanted.end();) {
    if (!ports_.contains(port->first)) {
      if (const auto joined = adverts_.join(port->first); !joined) {
        sys::log(sys::LogLevel::kError, "vrrp.cannot_listen",
                 {{"interface", port->second.name}, {"error", joined.error().message}});
        port = wanted.erase(port);
        continue;
      }
    }
    ++port;
  }
  ports_ = std::move(wanted);
}

std::size_t Listeners::drain(std::size_t limit) {
  const auto datagrams = adverts_.receive(limit);
  for (const wire::Datagram& datagram : datagrams) {
    const auto port = ports_.find(datagram.interface);
    if (port != ports_.end()) judge(port->second, datagram.packet);
  }
  return datagrams.size();
}

void Listeners::judge(Port& port, const net::Bytes& packet) {
  std::visit(Overloaded{
                 [&](const vrrp::Accepted& accepted) {
                   metrics_.count_checksum(accepted.checksum);
                   port.routers.at(accepted.advert.virtual_router_id)->hear(accepted);
                 },
                 [&](const vrrp::Rejected& rejected) { reject(port, rejected); },
                 [&](const vrrp::Foreign& foreign) {
                   metrics_.count_rejected("", vrrp::RejectReason::kVrid);
                   metrics_.count_foreign(port.name);
                   const api::HeardVirtualRouter heard{port.name, net::Family::kIPv4,
                                                       foreign.virtual_router_id.value(), foreign.sender};
                   if (foreign_.size() < kForeignLimit || foreign_.contains(heard)) {
                     foreign_[heard] = clock_.now();
                   }
                 },
             },
             vrrp::admit(port.listener, packet));
}

void Listeners::reject(Port& port, const vrrp::Rejected& rejected) {
  std::string group;
  if (rejected.claimed_virtual_router_id.value_or(0) != 0) {
    const auto router = port.routers.find(vrrp::VirtualRouterId(*rejected.claimed_virtual_router_id));
    if (router != port.routers.end()) group = router->second->plan().name;
  }
  metrics_.count_rejected(group, rejected.reason);
  const TimePoint now = clock_.now();
  const auto [last, first_time] = logged_.try_emplace({port.name, rejected.reason}, now);
  if (!first_time && now < last->second + kLogAgain) return;
  last->second = now;
  sys::log(sys::LogLevel::kWarning, "vrrp.advert_rejected",
           {{"interface", port.name},
            {"reason", std::string(to_string(rejected.reason))},
            {"group", group},
            {"sender", rejected.sender ? to_string(*rejected.sender) : ""}});
}

std::vector<api::HeardVirtualRouter> Listeners::heard() {
  const TimePoint oldest = clock_.now() - kForgetForeign;
  std::erase_if(foreign_, [&](const auto& entry) { return entry.second < oldest; });
  std::vector<api::HeardVirtualRouter> out;
  for (const auto& [router, at] : foreign_) out.push_back(router);
  return out;
}

}  // namespace fairlead::agent

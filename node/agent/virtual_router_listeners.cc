#include "node/agent/virtual_router_listeners.h"

#include <chrono>
#include <iterator>

#include "lib/base/earlier.h"
#include "lib/base/overloaded.h"
#include "lib/sys/log.h"
#include "node/address/audit.h"

namespace fairlead::agent {
namespace {

constexpr std::size_t kForeignLimit = 256;
constexpr std::chrono::minutes kForgetForeign{10};
constexpr std::chrono::minutes kLogAgain{1};  // VR-042: log rate-limited
constexpr Seconds kListenAgain{1};

vrrp::Expected expected_of(const plan::GroupPlan& plan) {
  vrrp::Expected out;
  out.version = plan.vrrp_version;
  if (plan.unicast) out.peers = plan.unicast->peers;
  out.strict_v6_first_address = plan.strict_v6_first_address;
  out.password = plan.password;
  out.interval = plan.advertise_interval;
  return out;
}

}  // namespace

void Listeners::arrange(const Routers& routers, const address::Interfaces& interfaces) {
  std::map<wire::Ear, Port> wanted;
  for (const auto& [name, router] : routers) {
    const plan::GroupPlan& plan = router->plan();
    const address::Interface* interface = address::find_interface(interfaces, plan.interface);
    if (interface == nullptr) continue;
    Port& port = wanted[{interface->index, plan.family}];
    port.name = interface->name;
    port.listener.routers[plan.virtual_router_id] = expected_of(plan);
    port.routers[plan.virtual_router_id] = router.get();
  }
  for (const auto& [ear, port] : ports_) {
    if (!wanted.contains(ear)) adverts_.leave(ear);
  }
  std::erase_if(deaf_, [&](const auto& entry) { return !wanted.contains(entry.first); });
  for (auto port = wanted.begin(); port != wanted.end();) {
    for (const address::InterfaceAddress& entry : interfaces.at(port->first.interface).addresses) {
      if (!entry.ours) port->second.listener.own_addresses.insert(entry.prefix.address);
    }
    port = listen(port->first, port->second) ? std::next(port) : wanted.erase(port);
  }
  ports_ = std::move(wanted);
}

bool Listeners::listen(const wire::Ear& ear, const Port& port) {
  std::set<vrrp::VirtualRouterId> ours;
  for (const auto& [id, router] : port.routers) ours.insert(id);
  const auto listening = adverts_.listen(ear, ours);
  if (listening) {
    deaf_.erase(ear);
    return true;
  }
  Failure& failure = deaf_[ear];
  failure.again = clock_.now() + kListenAgain;
  if (failure.why != listening.error().message) {
    failure.why = listening.error().message;
    sys::log(sys::LogLevel::kError, "vrrp.cannot_listen", {{"interface", port.name}, {"error", failure.why}});
  }
  return false;
}

std::optional<std::string> Listeners::why_deaf(const wire::Ear& ear) const {
  const auto failure = deaf_.find(ear);
  return failure == deaf_.end() ? std::nullopt : std::optional(failure->second.why);
}

std::optional<TimePoint> Listeners::retry() const {
  std::optional<TimePoint> out;
  for (const auto& [ear, failure] : deaf_) out = earlier(out, failure.again);
  return out;
}

std::size_t Listeners::drain(std::size_t limit) {
  const Reading reading{clock_.now(), clock_.boot_time()};
  const auto datagrams = adverts_.receive(limit);
  if (datagrams.size() < limit) reading_ = reading;
  for (const wire::Datagram& datagram : datagrams) {
    const auto port = ports_.find(datagram.ear);
    if (port == ports_.end()) continue;
    const auto admit = [&](const auto& content) { return vrrp::admit(port->second.listener, content); };
    judge(datagram.ear, port->second, std::visit(admit, datagram.content));
  }
  return datagrams.size();
}

void Listeners::judge(const wire::Ear& ear, Port& port, const vrrp::Admission& admission) {
  std::visit(Overloaded{
                 [&](const vrrp::Accepted& accepted) {
                   if (accepted.checksum) metrics_.count_checksum(*accepted.checksum);
                   port.routers.at(accepted.advert.virtual_router_id)->hear(accepted);
                 },
                 [&](const vrrp::Rejected& rejected) { reject(port, rejected); },
                 [&](const vrrp::Foreign& foreign) {
                   metrics_.count_rejected("", vrrp::RejectReason::kVrid);
                   metrics_.count_foreign(port.name);
                   const api::HeardVirtualRouter heard{port.name, ear.family,
                                                       foreign.virtual_router_id.value(), foreign.sender};
                   if (foreign_.size() < kForeignLimit || foreign_.contains(heard)) {
                     foreign_[heard] = clock_.now();
                   }
                 },
             },
             admission);
}

void Listeners::reject(Port& port, const vrrp::Rejected& rejected) {
  std::string group;
  if (rejected.claimed_virtual_router_id.value_or(0) != 0) {
    const auto router = port.routers.find(vrrp::VirtualRouterId(*rejected.claimed_virtual_router_id));
    if (router != port.routers.end()) {
      group = router->second->plan().name;
      router->second->refuse(rejected);
    }
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

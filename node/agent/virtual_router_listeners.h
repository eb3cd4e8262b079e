#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "lib/api/node_report.h"
#include "node/address/interface.h"
#include "node/agent/virtual_router.h"
#include "node/vrrp/admission.h"

namespace fairlead::agent {

// Which interfaces are listened on, what each expects to hear, and what strangers were heard. Judges
// received packets (node/vrrp/admission.h), counts them, and hands accepted adverts to their router.
// vrrp thread only.
class Listeners {
 public:
  Listeners(wire::AdvertWire& adverts, Clock& clock, VrrpMetrics& metrics)
      : adverts_(adverts), clock_(clock), metrics_(metrics) {}

  using Routers = std::map<std::string, std::unique_ptr<VirtualRouter>>;

  // Listens on the interfaces that `routers` name and that exist; leaves all others. An interface listened
  // on already sees no system call; one that could not be listened on is tried again.
  void arrange(const Routers& routers, const address::Interfaces& interfaces);
  // Why adverts cannot be heard where arrange() was to listen; nothing if they are.
  std::optional<std::string> why_deaf(const wire::Ear& ear) const;
  // When arrange() should try again; nothing if it has nothing to try.
  std::optional<TimePoint> retry() const;

  // Takes at most `limit` waiting packets and lets their routers hear them. Returns how many were taken.
  std::size_t drain(std::size_t limit);
  // When it last took all that waited, by either clock; nothing: never.
  struct Reading {
    TimePoint at;
    Microseconds boot_time{0};
  };
  const std::optional<Reading>& last_reading() const { return reading_; }

  // Foreign routers heard in the last ten minutes, in order; at most 256.
  std::vector<api::HeardVirtualRouter> heard();

 private:
  struct Port {
    std::string name;
    vrrp::Listener listener;
    std::map<vrrp::VirtualRouterId, VirtualRouter*> routers;
  };
  struct Failure {
    std::string why;
    TimePoint again;
  };
  void judge(const wire::Ear& ear, Port& port, const vrrp::Admission& admission);
  bool listen(const wire::Ear& ear, const Port& port);
  void reject(Port& port, const vrrp::Rejected& rejected);

  wire::AdvertWire& adverts_;
  Clock& clock_;
  VrrpMetrics& metrics_;
  std::optional<Reading> reading_;
  std::map<wire::Ear, Port> ports_;
  std::map<wire::Ear, Failure> deaf_;
  std::map<api::HeardVirtualRouter, TimePoint> foreign_;
  std::map<std::pair<std::string, vrrp::RejectReason>, TimePoint> logged_;
};

}  // namespace fairlead::agent

#pragma once

#include <optional>
#include <string>

#include "controller/plan/inputs.h"
#include "controller/plan/reason.h"

// Services of our class into VirtualIPs (api.md, "Annotations on Services", "Names of generated objects").
namespace fairlead::controller {

inline constexpr const char* kLoadBalancerClass = "fairlead.dev/vip";

// type LoadBalancer, of class fairlead.dev/vip (or of none, if we are the default), and not being deleted.
bool is_ours(const api::Service& service, const Settings& settings);

// True if the VirtualIP was made for a Service: see service_owner().
bool made_for_service(const api::VirtualIP& virtual_ip);
// True if it was made for this one, by UID.
bool made_for(const api::VirtualIP& virtual_ip, const api::Service& service);

// The Service that it names, where that cannot be read and no version read before is known; else nullptr.
const Poisoned* unreadable_service(const Inputs& inputs, const api::VirtualIP& virtual_ip);
// Why nobody knows what its Service is to serve: it is unreadable, or has too many ports. Else empty.
std::string unknown_ports(const Inputs& inputs, const api::VirtualIP& virtual_ip);

struct ServiceOutcome {
  // The VirtualIP to apply: metadata (resourceVersion and UID of the present one) and spec. Absent: leave
  // what is there, the last good configuration.
  std::optional<api::VirtualIP> virtual_ip;
  std::optional<Refusal> refusal;
};

// What a Service of ours asks for. NameTaken if a VirtualIP of its name is not ours; NotYetSupported with
// annotations and fields whose behaviour is not built yet, where they change something; InvalidSpec for an
// annotation that cannot be read. Without an address its VirtualIP names none, and is given one.
ServiceOutcome virtual_ip_of(const Inputs& inputs, const api::Service& service);

}  // namespace fairlead::controller

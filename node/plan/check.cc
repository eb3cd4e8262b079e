#include <string>
#include <utility>

#include "node/plan/make_plan.h"

namespace fairlead::plan {
namespace {

// Collects what is wrong with one object.
class Findings {
 public:
  Findings(std::string kind, api::ObjectKey object) : kind_(std::move(kind)), object_(std::move(object)) {}
  void add(Refusal refusal, std::string path, std::string message) {
    found_.push_back({kind_, object_, refusal, {std::move(path), std::move(message)}});
  }
  void unsupported(const std::vector<std::string>& paths) {
    for (const auto& path : paths) add(Refusal::kNotYetSupported, path, "is not supported yet");
  }
  std::vector<PlanProblem> take() { return std::move(found_); }

 private:
  std::string kind_;
  api::ObjectKey object_;
  std::vector<PlanProblem> found_;
};

void check_addresses(const api::VRRPGroupSpec& spec, Findings& findings) {
  constexpr std::size_t kMost = 255;  // of an advert: its count is one byte (RFC 9568 5.2.5)
  if (spec.addresses.size() > kMost) {
    findings.add(Refusal::kInvalidSpec, "spec.addresses",
                 "must have at most 255 items, got " + std::to_string(spec.addresses.size()));
  }
  for (std::size_t i = 0; i < spec.addresses.size(); ++i) {
    const auto& address = spec.addresses[i].address;
    if (address.family() == spec.family) continue;
    findings.add(Refusal::kInvalidSpec, "spec.addresses[" + std::to_string(i) + "].address",
                 "must be of the group's family " + std::string(net::to_string(spec.family)) + ", got " +
                     net::to_string(address));
  }
}

void check_reals(const api::VirtualServer& server, const std::string& path, Findings& findings) {
  for (std::size_t i = 0; i < server.reals.size(); ++i) {
    const auto& real = server.reals[i];
    const std::string where = path + ".reals[" + std::to_string(i) + "]";
    if (real.address.family() != server.address.family()) {
      findings.add(Refusal::kInvalidSpec, where + ".address",
                   "must be of the virtual server's family " +
                       std::string(net::to_string(server.address.family())) + ", got " +
                       net::to_string(real.address));
    }
    if (real.port.value() == 0)
      findings.add(Refusal::kInvalidSpec, where + ".port", "must be 1..65535, got 0");
  }
}

}  // namespace

std::vector<PlanProblem> check(const api::VRRPGroup& group) {
  const auto& spec = group.spec;
  Findings findings("VRRPGroup", api::key_of(group.meta));
  findings.unsupported(spec.not_yet_supported);
  if (spec.version != 3) {
    findings.add(Refusal::kNotYetSupported, "spec.version", "is not supported yet: use 3");
  }
  if (const auto id = vrrp::make_virtual_router_id(spec.virtual_router_id); !id) {
    findings.add(Refusal::kInvalidSpec, "spec.virtualRouterID", id.error().message);
  }
  if (const auto interval = vrrp::make_advertise_interval(vrrp::Version::k3, spec.advert_interval);
      !interval) {
    findings.add(Refusal::kInvalidSpec, "spec.advertIntervalMs", interval.error().message);
  }
  for (std::size_t i = 0; i < spec.members.size(); ++i) {
    const auto priority = vrrp::make_priority(spec.members[i].priority);
    if (priority) continue;
    findings.add(Refusal::kInvalidSpec, "spec.members[" + std::to_string(i) + "].priority",
                 priority.error().message);
  }
  check_addresses(spec, findings);
  return findings.take();
}

std::vector<PlanProblem> check(const api::RealServerSet& set) {
  Findings findings("RealServerSet", api::key_of(set.meta));
  findings.unsupported(set.spec.not_yet_supported);
  for (std::size_t i = 0; i < set.spec.virtual_servers.size(); ++i) {
    const auto& server = set.spec.virtual_servers[i];
    const std::string path = "spec.virtualServers[" + std::to_string(i) + "]";
    const bool known =
        server.forwarding == api::Forwarding::kNat || server.forwarding == api::Forwarding::kDelegate;
    if (!known) {
      findings.add(
          Refusal::kNotYetSupported, path + ".forwarding",
          "is not supported yet: use NAT or Delegate, got " + std::string(api::to_string(server.forwarding)));
    }
    if (server.port.value() == 0) {
      findings.add(Refusal::kNotYetSupported, path + ".port", "0 (any port) is not supported yet");
    }
    check_reals(server, path, findings);
  }
  return findings.take();
}

}  // namespace fairlead::plan

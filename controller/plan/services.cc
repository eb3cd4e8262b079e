#include "controller/plan/services.h"

#include <algorithm>
#include <string_view>
#include <variant>
#include <vector>

#include "lib/base/text.h"

namespace fairlead::controller {
namespace {

const std::string kPrefix = "fairlead.dev/";
constexpr std::string_view kAddresses = "loadBalancerIPs";
constexpr std::size_t kMostOfKey = 253;  // as the CRD's schema

// An annotation whose behaviour is not built yet, and the value that changes nothing.
struct Later {
  std::string_view name;
  std::string_view harmless;
};
constexpr Later kLater[] = {{"scheduler-flags", ""},      {"source-ranges", ""},
                            {"connection-limits", "0,0"}, {"health-checks", "[]"},
                            {"on-unhealthy", "Drain"},    {"quorum", "1"},
                            {"sorry-server", ""},         {"min-healthy-percent", "0"},
                            {"drain-seconds", "300"},     {"preferred-nodes", ""}};

const std::string* annotation(const api::Service& service, std::string_view name) {
  const auto found = service.meta.annotations.find(kPrefix + std::string(name));
  return found == service.meta.annotations.end() ? nullptr : &found->second;
}

Refusal bad(std::string_view name, const std::string& why) {
  return {Reason::kInvalidSpec, "annotation " + kPrefix + std::string(name) + ": " + why};
}

Refusal later(const std::string& what) { return {Reason::kNotYetSupported, "not supported yet: " + what}; }

std::optional<Refusal> not_built_yet(const api::Service& service) {
  std::vector<std::string> found;
  for (const auto& [name, harmless] : kLater) {
    const auto* value = annotation(service, name);
    if (value == nullptr) continue;
    if (!trim(*value).empty() && trim(*value) != harmless) {
      found.push_back("annotation " + kPrefix + std::string(name));
    }
  }
  found.insert(found.end(), service.not_yet_supported.begin(), service.not_yet_supported.end());
  if (found.empty()) return std::nullopt;
  return later(join(found, ", "));
}

// `where` it was read: "annotation fairlead.dev/loadBalancerIPs".
std::optional<Refusal> read_address(const std::string& where, std::string_view text,
                                    std::vector<net::IpAddress>& out) {
  const auto no = [&](const std::string& why) { return Refusal{Reason::kInvalidSpec, where + ": " + why}; };
  const auto address = net::parse_address(text);
  if (!address) return no("must be an IP address, got " + std::string(text));
  const bool unusable = address->is_unspecified() || address->is_loopback() || address->is_multicast() ||
                        address->is_v4_mapped();
  if (unusable) return no(std::string(text) + " cannot be a virtual IP");
  const bool second = std::any_of(out.begin(), out.end(),
                                  [&](const auto& other) { return other.family() == address->family(); });
  if (second) return no("must have at most one address per family");
  out.push_back(*address);
  return std::nullopt;
}

// None: they are allocated.
std::optional<Refusal> read_addresses(const api::Service& service, std::vector<net::IpAddress>& out) {
  const auto* text = annotation(service, kAddresses);
  if (text == nullptr || trim(*text).empty()) {
    const std::string& deprecated = service.load_balancer_ip;
    return deprecated.empty() ? std::nullopt : read_address("spec.loadBalancerIP", trim(deprecated), out);
  }
  for (const auto& part : split(*text, ',')) {
    if (auto refusal = read_address("annotation " + kPrefix + std::string(kAddresses), trim(part), out)) {
      return refusal;
    }
  }
  return std::nullopt;
}

std::optional<Refusal> read_forwarding(const api::Service& service, api::Forwarding& out) {
  const auto* text = annotation(service, "forwarding");
  if (text == nullptr) return std::nullopt;
  const auto forwarding = api::parse_forwarding(*text);
  if (!forwarding) return bad("forwarding", "must be NAT, DirectRouting, Tunnel or Delegate, got " + *text);
  if (*forwarding != api::Forwarding::kNat && *forwarding != api::Forwarding::kDelegate) {
    return later("annotation fairlead.dev/forwarding " + *text);
  }
  out = *forwarding;
  return std::nullopt;
}

std::optional<Refusal> check_families(const api::VirtualIPSpec& spec) {
  const bool any_v6 = std::any_of(spec.addresses.begin(), spec.addresses.end(),
                                  [](const auto& address) { return !address.is_v4(); });
  if (!any_v6 || spec.forwarding == api::Forwarding::kDelegate) return std::nullopt;
  return later("annotation fairlead.dev/loadBalancerIPs with an IPv6 address and forwarding " +
               std::string(api::to_string(spec.forwarding)) + " (Delegate is)");
}

std::optional<Refusal> read_scheduler(const api::Service& service, api::Scheduler& out) {
  const auto* text = annotation(service, "scheduler");
  if (text == nullptr) return std::nullopt;
  const auto scheduler = api::parse_scheduler(*text);
  if (!scheduler) return bad("scheduler", scheduler.error().message);
  out = *scheduler;
  return std::nullopt;
}

std::optional<Refusal> read_sharing_key(const api::Service& service, std::string& out) {
  const auto* text = annotation(service, "sharing-key");
  if (text == nullptr) return std::nullopt;
  out = std::string(trim(*text));
  if (out.size() <= kMostOfKey) return std::nullopt;
  return bad("sharing-key", "must have at most 253 characters, got " + std::to_string(out.size()));
}

std::optional<Refusal> read_on_no_endpoints(const api::Service& service) {
  const auto* text = annotation(service, "on-no-endpoints");
  if (text == nullptr || *text == "Reject") return std::nullopt;
  if (*text == "Withdraw") return later("annotation fairlead.dev/on-no-endpoints Withdraw");
  return bad("on-no-endpoints", "must be Reject or Withdraw, got " + *text);
}

std::variant<api::VirtualIPSpec, Refusal> spec_of(const api::Service& service) {
  api::VirtualIPSpec out;
  out.service = service.meta.name;
  if (const auto* pool = annotation(service, "address-pool")) out.pool = std::string(trim(*pool));
  if (auto refusal = read_sharing_key(service, out.sharing_key)) return *std::move(refusal);
  if (auto refusal = read_addresses(service, out.addresses)) return *std::move(refusal);
  if (auto refusal = read_forwarding(service, out.forwarding)) return *std::move(refusal);
  if (auto refusal = check_families(out)) return *std::move(refusal);
  if (auto refusal = read_scheduler(service, out.scheduler)) return *std::move(refusal);
  if (auto refusal = read_on_no_endpoints(service)) return *std::move(refusal);
  if (auto refusal = not_built_yet(service)) return *std::move(refusal);
  return out;
}

const api::ObjectMeta* present(const Inputs& inputs, const api::ObjectKey& key) {
  if (const auto* object = find(inputs.virtual_ips, key)) return &object->meta;
  const auto* poisoned = find(inputs.poisoned_virtual_ips, key);
  return poisoned == nullptr ? nullptr : &poisoned->meta;
}

bool has_service_owner(const api::ObjectMeta& meta) {
  return std::any_of(meta.owner_references.begin(), meta.owner_references.end(),
                     [](const auto& owner) { return owner.controller && owner.kind == "Service"; });
}

bool has_owner(const api::ObjectMeta& meta, const api::Service& service) {
  return std::any_of(meta.owner_references.begin(), meta.owner_references.end(), [&](const auto& owner) {
    return owner.controller && owner.kind == "Service" && owner.uid == service.meta.uid;
  });
}

}  // namespace

bool is_ours(const api::Service& service, const Settings& settings) {
  if (service.type != "LoadBalancer" || service.meta.deleting) return false;
  if (service.load_balancer_class.empty()) return settings.default_controller;
  return service.load_balancer_class == kLoadBalancerClass;
}

bool made_for_service(const api::VirtualIP& virtual_ip) { return has_service_owner(virtual_ip.meta); }

bool made_for(const api::VirtualIP& virtual_ip, const api::Service& service) {
  return has_owner(virtual_ip.meta, service);
}

bool asks_by_deprecated_field(const api::Service& service) {
  const auto* text = annotation(service, kAddresses);
  return !service.load_balancer_ip.empty() && (text == nullptr || trim(*text).empty());
}

const Poisoned* unreadable_service(const Inputs& inputs, const api::VirtualIP& virtual_ip) {
  if (!virtual_ip.spec.service) return nullptr;
  const api::ObjectKey key{virtual_ip.meta.namespace_name, *virtual_ip.spec.service};
  return inputs.services.contains(key) ? nullptr : find(inputs.poisoned_services, key);
}

ServiceOutcome virtual_ip_of(const Inputs& inputs, const api::Service& service) {
  const auto key = api::key_of(service.meta);
  const auto* there = present(inputs, key);
  const bool ours = there != nullptr && has_owner(*there, service);
  if (there != nullptr && !ours && !has_service_owner(*there)) {
    return {std::nullopt,
            Refusal{Reason::kNameTaken, "a VirtualIP named " + api::to_string(key) +
                                            " exists and was not made for this Service: rename one"}};
  }
  // One made for an earlier Service of this name goes first; one being deleted is made again afterwards.
  if (there != nullptr && (!ours || there->deleting)) return {};
  auto spec = spec_of(service);
  if (auto* refusal = std::get_if<Refusal>(&spec)) return {std::nullopt, std::move(*refusal)};
  api::VirtualIP out;
  if (ours) {
    out.meta.uid = there->uid;
    out.meta.resource_version = there->resource_version;
  }
  out.meta.name = key.name;
  out.meta.namespace_name = key.namespace_name;
  out.meta.owner_references.push_back({"v1", "Service", service.meta.name, service.meta.uid, true});
  out.meta.finalizers.emplace_back(api::kReleaseFinalizer);
  out.spec = std::get<api::VirtualIPSpec>(std::move(spec));
  return {std::move(out), std::nullopt};
}

}  // namespace fairlead::controller

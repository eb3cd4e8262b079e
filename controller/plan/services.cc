#include "controller/plan/services.h"

#include <variant>
#include <vector>

#include "controller/plan/service_owner.h"
#include "lib/base/text.h"

namespace fairlead::controller {
namespace {

Refusal later(const std::vector<std::string>& what) {
  return {Reason::kNotYetSupported, "not supported yet: " + join(what, ", ")};
}

std::variant<api::VirtualIPSpec, Refusal> spec_of(const api::Service& service, const Settings& settings) {
  auto asked = api::requested_spec(service, settings.foreign_annotations);
  if (!asked.ok()) return Refusal{Reason::kInvalidSpec, api::to_string(asked.problems)};
  if (!asked.value.not_yet_supported.empty()) return later(asked.value.not_yet_supported);
  return std::move(asked.value);
}

// Of the newest version, be it that it cannot be read.
const api::ObjectMeta* present(const Inputs& inputs, const api::ObjectKey& key) {
  if (const auto* poisoned = find(inputs.poisoned_virtual_ips, key)) return &poisoned->meta;
  const auto* object = find(inputs.virtual_ips, key);
  return object == nullptr ? nullptr : &object->meta;
}

bool has_service_owner(const api::ObjectMeta& meta) { return service_owner(meta) != nullptr; }

bool has_owner(const api::ObjectMeta& meta, const api::Service& service) {
  const auto* owner = service_owner(meta);
  return owner != nullptr && owner->uid == service.meta.uid;
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

const Poisoned* unreadable_service(const Inputs& inputs, const api::VirtualIP& virtual_ip) {
  if (!virtual_ip.spec.service) return nullptr;
  const api::ObjectKey key{virtual_ip.meta.namespace_name, *virtual_ip.spec.service};
  return inputs.services.contains(key) ? nullptr : find(inputs.poisoned_services, key);
}

std::string unknown_ports(const Inputs& inputs, const api::VirtualIP& virtual_ip) {
  if (!virtual_ip.spec.service) return "";
  const std::string& name = *virtual_ip.spec.service;
  if (const auto* poisoned = unreadable_service(inputs, virtual_ip)) {
    return "Service " + name + " cannot be read: " + api::to_string(poisoned->problems);
  }
  const auto* service = find(inputs.services, {virtual_ip.meta.namespace_name, name});
  if (service == nullptr || service->too_many_ports == 0) return "";
  return "Service " + name + " has " + std::to_string(service->too_many_ports) + " ports, allowed are " +
         std::to_string(api::kMostServicePorts);
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
  auto spec = spec_of(service, inputs.settings);
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

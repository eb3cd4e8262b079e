#pragma once

#include <string>

#include "sim/controller/server.h"

// What users and kubelets of the simulated cluster write: small documents, a slot and a number each.
namespace fairlead::sim::cluster {

inline constexpr const char* kNamespace = "shop";
inline constexpr int kPoolSize = 12;

Name virtual_ip_name(int slot);
Name service_name(int slot);
Name slice_name(int slot);
Name node_name(const std::string& machine);
Name report_name(const std::string& machine);
Name pool_name();

// `wish` says what it asks for: an address by name or any, alone or shared, where and how.
json virtual_ip(int slot, int wish);
json service(int slot, int wish);
json slice(int slot, int endpoints);
json pool(bool half);
json node(const std::string& machine, int zone);
json report(const std::string& machine, int host, const std::string& node_uid, bool with_interface);
json shop();

// Objects that harm nobody but themselves, if all is well (FC-09).
json poison_virtual_ip(int number, int how);
json poison_service(int number, int how);
json poison_pool(int number, int how);
bool is_poison(const Name& name);

}  // namespace fairlead::sim::cluster

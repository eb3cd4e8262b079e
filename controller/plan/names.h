#pragma once

#include <string>

#include "lib/net/prefix.h"

// Names of generated objects (api.md, "Names of generated objects").
namespace fairlead::controller {

// Where a group lives: the covering prefix ("192-0-2-0-24"; IPv6: 8 hex digits of its SHA-256), or the pool's
// interface, lower-cased, with `_ : @` as dashes. A name that this changed gets a dash and 10 hex digits of
// SHA-256 of the original, so that "Eth0" and "eth0" stay two segments.
std::string segment_of(const net::Prefix& network);
std::string segment_of_interface(const std::string& interface);

// "<segment>-<v4|v6>-<vrid>".
std::string group_name(const std::string& segment, net::Family family, int virtual_router_id);

// "<vip>-<v4|v6>-<slice>", cut to what Kubernetes allows (253).
std::string real_server_set_name(const std::string& virtual_ip, net::Family family, int slice);

// A label's value: the name, hashed if longer than 63.
std::string label_value(const std::string& name);

inline constexpr const char* kGroupLabel = "fairlead.dev/group";
inline constexpr const char* kVirtualIpLabel = "fairlead.dev/virtualip";

}  // namespace fairlead::controller

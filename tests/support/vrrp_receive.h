#pragma once

#include <utility>

#include "support/vrrp_world.h"

// Messages of both families into a VrrpWorld, which knows those of IPv4 multicast itself.
namespace fairlead::test {

// A message arrives whose TTL or hop limit nobody has lowered.
inline void receive(VrrpWorld& world, int interface, const vrrp::Endpoints& endpoints, net::Bytes message) {
  if (endpoints.source.is_v4()) {
    world.receive(interface, endpoints, message);
  } else {
    world.waiting.push_back(
        {{interface, net::Family::kIPv6}, vrrp::Ipv6Message{endpoints, vrrp::kTtl, std::move(message)}});
  }
}

}  // namespace fairlead::test

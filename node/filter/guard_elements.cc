#include "node/filter/guard_elements.h"

namespace fairlead::filter {
namespace {

std::string port_element(const plan::VirtualServerKey& key) {
  std::string protocol = "tcp";
  if (key.protocol == net::Protocol::kUdp) protocol = "udp";
  if (key.protocol == net::Protocol::kSctp) protocol = "sctp";
  return net::to_string(key.address) + " . " + protocol + " . " + std::to_string(key.port.value());
}

}  // namespace

Elements elements(const Guard& guard) {
  Elements all;
  for (const auto& [vip, address] : guard.floating) {
    all["vip4"].insert(net::to_string(vip));
    all["nat4"].insert(net::to_string(address));
    all["float4"].insert(net::to_string(vip) + " : " + net::to_string(address));
  }
  for (const auto& vip : guard.direct) all[vip.is_v4() ? "vip4" : "vip6"].insert(net::to_string(vip));
  for (const plan::VirtualServerKey& key : guard.ports) {
    all[key.address.is_v4() ? "port4" : "port6"].insert(port_element(key));
  }
  return all;
}

Elements without(const Elements& a, const Elements& b) {
  Elements rest;
  for (const auto& [set, list] : a) {
    const auto other = b.find(set);
    for (const std::string& element : list) {
      if (other == b.end() || !other->second.contains(element)) rest[set].insert(element);
    }
  }
  return rest;
}

}  // namespace fairlead::filter

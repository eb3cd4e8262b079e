#include "node/filter/guard_elements.h"

#include "lib/net/prefix.h"

namespace fairlead::filter {
namespace {

// The set of that name for the family of `vip`.
std::string of_family(const std::string& set, const net::IpAddress& vip) {
  return set + (vip.is_v4() ? "4" : "6");
}

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
    all[of_family("vip", vip)].insert(net::to_string(vip));
    all[of_family("nat", vip)].insert(net::to_string(address));
    all[of_family("float", vip)].insert(net::to_string(vip) + " : " + net::to_string(address));
  }
  for (const auto& vip : guard.direct) all[of_family("vip", vip)].insert(net::to_string(vip));
  for (const plan::VirtualServerKey& key : guard.ports) {
    all[of_family("port", key.address)].insert(port_element(key));
  }
  for (const auto& [key, clients] : guard.limited) {
    all[of_family("limited", key.address)].insert(port_element(key));
    for (const net::Prefix& client : clients) {
      all[of_family("allow", key.address)].insert(port_element(key) + " . " + net::to_string(client));
    }
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

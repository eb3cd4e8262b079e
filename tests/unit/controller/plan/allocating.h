#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "controller/plan/allocate.h"
#include "controller/plan/desired.h"
#include "unit/controller/builders.h"

// VirtualIPs without an address, and what comes of them.
namespace fairlead::controller::testing {

// One that was made `second`.
inline api::VirtualIP open_vip(const std::string& name, int second) {
  auto out = vip(name, "192.0.2.100");
  out.spec.addresses.clear();
  out.meta.creation_timestamp = WallTime(Seconds(second));
  return out;
}

// Name of a VirtualIP -> the addresses that it is to have.
inline std::map<std::string, std::vector<std::string>> addresses_in(const Desired& out) {
  std::map<std::string, std::vector<std::string>> found;
  for (const auto& [key, decision] : out.decisions) {
    for (const auto& address : decision.addresses) found[key.name].push_back(net::to_string(address));
  }
  return found;
}
using Given = std::map<std::string, std::vector<std::string>>;

inline std::optional<Refusal> refusal_in(const Desired& out, const std::string& name) {
  const auto& decision = out.decisions.at({"shop", name});
  return decision.not_accepted ? decision.not_accepted : decision.not_allocated;
}

}  // namespace fairlead::controller::testing

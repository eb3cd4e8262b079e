#include "node/agent/cleanup.h"

#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "lib/sys/loop.h"
#include "node/address/audit.h"
#include "node/agent/checkpoint_store.h"
#include "node/agent/forwarding_cleanup.h"
#include "node/agent/namespace_lock.h"
#include "node/agent/orders.h"
#include "node/agent/state_lock.h"
#include "node/kernel/addresses.h"
#include "node/kernel/fence_filter.h"
#include "node/kernel/network.h"

namespace fairlead::agent {
namespace {

Result<> remove_addresses(const std::set<net::IpAddress>& owned, std::ostream& out) {
  sys::Loop loop;
  auto network = kernel::open_network(loop);
  if (!network) return network.error();
  auto addresses = kernel::open_addresses();
  if (!addresses) return addresses.error();
  (*network)->update();
  const auto& interfaces = (*network)->interfaces();
  std::map<int, std::vector<net::IpAddress>> by_interface;
  for (const auto& left : address::leftovers(interfaces, owned)) {
    by_interface[left.interface].push_back(left.address);
  }
  Result<> result = Done{};
  for (const auto& [interface, list] : by_interface) {
    const auto released = (*addresses)->release(interface, list);
    if (!released && result) result = released.error();
    if (!released) continue;
    for (const auto& address : list) {
      out << "removed address " << net::to_string(address) << " from " << interfaces.at(interface).name
          << "\n";
    }
  }
  return result;
}

Result<> remove_forwarding(const std::set<plan::VirtualServerKey>& owned, std::ostream& out) {
  const auto cleaned = cleanup_forwarding(owned, open_forwarding_ports(FinerFence::kOff, {}));
  if (!cleaned) return cleaned.error();
  for (const auto& key : cleaned->services) out << "removed IPVS service " << plan::to_string(key) << "\n";
  if (cleaned->guard) out << "removed nft table inet fairlead\n";
  return Done{};
}

// After the addresses: it is what keeps one that is left from being heard.
Result<> remove_fence(std::ostream& out) {
  const auto removed = kernel::remove_fence_filter();
  if (!removed) return removed.error();
  if (*removed) out << "removed nft table netdev fairlead_fence\n";
  return Done{};
}

}  // namespace

Result<> cleanup(const std::string& state_dir, std::ostream& out) {
  auto lock = StateLock::take(state_dir);
  if (!lock && lock.error().code == Code::kConflict) {
    return fail(Code::kConflict, "a fairlead-node works on " + state_dir + ": stop it first");
  }
  const auto network = NamespaceLock::take();
  if (!network && network.error().code == Code::kConflict) {
    return fail(Code::kConflict, "a fairlead-node works in this network namespace: stop it first");
  }
  CheckpointStore store(state_dir);
  auto loaded = store.load();
  for (const auto& problem : loaded.problems) out << "not used: " << problem << "\n";
  if (!loaded.checkpoint) {
    out << "no checkpoint in " << state_dir
        << ": IPVS services of ours cannot be told from others' and stay\n";
  }
  const auto checkpoint = std::move(loaded.checkpoint).value_or(api::Checkpoint{});
  const auto addresses = remove_addresses(checkpoint.owned_addresses, out);
  const auto fence = remove_fence(out);
  const auto forwarding = remove_forwarding(keys_of(checkpoint.owned_services), out);
  if (!addresses) return addresses;
  if (!fence) return fence;
  if (!forwarding) return forwarding;
  return store.remove();
}

}  // namespace fairlead::agent

#include "controller/status/group_acceptance.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "controller/status/conditions.h"
#include "lib/api/member_entry.h"
#include "lib/base/text.h"

namespace fairlead::controller {
namespace {

constexpr std::size_t kNamed = 5;  // the rest is counted

// "a; b; and 3 more".
std::string first_of(std::vector<std::string> texts) {
  const std::size_t more = texts.size() - std::min(texts.size(), kNamed);
  texts.resize(texts.size() - more);
  if (more > 0) texts.push_back("and " + std::to_string(more) + " more");
  return join(texts, "; ");
}

// Which members say what of the group, under that name.
std::map<std::string, std::vector<std::string>> said(const Inputs& inputs, const api::VRRPGroup& group,
                                                     const std::set<std::string>& stale, Reason reason) {
  std::map<std::string, std::vector<std::string>> out;
  for (const auto& member : group.spec.members) {
    const auto* node = find(inputs.nodes, cluster_key(member.node));
    const auto* entry = entry_of(group, member.node);
    if (node == nullptr || !node->ready || entry == nullptr || stale.contains(member.node)) continue;
    for (const auto& problem : entry->problems) {
      if (problem.type == to_string(reason)) out[problem.message].push_back(member.node);
    }
  }
  return out;
}

}  // namespace

std::optional<Refusal> not_accepted(const Inputs& inputs, const api::VRRPGroup& group,
                                    const std::set<std::string>& stale) {
  const auto& unsupported = group.spec.not_yet_supported;
  if (!unsupported.empty()) {
    return Refusal{Reason::kNotYetSupported,
                   "not supported yet, set it back to its default: " + join(unsupported, ", ")};
  }
  for (const Reason reason : {Reason::kInvalidSpec, Reason::kNotYetSupported}) {
    std::vector<std::string> texts;
    for (const auto& [message, nodes] : said(inputs, group, stale, reason)) {
      texts.push_back(join(nodes, ", ") + ": " + message);
    }
    if (!texts.empty()) return Refusal{reason, first_of(std::move(texts))};
  }
  return std::nullopt;
}

void note_taken(const std::map<net::IpAddress, Holding>& held, const api::VRRPGroup& group,
                GroupSummary& summary) {
  std::vector<std::string> texts;
  const auto look = [&](const net::IpAddress& address) {
    const auto holding = held.find(address);
    if (address.is_link_local() || holding == held.end() || holding->second.group == group.meta.name) return;
    texts.push_back(net::to_string(address) + " belongs to VRRPGroup " + holding->second.group +
                    ", which is older");
  };
  for (const auto& address : group.spec.addresses) {
    if (address.owners.empty()) look(address.address);
  }
  for (const auto& excluded : group.spec.excluded_addresses) look(excluded.address);
  if (texts.empty()) return;
  summary.degraded.push_back(condition("Degraded", true, Reason::kAddressInUse, first_of(std::move(texts))));
  if (summary.state == api::VipState::kReady) summary.state = api::VipState::kDegraded;
}

}  // namespace fairlead::controller

#include "node/agent/confirmation.h"

#include <utility>

namespace fairlead::agent {
namespace {

using Claims = std::map<std::string, ForeignClaim>;

Claims claims_of_others(const std::string& self, const std::vector<api::MemberStatus>& members) {
  Claims out;
  for (const auto& member : members) {
    if (member.node == self || member.state != api::MemberState::kMaster) continue;
    out.insert({member.node, {member.instance, member.since, member.confirmed}});
  }
  return out;
}

bool same_claim(const ForeignClaim& a, const ForeignClaim& b) {
  return a.instance == b.instance && a.since == b.since;
}

}  // namespace

Confirmation confirm(Confirmation before, const std::string& self, bool master,
                     const std::vector<api::MemberStatus>& members, TimePoint now) {
  const Claims claims = claims_of_others(self, members);
  bool fresh = false;
  bool risen = false;
  Claims still;
  for (const auto& [node, claim] : claims) {
    const auto known = before.answered.find(node);
    if (known == before.answered.end() || !same_claim(known->second, claim)) {
      fresh = true;
      continue;
    }
    risen = risen || claim.confirmed > known->second.confirmed;
    still.insert(*known);
  }
  const TimePoint turn = before.last_raised ? *before.last_raised + kConfirmAtMostEvery : now;
  if (master && (fresh || (risen && turn <= now))) {
    return {before.confirmed + 1, claims, now, std::nullopt};  // one apply answers all of them
  }
  before.answered = std::move(still);
  before.look_again = master && risen ? std::optional(turn) : std::nullopt;
  return before;
}

}  // namespace fairlead::agent

#include "node/agent/namesake.h"

#include <algorithm>
#include <utility>

#include "lib/api/member_entry.h"
#include "lib/base/earlier.h"

namespace fairlead::agent {
namespace {

using Entry = Namesake::Entry;

// Takes in what is shown of our node in one group.
Entry look(Entry before, const api::MemberStatus& shown, const std::string& instance, TimePoint now) {
  if (shown.instance == instance) {
    before.ours_shown = before.ours_last = true;
    return before;
  }
  const bool written_anew = before.ours_last || before.foreign != shown;
  if (before.ours_shown && written_anew) {
    before.signs = std::min(before.signs + 1, Namesake::kSigns);
    before.last_sign = now;
  }
  before.ours_last = false;
  before.foreign = shown;
  return before;
}

}  // namespace

std::optional<std::string> Namesake::living() const {
  for (const auto& [uid, entry] : entries) {
    if (entry.signs >= kSigns) return entry.foreign->instance;
  }
  return std::nullopt;
}

std::optional<TimePoint> Namesake::forgotten_at() const {
  std::optional<TimePoint> out;
  for (const auto& [uid, entry] : entries) {
    if (entry.signs > 0) out = earlier(out, entry.last_sign + kRemembered);
  }
  return out;
}

Namesake look_for_namesake(Namesake before, const std::string& node, const std::string& instance,
                           const std::map<api::ObjectKey, api::VRRPGroup>& groups, TimePoint now) {
  Namesake out;
  for (const auto& [key, group] : groups) {
    Entry entry = std::move(before.entries[group.meta.uid]);
    if (const auto* shown = entry_of(group, node)) entry = look(std::move(entry), *shown, instance, now);
    if (entry.signs > 0 && now >= entry.last_sign + Namesake::kRemembered) entry.signs = 0;
    out.entries.emplace(group.meta.uid, std::move(entry));
  }
  return out;
}

}  // namespace fairlead::agent

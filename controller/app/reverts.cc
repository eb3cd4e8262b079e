#include "controller/app/reverts.h"

#include <functional>
#include <string_view>

namespace fairlead::controller {
namespace {

// Without the values of these fields: "resourceVersion":"17", and in a JSON patch.
std::size_t content_of(std::string body) {
  for (const std::string_view field :
       {R"("resourceVersion":")", R"("lastTransitionTime":")", R"(/resourceVersion","value":")"}) {
    for (auto at = body.find(field); at != std::string::npos; at = body.find(field, at + field.size())) {
      const auto begin = at + field.size();
      const auto end = body.find('"', begin);
      if (end != std::string::npos) body.erase(begin, end - begin);
    }
  }
  return std::hash<std::string>{}(body);
}

}  // namespace

bool Reverts::fights(const Last& last, TimePoint now) {
  return last.fight && now - last.undone.back() <= kForgotten;
}

// With once more, now.
bool Reverts::undone_enough(const std::vector<TimePoint>& before, TimePoint now) {
  return before.size() + 1 >= kMost && now - before[before.size() + 1 - kMost] <= kWithin;
}

bool Reverts::may_write(const std::string& what, TimePoint now) const {
  const auto found = last_.find(what);
  return found == last_.end() || !fights(found->second, now) || now - found->second.at >= kPause;
}

bool Reverts::written(const std::string& what, const std::string& uid, const std::string& body,
                      TimePoint now) {
  const std::size_t content = content_of(body);
  const auto [found, is_new] = last_.try_emplace(what);
  Last& last = found->second;
  const bool undone = !is_new && last.content == content && last.uid == uid;
  last.uid = uid;
  last.content = content;
  last.at = now;
  if (!undone) return false;
  const bool goes_on = fights(last, now);
  last.fight = goes_on || undone_enough(last.undone, now);
  if (!last.fight) last.other.clear();
  if (last.undone.size() == kMost) last.undone.erase(last.undone.begin());
  last.undone.push_back(now);
  return true;
}

void Reverts::let_go(const std::string& of) {
  auto at = last_.lower_bound(of);
  while (at != last_.end() && at->first.starts_with(of)) at = last_.erase(at);
}

bool Reverts::would_fight(const std::string& what, const std::string& body, TimePoint now) const {
  const auto found = last_.find(what);
  if (found == last_.end() || found->second.undone.empty()) return false;
  const Last& last = found->second;
  return last.content == content_of(body) && (fights(last, now) || undone_enough(last.undone, now));
}

bool Reverts::named(const std::string& what, const std::string& manager) {
  const auto found = last_.find(what);
  if (found == last_.end() || manager.empty() || found->second.other == manager) return false;
  found->second.other = manager;
  return true;
}

std::optional<TimePoint> Reverts::next(TimePoint now) const {
  std::optional<TimePoint> out;
  for (const auto& [what, last] : last_) {
    const TimePoint at = last.at + kPause;
    if (fights(last, now) && at > now && (!out || at < *out)) out = at;
  }
  return out;
}

std::map<std::string, std::string> Reverts::fought(TimePoint now) const {
  std::map<std::string, std::string> out;
  for (const auto& [what, last] : last_) {
    if (fights(last, now)) out.insert({what, last.other});
  }
  return out;
}

bool Reverts::forget(TimePoint now) {
  if (now - swept_ < kWithin) return false;
  swept_ = now;
  return std::erase_if(last_, [now](const auto& entry) { return now - entry.second.at > kForgotten; }) > 0;
}

}  // namespace fairlead::controller

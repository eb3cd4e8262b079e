#include "lib/reconcile/initial_events.h"

#include <cstddef>

#include "lib/reconcile/json_scan.h"

namespace fairlead::reconcile {

void InitialEvents::take(WatchEvent event) {
  auto key = std::pair(string_at(event.object, {"metadata", "namespace"}),
                       string_at(event.object, {"metadata", "name"}));
  switch (event.type) {
    case WatchEventType::kAdded:
    case WatchEventType::kModified:
      by_name_.insert_or_assign(std::move(key), std::move(event.object));
      return;
    case WatchEventType::kDeleted:
      by_name_.erase(key);
      return;
    case WatchEventType::kBookmark:
    case WatchEventType::kError:
    case WatchEventType::kUnknown:
      return;
  }
}

std::vector<std::string> InitialEvents::hand_over() {
  std::vector<std::string> out;
  out.reserve(by_name_.size() + static_cast<std::size_t>(unusable_));
  for (auto& [name, object] : by_name_) out.push_back(std::move(object));
  out.resize(out.size() + static_cast<std::size_t>(unusable_));
  *this = InitialEvents();
  return out;
}

}  // namespace fairlead::reconcile

#include "controller/status/foreign_writers.h"

#include <algorithm>
#include <set>

#include "lib/base/text.h"

namespace fairlead::controller {
namespace {

// Of: conflict with "somebody" with subresource "status" using v1
std::string manager_of(const std::string& message) {
  const auto begin = message.find('"');
  const auto end = begin == std::string::npos ? begin : message.find('"', begin + 1);
  return end == std::string::npos ? "" : message.substr(begin + 1, end - begin - 1);
}

}  // namespace

std::string foreign_managers(const api::StatusReply& reply) {
  std::set<std::string> managers;
  bool any = false;
  for (const auto& cause : reply.causes) {
    if (cause.reason != "FieldManagerConflict") continue;
    any = true;
    const auto manager = manager_of(cause.message);
    if (!manager.empty()) managers.insert(manager);
  }
  if (any && managers.empty()) return "another writer";
  return join({managers.begin(), managers.end()}, ", ");
}

bool forget_settled(const std::vector<Write>& writes,
                    std::map<api::ObjectKey, std::string>& foreign_writers) {
  const auto settled = std::erase_if(foreign_writers, [&](const auto& entry) {
    return std::none_of(writes.begin(), writes.end(), [&](const auto& write) {
      return write.target == Target::kService && write.key == entry.first;
    });
  });
  return settled > 0;
}

}  // namespace fairlead::controller

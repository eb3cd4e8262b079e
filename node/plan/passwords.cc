#include "node/plan/passwords.h"

#include <algorithm>

namespace fairlead::plan {
namespace {

constexpr std::size_t kLongestName = 255;
constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

}  // namespace

bool is_plain_file_name(std::string_view name) {
  return !name.empty() && name.size() <= kLongestName && name.front() != '.' &&
         name.find_first_not_of(kAllowed) == std::string_view::npos;
}

std::set<std::string> password_files(const std::string& node,
                                     const std::map<std::string, api::VRRPGroup>& groups) {
  std::set<std::string> out;
  for (const auto& [name, group] : groups) {
    const auto& members = group.spec.members;
    const bool ours =
        std::any_of(members.begin(), members.end(), [&](const auto& member) { return member.node == node; });
    if (ours && group.spec.password_file) out.insert(*group.spec.password_file);
  }
  return out;
}

}  // namespace fairlead::plan

#include "lib/reconcile/resource_version.h"

namespace fairlead::reconcile {

bool is_newer_version(const std::string& a, const std::string& b) {
  const auto is_decimal = [](const std::string& text) {
    return !text.empty() && text.find_first_not_of("0123456789") == std::string::npos &&
           (text.size() == 1 || text.front() != '0');
  };
  if (!is_decimal(a) || !is_decimal(b)) return false;
  return a.size() != b.size() ? a.size() > b.size() : a > b;
}

bool has_passed(const std::string& cached, const std::string& before, const std::string& written) {
  // What others wrote before us is not our write yet.
  return cached != before && !is_newer_version(written, cached);
}

}  // namespace fairlead::reconcile

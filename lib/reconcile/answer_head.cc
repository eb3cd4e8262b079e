#include "lib/reconcile/answer_head.h"

#include <algorithm>

#include "lib/base/http_code.h"
#include "lib/base/text.h"

namespace fairlead::reconcile {
namespace {

bool is_type(std::string_view content_type, std::string_view name) {
  const auto type = trim(content_type.substr(0, content_type.find(';')));
  return std::equal(type.begin(), type.end(), name.begin(), name.end(), [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? static_cast<char>(a + 32) : a) == b;
  });
}

}  // namespace

bool is_json(std::string_view content_type) { return is_type(content_type, "application/json"); }

std::string foreign_answer(int status, std::string_view content_type) {
  if (status < 100 || status > 599) return "protocol";
  const bool good = status >= 200 && status < 300;
  if (good) return content_type.empty() || is_json(content_type) ? "" : "content_type";
  const bool comes_back = status == http_code::kUnauthorized || status == http_code::kForbidden ||
                          status == http_code::kTooManyRequests || status >= http_code::kInternalError;
  return !comes_back && is_type(content_type, "text/html") ? "content_type" : "";
}

}  // namespace fairlead::reconcile

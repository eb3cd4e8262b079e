#include "lib/apiserver/http_headers.h"

#include <algorithm>
#include <cctype>
#include <climits>

#include "lib/base/text.h"
#include "lib/reconcile/retry_rule.h"

namespace fairlead::apiserver {
namespace {

bool same_header(const std::string& a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    return std::tolower(static_cast<unsigned char>(x)) == std::tolower(static_cast<unsigned char>(y));
  });
}

}  // namespace

std::string header_of(const HttpHeaders& headers, std::string_view name) {
  for (const auto& [key, value] : headers) {
    if (same_header(key, name)) return value;
  }
  return "";
}

std::string flow_schema_of(const HttpHeaders& headers) {
  return header_of(headers, "X-Kubernetes-PF-FlowSchema-UID");
}

Seconds retry_after_of(const HttpHeaders& headers) {
  long long seconds = 0;
  const auto text = header_of(headers, "Retry-After");
  return parse_integer(text, 0, LLONG_MAX, seconds) ? reconcile::bounded_retry_after(seconds) : Seconds(0);
}

}  // namespace fairlead::apiserver

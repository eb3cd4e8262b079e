#include "lib/reconcile/reflector_failure.h"

#include "lib/base/http_code.h"

namespace fairlead::reconcile {

std::string reason_of(const Failed& failed) {
  if (failed.http_status == 0) return failed.cause;
  if (says_gone(failed.status) || failed.http_status == http_code::kGone) return "gone";
  if (says_too_large(failed.status)) return "version_too_large";
  switch (failed.http_status) {
    case http_code::kUnauthorized:
      return "unauthorized";
    case http_code::kForbidden:
      return "forbidden";
    case http_code::kTooManyRequests:
      return "throttled";
    default:
      return failed.http_status >= http_code::kInternalError ? "server_error" : "refused";
  }
}

bool version_is_no_good(const Failed& failed) {
  return failed.http_status == http_code::kGone || says_gone(failed.status) || says_too_large(failed.status);
}

bool refuses_watch_list(const Failed& failed) {
  return failed.http_status == http_code::kBadRequest || failed.http_status == http_code::kUnprocessable;
}

}  // namespace fairlead::reconcile

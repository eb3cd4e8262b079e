#include "lib/reconcile/reflector_failure.h"

namespace fairlead::reconcile {

std::string reason_of(const Failed& failed) {
  if (failed.http_status == 0) return failed.cause;
  if (says_gone(failed.status) || failed.http_status == 410) return "gone";
  if (says_too_large(failed.status)) return "version_too_large";
  switch (failed.http_status) {
    case 401:
      return "unauthorized";
    case 403:
      return "forbidden";
    case 429:
      return "throttled";
    default:
      return failed.http_status >= 500 ? "server_error" : "refused";
  }
}

bool version_is_no_good(const Failed& failed) {
  return failed.http_status == 410 || says_gone(failed.status) || says_too_large(failed.status);
}

bool refuses_watch_list(const Failed& failed) {
  return failed.http_status == 400 || failed.http_status == 422;
}

}  // namespace fairlead::reconcile

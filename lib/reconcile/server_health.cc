#include "lib/reconcile/server_health.h"

namespace fairlead::reconcile {

void ServerHealth::answered(bool fresh, bool token_refused, TimePoint now) {
  token_refused_ = token_refused;
  if (!cut_off() || fresh || now - failed_at_ >= kForgotten) way_ = Is::kWell;
}

void ServerHealth::failed(bool denied, TimePoint now) {
  way_ = denied ? Is::kDenied : Is::kUnreachable;
  failed_at_ = now;
}

}  // namespace fairlead::reconcile

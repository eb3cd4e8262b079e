#include "lib/reconcile/lease_answer.h"

#include <utility>

#include "lib/api/status_reply.h"
#include "lib/base/http_code.h"

namespace fairlead::reconcile {
namespace {

bool good(int status) { return status >= 200 && status < 300; }

// "403 leases.coordination.k8s.io ... is forbidden": what the server said, in short.
LeaseFailed refusal(int status, const std::string& body) {
  const auto reply = api::decode_status_reply(body);
  return {std::to_string(status) +
          (reply.ok() && !reply.value.message.empty() ? " " + reply.value.message : "")};
}

}  // namespace

ElectionEvent answer_to_read(int status, const std::string& body) {
  if (status == http_code::kNotFound) return LeaseMissing{};
  if (!good(status)) return refusal(status, body);
  auto lease = api::decode_lease(body);
  if (!lease.ok()) return LeaseFailed{"the Lease cannot be read: " + api::to_string(lease.problems)};
  return LeaseRead{std::move(lease.value)};
}

ElectionEvent answer_to_write(int status, const std::string& body) {
  if (status == http_code::kConflict) return LeaseConflict{};
  if (!good(status)) return refusal(status, body);
  auto lease = api::decode_lease(body);
  if (!lease.ok())
    return LeaseFailed{"the Lease as written cannot be read: " + api::to_string(lease.problems)};
  return LeaseWritten{std::move(lease.value)};
}

}  // namespace fairlead::reconcile

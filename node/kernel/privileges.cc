#include "node/kernel/privileges.h"

#include <cap-ng.h>
#include <sys/prctl.h>

#include <cerrno>

#include "lib/sys/errno_name.h"

namespace fairlead::kernel {
namespace {

Result<> require(unsigned int capability, const char* name) {
  if (capng_have_capability(CAPNG_PERMITTED, capability) != 0) return Done{};
  return fail(Code::kDenied, std::string("capability ") + name + " is missing");
}

}  // namespace

Result<> require_net_admin() {
  if (capng_get_caps_process() != 0) return fail(Code::kInternal, "read the capabilities of the process");
  return require(CAP_NET_ADMIN, "NET_ADMIN");
}

Result<> keep_needed_privileges(Realtime realtime) {
  if (const auto admin = require_net_admin(); !admin) return admin;
  if (const auto raw = require(CAP_NET_RAW, "NET_RAW"); !raw) return raw;
  const bool nice = realtime == Realtime::kYes;
  if (nice) {
    if (const auto found = require(CAP_SYS_NICE, "SYS_NICE (for --realtime)"); !found) return found;
  }
  // The bounding set can only be lowered with SETPCAP; a container's is low already.
  const bool may_lower = capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP) != 0;
  const auto which = may_lower ? CAPNG_SELECT_BOTH : CAPNG_SELECT_CAPS;
  capng_clear(which);
  const auto kinds =
      static_cast<capng_type_t>(CAPNG_EFFECTIVE | CAPNG_PERMITTED | (may_lower ? CAPNG_BOUNDING_SET : 0));
  capng_updatev(CAPNG_ADD, kinds, CAP_NET_ADMIN, CAP_NET_RAW, -1);
  if (nice) capng_update(CAPNG_ADD, kinds, CAP_SYS_NICE);
  if (capng_apply(which) != 0) {
    return fail(Code::kDenied, "give up capabilities: " + sys::errno_name(errno));
  }
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
    return fail(Code::kInternal, "no_new_privs: " + sys::errno_name(errno));
  }
  return Done{};
}

}  // namespace fairlead::kernel

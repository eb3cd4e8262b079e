#include "node/kernel/kernel_error.h"

#include <cerrno>

#include "lib/sys/errno_name.h"

namespace fairlead::kernel {
namespace {

Code code_of(int error) {
  switch (error) {
    case EPERM:
    case EACCES:
    case EROFS:
      return Code::kDenied;
    case ENOENT:
    case ESRCH:
    case EPROTONOSUPPORT:
    case EAFNOSUPPORT:
      return Code::kNotFound;
    case EEXIST:
      return Code::kConflict;
    case EINVAL:
    case ERANGE:
    case EOPNOTSUPP:
      return Code::kInvalid;
    default:
      return Code::kUnavailable;
  }
}

}  // namespace

Error errno_error(const std::string& what, int error) {
  return fail(code_of(error), what + ": " + sys::errno_name(error));
}

}  // namespace fairlead::kernel

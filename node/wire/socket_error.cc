#include "node/wire/socket_error.h"

#include <cerrno>

#include "lib/sys/errno_name.h"

namespace fairlead::wire {

Error socket_error(int error, const std::string& what) {
  const Code code = error == EPERM || error == EACCES ? Code::kDenied : Code::kUnavailable;
  return fail(code, what + ": " + sys::errno_name(error));
}

}  // namespace fairlead::wire

#include "node/agent/state_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <utility>

#include "lib/sys/errno_name.h"

namespace fairlead::agent {
namespace {

Error errno_error(const std::string& what) {
  const int number = errno;
  const bool may_pass = number == EROFS || number == ENOSPC || number == EDQUOT;
  return fail(may_pass ? Code::kUnavailable : Code::kDenied, what + ": " + sys::errno_name(number));
}

}  // namespace

Result<StateLock> StateLock::take(const std::string& directory) {
  constexpr mode_t kOnlyOwnerEnters = S_IRWXU;
  const bool made = mkdir(directory.c_str(), kOnlyOwnerEnters) == 0;
  if (!made && errno != EEXIST) return errno_error("make directory " + directory);
  // A kubelet makes the host's directory 0755.
  if (chmod(directory.c_str(), kOnlyOwnerEnters) != 0) return errno_error("chmod " + directory);
  const std::string path = directory + "/lock";
  sys::UniqueFd fd(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR));
  if (!fd.valid()) return errno_error("open " + path);
  if (flock(fd.get(), LOCK_EX | LOCK_NB) == 0) return StateLock(std::move(fd));
  if (errno == EWOULDBLOCK) return fail(Code::kConflict, path + " is held by another process");
  return errno_error("lock " + path);
}

}  // namespace fairlead::agent

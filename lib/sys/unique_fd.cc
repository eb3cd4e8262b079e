#include "lib/sys/unique_fd.h"

#include <unistd.h>

namespace fairlead::sys {

// Linux releases the descriptor even when close() reports EINTR or EIO, so there is nothing to retry: a
// second close could hit a descriptor another thread has just been given.
void UniqueFd::reset() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

}  // namespace fairlead::sys

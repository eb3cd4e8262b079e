#include "lib/sys/standard_error.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstddef>

#include "lib/sys/loop.h"

namespace fairlead::sys {
namespace {

constexpr int kLook = 100;  // milliseconds between two looks at the deadline

}  // namespace

// A pipe that poll() calls writable takes PIPE_BUF bytes without making anybody wait.
void StandardError::write(std::string_view text) {
  while (!text.empty() && wait_for_room()) {
    const auto count = ::write(STDERR_FILENO, text.data(), std::min<std::size_t>(text.size(), PIPE_BUF));
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (count < 0) return;
    text.remove_prefix(static_cast<std::size_t>(count));
  }
}

// False: the time is over, or nobody will ever read.
bool StandardError::wait_for_room() const {
  while (now().time_since_epoch().count() < deadline_) {
    pollfd output{STDERR_FILENO, POLLOUT, 0};
    const int found = poll(&output, 1, kLook);
    if (found > 0) return (output.revents & POLLOUT) != 0;
    if (found < 0 && errno != EINTR) return false;
  }
  return false;
}

}  // namespace fairlead::sys

#include "lib/sys/folder_watch.h"

#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <utility>

#include "lib/sys/errno_name.h"

namespace fairlead::sys {
namespace {

constexpr std::uint32_t kSelfGone = IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT | IN_IGNORED;
constexpr std::uint32_t kWanted = IN_ONLYDIR | IN_ATTRIB | IN_MODIFY | IN_CLOSE_WRITE | IN_CREATE |
                                  IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF;

Error errno_error(const std::string& what) {
  const int number = errno;
  const Code code = number == ENOENT    ? Code::kNotFound
                    : number == ENOTDIR ? Code::kInvalid
                    : number == EACCES  ? Code::kDenied
                                        : Code::kUnavailable;
  return fail(code, what + ": " + errno_name(number));
}

}  // namespace

Result<std::unique_ptr<FolderWatch>> FolderWatch::open(Loop& loop, const std::string& path,
                                                       std::function<void()> on_change) {
  UniqueFd fd(inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  if (!fd.valid()) return errno_error("inotify");
  if (inotify_add_watch(fd.get(), path.c_str(), kWanted) < 0) return errno_error("watch " + path);
  return std::unique_ptr<FolderWatch>(new FolderWatch(loop, std::move(fd), std::move(on_change)));
}

FolderWatch::FolderWatch(Loop& loop, UniqueFd fd, std::function<void()> on_change)
    : fd_(std::move(fd)), on_change_(std::move(on_change)) {
  watch_.emplace(loop, fd_.get(), [this] { read_all(); });
}

// Nothing is made of the events but whether the folder is still the one that is watched.
void FolderWatch::read_all() {
  bool any = false;
  alignas(inotify_event) std::array<char, 16384> buffer{};
  while (true) {
    const ssize_t count = ::read(fd_.get(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    any = true;
    for (std::size_t at = 0; at + sizeof(inotify_event) <= static_cast<std::size_t>(count);) {
      inotify_event event{};
      std::memcpy(&event, buffer.data() + at, sizeof event);
      if ((event.mask & kSelfGone) != 0) alive_ = false;
      at += sizeof event + event.len;
    }
  }
  if (any) on_change_();
}

}  // namespace fairlead::sys

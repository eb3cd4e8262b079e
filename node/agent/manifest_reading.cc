#include "node/agent/manifest_reading.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstddef>
#include <memory>
#include <string_view>
#include <utility>

#include "lib/sys/errno_name.h"
#include "lib/sys/unique_fd.h"

namespace fairlead::agent {
namespace {

constexpr std::size_t kMostFiles = 500;
constexpr std::int64_t kNanosecondsInASecond = 1'000'000'000;

Error errno_error(const std::string& what) {
  const int number = errno;
  return fail(number == ENOENT ? Code::kNotFound : Code::kDenied, what + ": " + sys::errno_name(number));
}

std::int64_t nanoseconds(const timespec& time) {
  return static_cast<std::int64_t>(time.tv_sec) * kNanosecondsInASecond + time.tv_nsec;
}

FileStamp stamp_of(const struct stat& status) {
  if (!S_ISREG(status.st_mode)) return {};
  return {status.st_dev, status.st_ino, status.st_size, nanoseconds(status.st_mtim),
          nanoseconds(status.st_ctim)};
}

bool is_manifest_name(std::string_view name) {
  return !name.starts_with('.') &&
         (name.ends_with(".yaml") || name.ends_with(".yml") || name.ends_with(".json"));
}

// A read lease is refused while anybody has the file open for writing. It is given back at once; whoever
// opens the file meanwhile waits for that, and the signal that tells of him is one that does nothing.
bool is_being_written(int fd) {
  if (fcntl(fd, F_SETSIG, SIGURG) != 0) return false;
  if (fcntl(fd, F_SETLEASE, F_RDLCK) != 0) return errno == EAGAIN;
  fcntl(fd, F_SETLEASE, F_UNLCK);
  return false;
}

Result<std::string> read_all(int fd, const std::string& path) {
  std::string out;
  char buffer[65536];
  while (true) {
    const ssize_t count = read(fd, buffer, sizeof buffer);
    if (count == 0) return out;
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno_error("read " + path);
    out.append(buffer, static_cast<std::size_t>(count));
    if (out.size() > static_cast<std::size_t>(kLargestManifest)) {
      return fail(Code::kInvalid, "must be at most 1 MiB");
    }
  }
}

Error has_changed() { return fail(Code::kUnavailable, "has changed: it is taken once it is left alone"); }

Result<FileStamp> stamp_of(int fd, const std::string& path) {
  struct stat status {};
  if (fstat(fd, &status) != 0) return errno_error("stat " + path);
  return stamp_of(status);
}

}  // namespace

Result<std::map<std::string, FileStamp>> list_manifests(const std::string& folder) {
  const std::unique_ptr<DIR, int (*)(DIR*)> listing(opendir(folder.c_str()), closedir);
  if (!listing) return errno_error("open " + folder);
  std::map<std::string, FileStamp> out;
  errno = 0;
  while (const dirent* entry = readdir(listing.get())) {
    const std::string name = static_cast<const char*>(entry->d_name);
    if (is_manifest_name(name)) {
      struct stat status {};
      const bool there = fstatat(dirfd(listing.get()), name.c_str(), &status, 0) == 0;
      out.insert({name, there ? stamp_of(status) : FileStamp{}});
    }
    if (out.size() > kMostFiles) return fail(Code::kInvalid, folder + " has more than 500 manifests");
    errno = 0;
  }
  if (errno != 0) return errno_error("read " + folder);
  return out;
}

Result<std::string> read_manifest_text(const std::string& path, const FileStamp& stamp) {
  // To open a device may set something off (a watchdog, a tape): it is looked at first.
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) return errno_error("open " + path);
  if (stamp_of(status) == FileStamp{}) return fail(Code::kInvalid, "is no regular file");
  const sys::UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!fd.valid()) return errno_error("open " + path);
  auto before = stamp_of(fd.get(), path);
  if (!before) return before.error();
  if (*before == FileStamp{}) return fail(Code::kInvalid, "is no regular file");
  if (before->size > kLargestManifest) return fail(Code::kInvalid, "must be at most 1 MiB");
  if (!(*before == stamp)) return has_changed();
  if (is_being_written(fd.get())) {
    return fail(Code::kUnavailable, "is open for writing: it is taken once it is closed");
  }
  auto text = read_all(fd.get(), path);
  if (!text) return text;
  const auto after = stamp_of(fd.get(), path);
  if (!after) return after.error();
  if (!(*after == stamp)) return has_changed();
  return text;
}

}  // namespace fairlead::agent

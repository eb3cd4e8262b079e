#include "node/agent/checkpoint_store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <utility>

#include "lib/sys/errno_name.h"
#include "lib/sys/unique_fd.h"

namespace fairlead::agent {
namespace {

constexpr mode_t kOnlyOwner = S_IRUSR | S_IWUSR;

Error errno_error(const std::string& what) {
  const int number = errno;
  const bool may_pass = number == ENOSPC || number == EDQUOT || number == EINTR || number == EIO;
  return fail(may_pass ? Code::kUnavailable : Code::kDenied, what + ": " + sys::errno_name(number));
}

Error too_large(const std::string& path) { return fail(Code::kInvalid, path + ": is larger than 64 MB"); }

// The whole file; kNotFound if there is none, kInvalid if it is too large to be one of ours: then it is not
// read to its end. A pipe nobody writes to is an empty file.
Result<std::string> read_file(const std::string& path) {
  const sys::UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!fd.valid()) {
    if (errno == ENOENT) return fail(Code::kNotFound, path + ": ENOENT");
    return errno_error("open " + path);
  }
  std::string out;
  char buffer[65536];
  while (true) {
    const ssize_t count = read(fd.get(), buffer, sizeof buffer);
    if (count == 0) return out;
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno_error("read " + path);
    out.append(buffer, static_cast<std::size_t>(count));
    if (out.size() > api::kLargestCheckpoint) return too_large(path);
  }
}

Result<> write_all(int fd, const std::string& path, const std::string& text) {
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t count = write(fd, text.data() + done, text.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno_error("write " + path);
    done += static_cast<std::size_t>(count);
  }
  if (fsync(fd) != 0) return errno_error("sync " + path);
  return Done{};
}

Result<api::Checkpoint> read_checkpoint(const std::string& path) {
  auto text = read_file(path);
  if (!text) return text.error();
  auto decoded = api::decode_checkpoint(*text);
  if (!decoded.ok()) return fail(Code::kInvalid, path + " " + api::to_string(decoded.problems));
  return std::move(decoded.value);
}

}  // namespace

CheckpointStore::CheckpointStore(std::string directory)
    : directory_(std::move(directory)),
      current_(directory_ + "/checkpoint.json"),
      previous_(current_ + ".previous"),
      next_(current_ + ".new") {}

CheckpointStore::Loaded CheckpointStore::load() {
  Loaded out;
  auto current = read_checkpoint(current_);
  current_damaged_ = !current && current.error().code != Code::kNotFound;
  if (current) {
    out.checkpoint = std::move(*current);
    return out;
  }
  auto previous = read_checkpoint(previous_);
  const bool neither =
      current.error().code == Code::kNotFound && !previous && previous.error().code == Code::kNotFound;
  if (neither) return out;
  out.problems.push_back(current.error().message);
  if (previous) {
    out.checkpoint = std::move(*previous);
    out.copy = Copy::kPrevious;
  } else {
    out.problems.push_back(previous.error().message);
  }
  return out;
}

// A new file each time: what else stands there, a pipe that nobody reads as well, is not opened. What cannot
// be removed shows as EEXIST.
Result<> CheckpointStore::write_new(const std::string& text) const {
  (void)unlink(next_.c_str());
  const sys::UniqueFd fd(
      open(next_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, kOnlyOwner));
  if (!fd.valid()) return errno_error("open " + next_);
  if (fchmod(fd.get(), kOnlyOwner) != 0) return errno_error("chmod " + next_);
  return write_all(fd.get(), next_, text);
}

// The current copy is never absent in between: it gets its second name first.
Result<> CheckpointStore::put_in_place() {
  if (!current_damaged_) {
    const std::string spare = previous_ + ".new";
    if (unlink(spare.c_str()) != 0 && errno != ENOENT) return errno_error("remove " + spare);
    if (link(current_.c_str(), spare.c_str()) == 0) {
      if (rename(spare.c_str(), previous_.c_str()) != 0) return errno_error("rename " + spare);
    } else if (errno != ENOENT) {
      return errno_error("link " + current_);
    }
  }
  if (rename(next_.c_str(), current_.c_str()) != 0) return errno_error("rename " + next_);
  current_damaged_ = false;
  const sys::UniqueFd directory(open(directory_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory.valid()) return errno_error("open " + directory_);
  if (fsync(directory.get()) != 0) return errno_error("sync " + directory_);
  return Done{};
}

Result<> CheckpointStore::save(const api::Checkpoint& checkpoint) {
  const std::string text = api::encode_checkpoint(checkpoint);
  if (text.size() > api::kLargestCheckpoint) return too_large("write " + next_);
  return write_new(text).and_then([this](Done) { return put_in_place(); });
}

Result<> CheckpointStore::remove() {
  Result<> out = Done{};
  for (const auto& path : {current_, previous_, next_, previous_ + ".new"}) {
    if (unlink(path.c_str()) != 0 && errno != ENOENT && out) out = errno_error("remove " + path);
  }
  return out;
}

}  // namespace fairlead::agent

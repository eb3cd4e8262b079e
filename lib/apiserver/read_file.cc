#include "lib/apiserver/read_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>

#include "lib/sys/unique_fd.h"

namespace fairlead::apiserver {
namespace {

constexpr std::size_t kLargestFile = std::size_t{4} * 1024 * 1024;

Error error_of(int why, const std::string& path) {
  const auto code = why == ENOENT ? Code::kNotFound : why == EACCES ? Code::kDenied : Code::kUnavailable;
  return fail(code, "cannot read " + path + ": " + std::strerror(why));
}

}  // namespace

Result<std::string> read_file(const std::string& path) {
  // O_NONBLOCK: to open a pipe waits for whoever writes to it.
  const sys::UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!fd.valid()) return error_of(errno, path);
  struct stat status {};
  if (fstat(fd.get(), &status) != 0) return error_of(errno, path);
  if (S_ISDIR(status.st_mode)) return error_of(EISDIR, path);
  if (!S_ISREG(status.st_mode)) {
    return fail(Code::kInvalid, "cannot read " + path + ": it is no regular file");
  }
  std::string text;
  std::array<char, 16384> part{};
  while (true) {
    const auto count = ::read(fd.get(), part.data(), part.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return error_of(errno, path);
    if (count == 0) return text;
    text.append(part.data(), static_cast<std::size_t>(count));
    if (text.size() > kLargestFile)
      return fail(Code::kInvalid, "cannot read " + path + ": it is larger than 4 MB");
  }
}

}  // namespace fairlead::apiserver

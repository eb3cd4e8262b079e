#include "node/agent/password_directory.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "lib/base/result.h"
#include "lib/sys/errno_name.h"
#include "lib/sys/unique_fd.h"

namespace fairlead::agent {
namespace {

constexpr std::size_t kEnough = 64;  // a password has 8 bytes: the rest only shows that it is too long

Error errno_error(const std::string& what) {
  return fail(Code::kUnavailable, what + ": " + sys::errno_name(errno));
}

// The first kEnough bytes. Links are followed: a mounted Secret consists of them.
Result<std::string> first_bytes(const std::string& path) {
  const sys::UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!fd.valid()) return errno_error("open " + path);
  struct stat status {};
  if (fstat(fd.get(), &status) != 0) return errno_error("stat " + path);
  if (!S_ISREG(status.st_mode)) return fail(Code::kInvalid, path + " is no regular file");
  std::array<char, kEnough> buffer{};
  std::string out;
  while (out.size() < kEnough) {
    const ssize_t count = ::read(fd.get(), buffer.data(), kEnough - out.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno_error("read " + path);
    if (count == 0) break;
    out.append(buffer.data(), static_cast<std::size_t>(count));
  }
  return out;
}

void strip_newline(std::string& text) {
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
}

}  // namespace

plan::Passwords PasswordDirectory::read(const std::set<std::string>& names,
                                        const plan::Passwords& before) const {
  plan::Passwords out;
  for (const std::string& name : names) {
    plan::PasswordFile& file = out[name];
    if (!plan::is_plain_file_name(name)) {
      file.error = "is not the plain name of a file in " + path_;
      continue;
    }
    auto text = first_bytes(path_ + "/" + name);
    if (text) {
      strip_newline(*text);
      file.text = std::move(*text);
      continue;
    }
    file.error = text.error().message;
    if (const auto known = before.find(name); known != before.end()) file.text = known->second.text;
  }
  return out;
}

}  // namespace fairlead::agent

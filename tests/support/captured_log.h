#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <vector>

#include "lib/base/text.h"
#include "lib/sys/log.h"
#include "lib/sys/unique_fd.h"

namespace fairlead::test {

// How many lines are of that event (text format).
inline std::ptrdiff_t count(const std::vector<std::string>& lines, const std::string& event) {
  return std::count_if(lines.begin(), lines.end(),
                       [&](const std::string& line) { return line.find(" " + event) != std::string::npos; });
}

// The lines that are logged while it lives, of `level` and above: standard error goes to a file in memory.
class CapturedLog {
 public:
  CapturedLog(sys::LogLevel level, sys::LogFormat format)
      : file_(::memfd_create("log", MFD_CLOEXEC)), kept_(::dup(STDERR_FILENO)) {
    ::dup2(file_.get(), STDERR_FILENO);
    sys::start_log(level, format);
  }
  ~CapturedLog() { end(); }
  CapturedLog(const CapturedLog&) = delete;
  CapturedLog& operator=(const CapturedLog&) = delete;

  // Ends the log; call once, last.
  std::vector<std::string> lines() {
    end();
    std::string all(static_cast<std::size_t>(::lseek(file_.get(), 0, SEEK_END)), '\0');
    if (::pread(file_.get(), all.data(), all.size(), 0) != static_cast<ssize_t>(all.size())) all.clear();
    if (all.ends_with('\n')) all.pop_back();
    return all.empty() ? std::vector<std::string>{} : split(all, '\n');
  }
  std::ptrdiff_t count(const std::string& event) { return test::count(lines(), event); }

 private:
  void end() {
    sys::stop_log();
    ::dup2(kept_.get(), STDERR_FILENO);
  }

  sys::UniqueFd file_;
  sys::UniqueFd kept_;
};

}  // namespace fairlead::test

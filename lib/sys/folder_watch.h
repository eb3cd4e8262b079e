#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "lib/base/result.h"
#include "lib/sys/loop.h"
#include "lib/sys/unique_fd.h"

namespace fairlead::sys {

// Tells that something in a folder has changed: a file written, closed, made, removed, renamed, or its
// attributes (inotify). What has changed it does not say, and it may tell too often or, when the kernel's
// queue overflows, once for many; of files behind symbolic links, of network file systems and of folders
// inside it tells nothing: look by yourself from time to time. All on the loop's thread.
class FolderWatch {
 public:
  // Errors: kNotFound, kDenied, kUnavailable (no more watches), kInvalid (no folder).
  static Result<std::unique_ptr<FolderWatch>> open(Loop& loop, const std::string& path,
                                                   std::function<void()> on_change);
  FolderWatch(const FolderWatch&) = delete;
  FolderWatch& operator=(const FolderWatch&) = delete;

  // False once the folder itself was removed, renamed or unmounted: open another watch.
  bool alive() const { return alive_; }

 private:
  FolderWatch(Loop& loop, UniqueFd fd, std::function<void()> on_change);
  void read_all();

  UniqueFd fd_;
  std::function<void()> on_change_;
  bool alive_ = true;
  std::optional<ReadWatch> watch_;  // last: destroyed before what it reads
};

}  // namespace fairlead::sys

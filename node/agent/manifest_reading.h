#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "lib/base/result.h"

namespace fairlead::agent {

// Which version of a file this is: another one has another stamp.
struct FileStamp {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::int64_t size = 0;
  std::int64_t modified = 0;  // nanoseconds
  std::int64_t changed = 0;   // nanoseconds
  friend bool operator==(const FileStamp&, const FileStamp&) = default;
};

// The manifests in a folder: files (or links to some) whose name ends in .yaml, .yml or .json and does not
// begin with a dot. One of them that is no regular file, or leads nowhere, has a stamp of zeros. At most 500.
// Errors: why the folder cannot be read.
Result<std::map<std::string, FileStamp>> list_manifests(const std::string& folder);

inline constexpr std::int64_t kLargestManifest = 1024 * 1024;  // bytes

// The whole text of a file. Opens regular files only, and never waits for a writer. Errors: kUnavailable:
// somebody has it open for writing, or it is no longer the version of `stamp`: read it later; anything else:
// it cannot be used as it is. Whether it is open for writing the kernel tells of local files of this
// process's own user alone.
Result<std::string> read_manifest_text(const std::string& path, const FileStamp& stamp);

}  // namespace fairlead::agent

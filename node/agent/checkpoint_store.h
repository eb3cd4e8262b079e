#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/api/checkpoint.h"
#include "lib/base/result.h"

namespace fairlead::agent {

// The checkpoint on disk (failure-model.md D-2, FN-15, S-14): <directory>/checkpoint.json and, one save
// older, checkpoint.json.previous. Directory 0700, files 0600. Whoever holds the StateLock of the directory
// is the only writer.
class CheckpointStore {
 public:
  explicit CheckpointStore(std::string directory);

  enum class Copy { kCurrent, kPrevious };
  struct Loaded {
    std::optional<api::Checkpoint> checkpoint;  // none: none was ever written, or no copy can be used
    Copy copy = Copy::kCurrent;
    std::vector<std::string> problems;  // why a copy was not used
  };
  // The current copy; if it cannot be used, the previous one, which is older and so to be flagged.
  // A file that is not there is no problem as long as neither is.
  Loaded load();

  // At most 64 MB: what could not be read again is not written.
  // Written, synced, renamed over the current copy, which becomes the previous one unless load() found it
  // damaged. When this returns the checkpoint is on disk. Blocks. Errors: what, on which file, why; then
  // both copies are what they were.
  Result<> save(const api::Checkpoint& checkpoint);

  // Removes every copy; those that are not there count as removed. Errors: the first that is left.
  Result<> remove();

 private:
  Result<> write_new(const std::string& text) const;
  Result<> put_in_place();

  std::string directory_;
  std::string current_;
  std::string previous_;
  std::string next_;
  bool current_damaged_ = false;
};

}  // namespace fairlead::agent

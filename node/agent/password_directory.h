#pragma once

#include <set>
#include <string>

#include "node/plan/passwords.h"

namespace fairlead::agent {

// The folder of the node's operator that holds the passwords of groups, a file for each. Only plain names
// (plan::is_plain_file_name) are opened in it, wherever the name came from.
class PasswordDirectory {
 public:
  explicit PasswordDirectory(std::string path) : path_(std::move(path)) {}

  // Reads each file: its first bytes, without the newline at its end. Of one that cannot be read now, what
  // `before` has stays, with the reason. A few system calls per file; never waits for a pipe.
  plan::Passwords read(const std::set<std::string>& names, const plan::Passwords& before) const;

 private:
  std::string path_;
};

}  // namespace fairlead::agent

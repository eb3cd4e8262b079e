#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "lib/api/vrrp_group.h"

// The passwords of VRRPGroups with authentication PASS. An object names a file of the node's operator and
// never holds the password itself.
namespace fairlead::plan {

// What a file held when it was last read, without the newline at its end.
struct PasswordFile {
  std::optional<std::string> text;  // absent: never read
  std::string error;                // why it could not be read now; empty: it was
  friend bool operator==(const PasswordFile&, const PasswordFile&) = default;
};
// By the name that objects use. Secret: never logged, never written.
using Passwords = std::map<std::string, PasswordFile>;

// True for a name that means a file of the folder it is looked up in and nothing else: 1..255 letters,
// digits, '.', '_' and '-', not beginning with a dot. Only such a name is taken from the API server: whoever
// may write objects there must not have the first bytes of any file of the node sent in clear text.
bool is_plain_file_name(std::string_view name);

// The files that the groups with a member `node` name.
std::set<std::string> password_files(const std::string& node,
                                     const std::map<std::string, api::VRRPGroup>& groups);

}  // namespace fairlead::plan

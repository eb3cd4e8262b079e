#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/api/meta.h"

// metav1.Status: how the API server says no, as the body of a reply or the object of an ERROR event.
namespace fairlead::api {

struct StatusCause {
  std::string reason;  // "FieldManagerConflict", "ResourceVersionTooLarge", "FieldValueInvalid", ...
  std::string message;
  std::string field;
  friend bool operator==(const StatusCause&, const StatusCause&) = default;
};

struct StatusReply {
  int code = 0;        // HTTP status code
  std::string reason;  // "Expired", "Conflict", "AlreadyExists", ...
  std::string message;
  std::string name;                    // details.name: of the object that was asked for
  std::optional<Seconds> retry_after;  // details.retryAfterSeconds, absent if 0
  std::vector<StatusCause> causes;     // details.causes
  friend bool operator==(const StatusReply&, const StatusReply&) = default;
};

// A document of another kind is a problem: proxies answer with HTML.
Decoded<StatusReply> decode_status_reply(std::string_view json);

}  // namespace fairlead::api

#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"

// The stream of a Kubernetes watch: one JSON document a line,
//   {"type":"ADDED|MODIFIED|DELETED|BOOKMARK|ERROR","object":{...}}
namespace fairlead::reconcile {

// The longest event taken: etcd stores at most 1.5 MB an object, its JSON may be twice that (K-16).
constexpr std::size_t kEventCap = 3 * 1024 * 1024;

// Cuts a stream into lines: "\n" or "\r\n" ends one, empty lines are left out. Any cut of the stream into
// chunks gives the same lines. A line longer than `cap` bytes is dropped and counted.
class LineSplitter {
 public:
  explicit LineSplitter(std::size_t cap) : cap_(cap) {}

  // Appends the lines that these bytes complete.
  void feed(std::string_view bytes, std::vector<std::string>& lines);

  int dropped() const { return dropped_; }

 private:
  void keep(std::string_view bytes);

  std::size_t cap_;
  std::string line_;
  bool too_long_ = false;
  int dropped_ = 0;
};

// A metav1.Status, as far as it steers us: the body of a refusal or the object of an ERROR event.
struct StatusFacts {
  int code = 0;
  std::string reason;                       // "Expired", "Gone", "NotFound", ...
  std::string message;                      // for people
  int retry_after_seconds = 0;              // 0..kLongestRetryAfter
  bool resource_version_too_large = false;  // a cause says ResourceVersionTooLarge (K-05)
  friend bool operator==(const StatusFacts&, const StatusFacts&) = default;
};

// Never fails: what is not there stays empty.
StatusFacts read_status(std::string_view json);

// Code 410, or reason Expired or Gone (K-04).
bool says_gone(const StatusFacts& status);
// Code 504 with that cause, or the reason or message older servers give (K-05).
bool says_too_large(const StatusFacts& status);

// kUnknown: a type that this version of Kubernetes does not have.
enum class WatchEventType { kAdded, kModified, kDeleted, kBookmark, kError, kUnknown };

struct WatchEvent {
  WatchEventType type = WatchEventType::kAdded;
  std::string object;  // raw JSON
  std::string kind;    // of the object
  std::string resource_version;
  bool initial_events_end = false;  // annotation k8s.io/initial-events-end (K-08)
  friend bool operator==(const WatchEvent&, const WatchEvent&) = default;
};

// Reads one line. Errors: kInvalid (not the envelope, object without kind): to be counted and skipped, as
// events of an unknown type (K-17).
Result<WatchEvent> decode_watch_line(std::string_view line);

}  // namespace fairlead::reconcile

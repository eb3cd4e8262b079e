#include "lib/reconcile/watch_decoder.h"

#include <array>
#include <optional>
#include <utility>

#include "lib/base/http_code.h"
#include "lib/reconcile/json_scan.h"
#include "lib/reconcile/retry_rule.h"

namespace fairlead::reconcile {
namespace {

WatchEventType type_of(std::string_view name) {
  static constexpr std::array<std::pair<std::string_view, WatchEventType>, 5> kTypes = {
      {{"ADDED", WatchEventType::kAdded},
       {"MODIFIED", WatchEventType::kModified},
       {"DELETED", WatchEventType::kDeleted},
       {"BOOKMARK", WatchEventType::kBookmark},
       {"ERROR", WatchEventType::kError}}};
  for (const auto& [text, type] : kTypes) {
    if (text == name) return type;
  }
  return WatchEventType::kUnknown;
}

bool has_cause(std::string_view causes, std::string_view reason) {
  if (causes.empty() || causes.front() != '[') return false;
  std::size_t at = 1;
  while (true) {
    const auto end = end_of_value(causes, at);
    if (end == std::string_view::npos) return false;
    const auto cause = causes.substr(at, end - at);
    if (string_at(cause, {"reason"}) == reason) return true;
    at = causes.find(',', end);
    if (at == std::string_view::npos) return false;
    ++at;
  }
}

}  // namespace

void LineSplitter::feed(std::string_view bytes, std::vector<std::string>& lines) {
  while (!bytes.empty()) {
    const auto end = bytes.find('\n');
    if (end == std::string_view::npos) {
      keep(bytes);
      return;
    }
    keep(bytes.substr(0, end));
    bytes.remove_prefix(end + 1);
    if (!line_.empty() && line_.back() == '\r') line_.pop_back();
    if (too_long_) {
      ++dropped_;
    } else if (!line_.empty()) {
      lines.push_back(std::move(line_));
    }
    line_.clear();
    too_long_ = false;
  }
}

void LineSplitter::keep(std::string_view bytes) {
  if (line_.size() + bytes.size() > cap_) {
    too_long_ = true;
    line_.clear();
  }
  if (!too_long_) line_.append(bytes);
}

StatusFacts read_status(std::string_view json) {
  StatusFacts out;
  out.code = integer_at(json, {"code"});
  out.reason = string_at(json, {"reason"});
  out.message = string_at(json, {"message"});
  out.retry_after_seconds =
      static_cast<int>(bounded_retry_after(integer_at(json, {"details", "retryAfterSeconds"})).count());
  if (const auto causes = member_at(json, {"details", "causes"})) {
    out.resource_version_too_large = has_cause(*causes, "ResourceVersionTooLarge");
  }
  return out;
}

bool says_gone(const StatusFacts& status) {
  return status.code == http_code::kGone || status.reason == "Expired" || status.reason == "Gone";
}

bool says_too_large(const StatusFacts& status) {
  return status.resource_version_too_large || status.reason == "ResourceVersionTooLarge" ||
         status.message.find("Too large resource version") != std::string::npos;
}

Result<WatchEvent> decode_watch_line(std::string_view line) {
  std::string_view type_text;
  std::string_view object;
  const bool whole = for_each_member(line, [&](std::string_view key, std::string_view value) {
    if (key == "type") type_text = value;
    if (key == "object") object = value;
    return true;
  });
  if (!whole) return fail(Code::kInvalid, "a line of the watch is no JSON object");
  if (type_text.empty()) return fail(Code::kInvalid, "a line of the watch has no type");
  if (object.empty() || object.front() != '{') return fail(Code::kInvalid, "an event has no object");
  WatchEvent event{type_of(string_of(type_text)), std::string(object), string_at(object, {"kind"}),
                   string_at(object, {"metadata", "resourceVersion"}), false};
  if (event.kind.empty()) return fail(Code::kInvalid, "an event's object has no kind");
  event.initial_events_end =
      string_at(object, {"metadata", "annotations", "k8s.io/initial-events-end"}) == "true";
  return event;
}

}  // namespace fairlead::reconcile

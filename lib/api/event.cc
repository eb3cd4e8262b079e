#include "lib/api/event.h"

#include <nlohmann/json.hpp>

#include "lib/api/json_write.h"

namespace fairlead::api {
namespace {

using nlohmann::json;

constexpr Kind kKind{"events.k8s.io/v1", "Event"};
constexpr std::size_t kMaxWord = 128;
constexpr std::size_t kMaxNote = 1024;

json subject_json(const EventSubject& subject) {
  json out{{"apiVersion", subject.api_version}, {"kind", subject.kind}, {"name", subject.name}};
  if (!subject.namespace_name.empty()) out["namespace"] = subject.namespace_name;
  if (!subject.uid.empty()) out["uid"] = subject.uid;
  return out;
}

}  // namespace

std::string event_namespace(const EventSubject& subject) {
  return subject.namespace_name.empty() ? "default" : subject.namespace_name;
}

std::string encode_event(const Event& event) {
  json out = apply_frame(kKind, ObjectKey{event_namespace(event.regarding), event.name});
  out["eventTime"] = to_rfc3339_micro(event.time);
  out["reportingController"] = "fairlead.dev/controller";
  out["reportingInstance"] = cut_text(event.reporting_instance, kMaxWord);
  out["action"] = cut_text(event.action, kMaxWord);
  out["reason"] = cut_text(event.reason, kMaxWord);
  out["regarding"] = subject_json(event.regarding);
  out["note"] = cut_text(event.note, kMaxNote);
  out["type"] = event.type == EventType::kNormal ? "Normal" : "Warning";
  return dump(out);
}

}  // namespace fairlead::api

#include "lib/api/event.h"

#include <cassert>
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

json series_json(const EventSeries& series) {
  return {{"count", series.count}, {"lastObservedTime", to_rfc3339_micro(series.last)}};
}

}  // namespace

std::string event_namespace(const EventSubject& subject) {
  return subject.namespace_name.empty() ? "default" : subject.namespace_name;
}

std::string encode_event(const Event& event) {
  const Notice& notice = event.notice;
  json out = apply_frame(kKind, ObjectKey{event_namespace(notice.regarding), event.name});
  out["eventTime"] = to_rfc3339_micro(event.time);
  out["reportingController"] = event.reporter.controller;
  out["reportingInstance"] = cut_text(event.reporter.instance, kMaxWord);
  out["action"] = cut_text(notice.action, kMaxWord);
  out["reason"] = cut_text(notice.reason, kMaxWord);
  out["regarding"] = subject_json(notice.regarding);
  out["note"] = cut_text(notice.note, kMaxNote);
  out["type"] = notice.type == EventType::kNormal ? "Normal" : "Warning";
  if (event.series) out["series"] = series_json(*event.series);
  return dump(out);
}

std::string encode_event_series(const Event& event) {
  assert(event.series);
  return dump(json{{"series", series_json(*event.series)}});
}

}  // namespace fairlead::api

#pragma once

#include <optional>
#include <string>

#include "lib/api/meta.h"

// events.k8s.io/v1 Event, as far as Fairlead writes it. K-32.
namespace fairlead::api {

enum class EventType { kNormal, kWarning };

// The object an Event speaks of.
struct EventSubject {
  std::string api_version;
  std::string kind;
  std::string name;
  std::string namespace_name;  // empty for cluster-scoped kinds
  std::string uid;
  friend auto operator<=>(const EventSubject&, const EventSubject&) = default;
};

// Something to tell people by an Event.
struct Notice {
  EventSubject regarding;
  EventType type = EventType::kNormal;
  std::string reason;  // "MasterChanged"; at most 128 bytes, cut beyond
  std::string action;  // what was done or failed ("Release"); at most 128 bytes, cut beyond
  std::string note;    // for people; at most 1024 bytes, cut beyond
  friend auto operator<=>(const Notice&, const Notice&) = default;
};

// Who tells it.
struct EventReporter {
  std::string controller;  // a qualified name: "fairlead.dev/controller"
  std::string instance;    // which process; at most 128 bytes, cut beyond
  friend bool operator==(const EventReporter&, const EventReporter&) = default;
};

// The same has happened again.
struct EventSeries {
  int count = 2;    // how often, the first time included: from 2 on
  WallTime last{};  // when it was observed last
  friend bool operator==(const EventSeries&, const EventSeries&) = default;
};

struct Event {
  std::string name;  // of the Event object; the same name for the same happening, given by the caller
  WallTime time{};   // when it was observed first
  EventReporter reporter;
  Notice notice;
  std::optional<EventSeries> series;
  friend bool operator==(const Event&, const Event&) = default;
};

// The namespace an Event about this subject lives in: the subject's, or "default".
std::string event_namespace(const EventSubject& subject);

// Body of a POST to /apis/events.k8s.io/v1/namespaces/<event_namespace>/events.
std::string encode_event(const Event& event);

// Body of a merge patch of an Event that is there: its series, since all else of an Event is immutable.
// REQUIRES: event.series.
std::string encode_event_series(const Event& event);

}  // namespace fairlead::api

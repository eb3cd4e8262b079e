#pragma once

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

struct Event {
  std::string name;  // of the Event object; the same name for the same happening, given by the caller
  WallTime time{};   // when it was observed
  std::string reporting_instance;  // which process; at most 128 bytes, cut beyond
  std::string action;              // what was done or failed ("Release"); at most 128 bytes, cut beyond
  std::string reason;              // "MasterChanged"; at most 128 bytes, cut beyond
  EventSubject regarding;
  std::string note;  // for people; at most 1024 bytes, cut beyond
  EventType type = EventType::kNormal;
  friend bool operator==(const Event&, const Event&) = default;
};

// The namespace an Event about this subject lives in: the subject's, or "default".
std::string event_namespace(const EventSubject& subject);

// Body of a POST to /apis/events.k8s.io/v1/namespaces/<event_namespace>/events.
// reportingController is "fairlead.dev/controller".
std::string encode_event(const Event& event);

}  // namespace fairlead::api

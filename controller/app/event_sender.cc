#include "controller/app/event_sender.h"

#include <utility>

#include "lib/api/vrrp_group.h"
#include "lib/sys/log.h"

namespace fairlead::controller {
namespace {

constexpr std::size_t kMostWaiting = 1000;
constexpr int kMostTries = 12;
constexpr Seconds kBetweenTries{10};
constexpr std::size_t kLongestName = 200;

constexpr int kConflict = 409;  // sent before, perhaps by the library below
bool done(int status) { return (status >= 200 && status < 300) || status == kConflict; }
// Refused for what it is: trying again changes nothing (a namespace that is going, a field too long).
bool hopeless(int status) { return status == 400 || status == 403 || status == 404 || status == 422; }

std::string kind_name(const api::EventSubject& subject) {
  return subject.kind + " " + api::to_string(api::ObjectKey{subject.namespace_name, subject.name});
}

}  // namespace

EventSender::EventSender(sys::Loop& loop, sys::Metrics& metrics, apiserver::Client& client,
                         std::string instance)
    : client_(client),
      instance_(std::move(instance)),
      dropped_(metrics.counter("fairlead_events_dropped_total", "Events that were not sent", {})),
      retry_(loop) {}

void EventSender::send(const Notice& notice) {
  sys::log(notice.type == api::EventType::kWarning ? sys::LogLevel::kWarning : sys::LogLevel::kInfo,
           "controller.event",
           {{"reason", notice.reason}, {"object", kind_name(notice.regarding)}, {"note", notice.note}});
  if (queue_.size() >= kMostWaiting) return dropped_.add(1);
  api::Event event;
  event.time = sys::wall_now();
  event.name =
      api::cut_name(notice.regarding.name, kLongestName) + "." +
      api::short_hash(notice.regarding.uid + notice.reason + notice.note + to_rfc3339_micro(event.time));
  event.reporting_instance = instance_;
  event.action = notice.action;
  event.reason = notice.reason;
  event.regarding = notice.regarding;
  event.note = notice.note;
  event.type = notice.type;
  queue_.push_back({std::move(event), 0});
  if (!busy_) next();
}

void EventSender::next() {
  busy_ = !queue_.empty();
  if (!busy_) return;
  const api::Event& event = queue_.front().event;
  apiserver::ApiRequest request;
  request.method = "POST";
  request.path = "/apis/events.k8s.io/v1/namespaces/" + api::event_namespace(event.regarding) + "/events";
  request.content_type = "application/json";
  request.body = api::encode_event(event);
  request.kind = "events";
  client_.send(std::move(request), [this](const auto& result) { answered(result); });
}

void EventSender::answered(const Result<apiserver::ApiResponse>& result) {
  if (result && done(result->status)) {
    queue_.pop_front();
    return next();
  }
  if ((result && hopeless(result->status)) || ++queue_.front().tries >= kMostTries) {
    drop_first();
    return next();
  }
  retry_.arm(sys::now() + kBetweenTries, [this] { next(); });
}

void EventSender::drop_first() {
  dropped_.add(1);
  queue_.pop_front();
}

}  // namespace fairlead::controller

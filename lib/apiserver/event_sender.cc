#include "lib/apiserver/event_sender.h"

#include <utility>

#include "lib/base/overloaded.h"
#include "lib/reconcile/event_answer.h"

namespace fairlead::apiserver {
namespace {

using reconcile::EventBook;
using reconcile::EventFate;
using reconcile::EventQueue;

ApiRequest request_of(const EventBook::Write& write) {
  const api::Event& event = write.event;
  ApiRequest out;
  out.method = write.fresh ? "POST" : "PATCH";
  out.path = "/apis/events.k8s.io/v1/namespaces/" + api::event_namespace(event.notice.regarding) + "/events" +
             (write.fresh ? "" : "/" + event.name);
  out.content_type = write.fresh ? "application/json" : "application/merge-patch+json";
  out.body = write.fresh ? api::encode_event(event) : api::encode_event_series(event);
  out.kind = "events";
  return out;
}

EventBook::Moment moment() { return {sys::now(), sys::wall_now()}; }

}  // namespace

EventSender::EventSender(sys::Loop& loop, sys::Metrics& metrics, Client& client, api::EventReporter reporter,
                         RateLimit limit)
    : client_(client),
      dropped_(metrics.counter("fairlead_events_dropped_total", "Events that were not sent", {})),
      book_(std::move(reporter)),
      bucket_(limit.per_second, limit.burst),
      retry_(loop),
      series_(loop) {}

void EventSender::send(const api::Notice& notice) {
  tell_series();
  std::visit(Overloaded{
                 [this](const EventBook::Write& write) { queue(write); },
                 [](const EventBook::Counted&) {},
                 [this](const EventBook::Refused&) { dropped_.add(1); },
             },
             book_.take(notice, moment()));
  tell_series();
}

void EventSender::tell_series() {
  for (auto& write : book_.due(moment())) queue(std::move(write));
  if (const auto next = book_.next_due()) series_.arm(*next, [this] { tell_series(); });
}

void EventSender::queue(EventBook::Write write) {
  if (!queue_.push(std::move(write))) return dropped_.add(1);
  if (!busy_) next();
}

void EventSender::next() {
  busy_ = !queue_.empty();
  if (!busy_) return;
  const TimePoint now = sys::now();
  if (!bucket_.take(now)) return retry_.arm(bucket_.ready_at(now), [this] { next(); });
  client_.send(request_of(queue_.front()), [this](const auto& result) { answered(result); });
}

void EventSender::answered(const Result<ApiResponse>& result) {
  EventBook::Write& first = queue_.front();
  switch (result ? reconcile::fate_of_event(first.fresh, result->status, result->body)
                 : EventFate::kTryAgain) {
    case EventFate::kWritten:
      queue_.pop();
      return next();
    case EventFate::kWriteAnew:
      first.fresh = true;
      return next();
    case EventFate::kDrop:
      dropped_.add(1);
      queue_.pop();
      return next();
    case EventFate::kTryAgain:
      break;
  }
  if (queue_.try_again()) return retry_.arm(sys::now() + EventQueue::kBetweenTries, [this] { next(); });
  dropped_.add(1);
  next();
}

}  // namespace fairlead::apiserver

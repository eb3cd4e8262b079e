#include "lib/apiserver/event_sender.h"

#include <utility>

#include "lib/base/overloaded.h"
#include "lib/reconcile/event_answer.h"

namespace fairlead::apiserver {
namespace {

using reconcile::EventBook;
using reconcile::EventFate;

constexpr std::size_t kMostWaiting = 1000;
constexpr int kMostTries = 12;
constexpr Seconds kBetweenTries{10};

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
  if (queue_.size() >= kMostWaiting) return dropped_.add(1);
  queue_.push_back({std::move(write), 0});
  if (!busy_) next();
}

void EventSender::next() {
  busy_ = !queue_.empty();
  if (!busy_) return;
  const TimePoint now = sys::now();
  if (!bucket_.take(now)) return retry_.arm(bucket_.ready_at(now), [this] { next(); });
  client_.send(request_of(queue_.front().write), [this](const auto& result) { answered(result); });
}

void EventSender::answered(const Result<ApiResponse>& result) {
  Waiting& first = queue_.front();
  switch (result ? reconcile::fate_of_event(first.write.fresh, result->status, result->body)
                 : EventFate::kTryAgain) {
    case EventFate::kWritten:
      queue_.pop_front();
      return next();
    case EventFate::kWriteAnew:
      first.write.fresh = true;
      return next();
    case EventFate::kDrop:
      drop_first();
      return next();
    case EventFate::kTryAgain:
      break;
  }
  if (++first.tries >= kMostTries) {
    drop_first();
    return next();
  }
  retry_.arm(sys::now() + kBetweenTries, [this] { next(); });
}

void EventSender::drop_first() {
  dropped_.add(1);
  queue_.pop_front();
}

}  // namespace fairlead::apiserver

#include "lib/reconcile/event_answer.h"

#include "lib/api/status_reply.h"

namespace fairlead::reconcile {
namespace {

bool already_exists(std::string_view body) {
  const auto reply = api::decode_status_reply(body);
  return reply.ok() && reply.value.reason == "AlreadyExists";
}

}  // namespace

EventFate fate_of_event(bool fresh, int status, std::string_view body) {
  if (status >= 200 && status < 300) return EventFate::kWritten;
  switch (status) {
    case 409:
      return fresh && already_exists(body) ? EventFate::kWritten : EventFate::kTryAgain;
    case 404:  // Events live for an hour; of a POST: there is no such namespace
      return fresh ? EventFate::kDrop : EventFate::kWriteAnew;
    case 400:
    case 403:  // a namespace that is going, too
    case 422:
      return EventFate::kDrop;
    default:
      return EventFate::kTryAgain;
  }
}

}  // namespace fairlead::reconcile

#pragma once

#include <string_view>

// What becomes of an Event after the API server's answer (K-25, K-32). Pure.
namespace fairlead::reconcile {

enum class EventFate {
  kWritten,
  kWriteAnew,  // the Event whose series was to go on is gone: POST it, series and all
  kTryAgain,   // later, the same
  kDrop,       // refused for what it is: trying again changes nothing
};

// `fresh`: it was a POST; else the PATCH of a series. `status`: HTTP status code; `body`: of the answer.
// 409 has two meanings. AlreadyExists says to a POST that it has arrived before, perhaps sent again by the
// library below. Any other one says that nothing was written: others wrote at the same time, or the count of
// a quota moved. A series is written by us alone, so that it need not be read before it is sent again.
EventFate fate_of_event(bool fresh, int status, std::string_view body);

}  // namespace fairlead::reconcile

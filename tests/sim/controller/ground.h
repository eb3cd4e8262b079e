#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>

#include "sim/controller/server.h"
#include "sim/random.h"
#include "sim/timeline.h"

// What everybody in a simulated cluster stands on: one clock, one source of chance, one API server and what
// is wrong with it at the moment.
namespace fairlead::sim::cluster {

struct Trouble {
  int errors = 0;                   // of a thousand requests, answered 500 and not carried out
  int lost = 0;                     // of a thousand: carried out, and the answer gets lost
  int busy = 0;                     // of a thousand, answered 429
  int slow = 0;                     // of a thousand writes of controllers, carried out seconds later
  std::set<std::string> forbidden;  // kinds of which no write is allowed (403)
};

struct Ground {
  Timeline& time;
  Random& random;
  Server& server;
  Trouble trouble{};
};

// Sends it; `done` gets the answer, none if it was lost. The request is carried out some milliseconds from
// now, whatever becomes of whoever sent it.
void call(Ground& ground, Request request, std::function<void(std::optional<Answer>)> done);

}  // namespace fairlead::sim::cluster

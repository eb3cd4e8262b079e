#pragma once

#include <string>

#include "lib/base/time.h"
#include "lib/reconcile/watch_decoder.h"

namespace fairlead::reconcile {

// A list or watch that did not come to its good end: refused, lost, or not what a Kubernetes API server
// sends.
struct Failed {
  int http_status = 0;          // 0: there was no answer, or none of an API server
  StatusFacts status;           // of the answer's body
  Microseconds retry_after{0};  // the answer's Retry-After
  // A word for metrics when http_status is 0: "connect", "timeout", "closed", "tls", "protocol", "decode",
  // "content_type", ...
  std::string cause;
  std::string said;  // for people: what came of it in words; may be empty
};

// A word for metrics, of a small set: of a refusal by its meaning, otherwise the cause.
std::string reason_of(const Failed& failed);
// The resourceVersion asked for is too old or too new for this server (K-04, K-05).
bool version_is_no_good(const Failed& failed);
// The server has no watch-list: KEP-3157 is off, or cannot work with its etcd (K-08).
bool refuses_watch_list(const Failed& failed);

}  // namespace fairlead::reconcile

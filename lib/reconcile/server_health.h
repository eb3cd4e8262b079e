#pragma once

#include "lib/base/time.h"

namespace fairlead::reconcile {

// Whether the API server is well, of what comes back from it. Connections that live may go on well while no
// new one can be made: its certificate has expired, our CA file is damaged, a firewall takes no more. So that
// no connection can be made is over only with an answer over one that was made since, or when nothing has
// failed for so long that nobody tries any more. A refused token is over with any other answer. Pure.
class ServerHealth {
 public:
  // What is not well is told apart by what to do: look for the way, or for CA, certificates and token.
  enum class Is { kUnknown, kWell, kUnreachable, kDenied };
  // Longer than the longest pause between two tries of the same: 60 s (K-18).
  static constexpr Seconds kForgotten{120};

  // An answer came, whatever it says; `fresh`: over a connection made for it.
  void answered(bool fresh, bool token_refused, TimePoint now);
  // No answer: no connection, or none that lasts. `denied`: the handshake failed.
  void failed(bool denied, TimePoint now);

  Is now() const { return token_refused_ ? Is::kDenied : way_; }
  // No connection can be made, as far as is known; those that live say nothing of it.
  bool cut_off() const { return way_ == Is::kUnreachable || way_ == Is::kDenied; }

 private:
  bool token_refused_ = false;
  Is way_ = Is::kUnknown;
  TimePoint failed_at_{};  // last
};

}  // namespace fairlead::reconcile

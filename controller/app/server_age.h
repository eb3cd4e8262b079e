#pragma once

#include "lib/apiserver/client.h"
#include "lib/base/time.h"

namespace fairlead::controller {

// Whether the API server is one that we support: asked for once it answers, and an older one is told of by
// one line of the log. It goes on all the same: what an old one does not know it refuses or leaves out by
// itself. All on the loop's thread.
class ServerAge {
 public:
  explicit ServerAge(apiserver::Client& client) : client_(client) {}

  // Call often: asks if nothing is known yet.
  void look(TimePoint now);

 private:
  void answered(const Result<apiserver::ApiResponse>& result);

  apiserver::Client& client_;
  bool known_ = false;
  bool asking_ = false;
  TimePoint next_{};
};

}  // namespace fairlead::controller

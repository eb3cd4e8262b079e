#include "controller/app/server_age.h"

#include <string>
#include <utility>

#include "lib/api/server_version.h"
#include "lib/base/http_code.h"
#include "lib/sys/log.h"

namespace fairlead::controller {
namespace {

constexpr Seconds kPause{30};

}  // namespace

void ServerAge::look(TimePoint now) {
  if (known_ || asking_ || now < next_) return;
  asking_ = true;
  next_ = now + kPause;
  apiserver::ApiRequest request;
  request.path = "/version";
  request.kind = "version";
  client_.send(std::move(request), [this](const auto& result) { answered(result); });
}

void ServerAge::answered(const Result<apiserver::ApiResponse>& result) {
  asking_ = false;
  if (!result || result->status != http_code::kOk) return;  // told of by the client where it goes on
  const auto version = api::decode_server_version(result->body);
  known_ = true;
  if (version && *version >= api::kOldestServer) return;
  sys::log(sys::LogLevel::kWarning, "controller.server_too_old",
           {{"version", version ? api::to_string(*version) : "unknown"},
            {"oldest", api::to_string(api::kOldestServer)}});
}

}  // namespace fairlead::controller

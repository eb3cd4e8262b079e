#include "lib/api/status_reply.h"

#include "lib/api/json_view.h"

namespace fairlead::api {
namespace {

constexpr Kind kKind{"v1", "Status"};
constexpr std::size_t kMaxCauses = 1000;

void read_details(const JsonView& details, StatusReply& out) {
  if (!details.object()) return;
  details.at("name").read(out.name);
  std::int64_t seconds = 0;
  details.at("retryAfterSeconds").integer(0, INT32_MAX, seconds);
  if (seconds > 0) out.retry_after = Seconds(seconds);
  for (const auto& item : details.at("causes").items(kMaxCauses)) {
    StatusCause cause;
    if (!item.object()) continue;
    item.at("reason").read(cause.reason);
    item.at("message").read(cause.message);
    item.at("field").read(cause.field);
    out.causes.push_back(std::move(cause));
  }
}

}  // namespace

Decoded<StatusReply> decode_status_reply(std::string_view json) {
  Decoded<StatusReply> out;
  const JsonDocument document(json, out.problems);
  const JsonView root = document.root();
  if (!root.present()) return out;
  root.at("kind").require();
  check_kind(root, kKind);
  root.at("code").read(0, 999, out.value.code);
  root.at("reason").read(out.value.reason);
  root.at("message").read(out.value.message);
  read_details(root.at("details"), out.value);
  return out;
}

}  // namespace fairlead::api

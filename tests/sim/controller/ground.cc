#include "sim/controller/ground.h"

#include <utility>

namespace fairlead::sim::cluster {
namespace {

constexpr Milliseconds kFastest{1};
constexpr Milliseconds kSlowest{12};  // one way
constexpr Milliseconds kLate{6000};

std::optional<Answer> carried_out(Ground& ground, const Request& request) {
  const Trouble& trouble = ground.trouble;
  const std::string& name = request.name.key.name;
  if (ground.random.permille(trouble.errors)) return refusal(500, "InternalError", name);
  if (ground.random.permille(trouble.busy)) return refusal(429, "TooManyRequests", name);
  if (request.verb != Verb::kGet && trouble.forbidden.contains(request.name.kind)) {
    return refusal(403, "Forbidden", name);
  }
  const Answer out = ground.server.handle(request);
  if (ground.random.permille(trouble.lost)) return std::nullopt;
  return out;
}

}  // namespace

void call(Ground& ground, Request request, std::function<void(std::optional<Answer>)> done) {
  auto there = ground.random.span(kFastest, kSlowest);
  const bool may_be_late = ground.trouble.slow > 0 && request.verb != Verb::kGet && !request.by_node;
  if (may_be_late && ground.random.permille(ground.trouble.slow))
    there += ground.random.span(kSlowest, kLate);
  const auto back = ground.random.span(kFastest, kSlowest);
  ground.time.post(there, [&ground, back, request = std::move(request), done = std::move(done)] {
    auto answer = carried_out(ground, request);
    ground.time.post(back, [answer = std::move(answer), done] { done(answer); });
  });
}

}  // namespace fairlead::sim::cluster

#include "node/agent/apply_queue.h"

#include <random>
#include <utility>

#include "lib/api/status_reply.h"
#include "lib/reconcile/write_answer.h"
#include "lib/sys/log.h"

namespace fairlead::agent {
namespace {

// So few that the newest value is chosen late, and that none waits behind the others' tokens (K-33).
constexpr int kInFlight = 2;

double dice() {
  static thread_local std::mt19937 engine{std::random_device{}()};
  return std::uniform_real_distribution<double>(0.0, 1.0)(engine);
}

std::string reason_of(const apiserver::ApiResponse& response) {
  const auto reply = api::decode_status_reply(response.body);
  const std::string code = std::to_string(response.status);
  if (response.status >= 200 && response.status < 300)
    return code + " without the object: no answer of an API server";
  return reply.ok() && !reply.value.message.empty() ? code + " " + reply.value.message : code;
}

}  // namespace

ApplyQueue::ApplyQueue(sys::Loop& loop, apiserver::Client& client, std::string manager)
    : loop_(loop), client_(client), manager_(std::move(manager)), retry_(loop), give_up_(loop) {}

void ApplyQueue::want(const std::string& key, Write write, bool urgent) {
  backlog_.want(key, std::move(write), urgent);
  pump();
}

std::optional<TimePoint> ApplyQueue::keep(const std::string& key, Write write, bool urgent, bool shown) {
  const auto again = backlog_.keep(key, std::move(write), urgent, shown, sys::now());
  pump();
  return again;
}

void ApplyQueue::forget(const std::string& key) {
  backlog_.forget(key);
  failing_.erase(key);
}

void ApplyQueue::flush(TimePoint deadline, std::function<void()> done) {
  flushed_ = std::move(done);
  give_up_.arm(deadline, [this] {
    if (flushed_) std::exchange(flushed_, nullptr)();
  });
  backlog_.hurry();
  pump();
}

void ApplyQueue::pump() {
  while (auto due = backlog_.next(sys::now(), kInFlight)) send(std::move(*due));
  if (flushed_ && backlog_.idle()) {
    give_up_.cancel();
    loop_.post(std::exchange(flushed_, nullptr));
  }
  const auto next = backlog_.next_deadline();
  // A write that is due but finds too many in flight waits for an answer, not for the timer.
  if (next && *next > sys::now()) {
    retry_.arm(*next, [this] { pump(); });
  } else {
    retry_.cancel();
  }
}

void ApplyQueue::send(DueWrite due) {
  const Write& write = due.write;
  client_.apply(write.path, write.kind, manager_, true, write.body,
                [this, due](Result<apiserver::ApiResponse> answer) { take_answer(due, answer); });
}

void ApplyQueue::take_answer(const DueWrite& due, const Result<apiserver::ApiResponse>& answer) {
  if (answer && reconcile::is_written(answer->status, answer->body)) {
    if (failing_.erase(due.key) > 0) {
      sys::log(sys::LogLevel::kInfo, "report.accepted", {{"path", due.write.path}});
    }
    backlog_.accepted(due.key, sys::now());
  } else {
    note_failure(due, answer ? reason_of(*answer) : answer.error().message);
    backlog_.failed(due.key, sys::now(), dice());
  }
  pump();
}

void ApplyQueue::note_failure(const DueWrite& due, const std::string& reason) {
  auto& noted = failing_[due.key];
  if (noted == reason) return;
  noted = reason;
  sys::log(sys::LogLevel::kWarning, "report.refused", {{"path", due.write.path}, {"reason", reason}});
}

}  // namespace fairlead::agent

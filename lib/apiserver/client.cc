#include "lib/apiserver/client.h"

#include <algorithm>
#include <cctype>

#include "lib/apiserver/client_state.h"
#include "lib/apiserver/http_headers.h"
#include "lib/base/http_code.h"
#include "lib/base/overloaded.h"
#include "lib/reconcile/answer_head.h"
#include "lib/reconcile/watch_decoder.h"
#include "lib/sys/log.h"

namespace fairlead::apiserver {
namespace {

constexpr Seconds kDeadline(15);  // K-34
// Each takes a connection of its own: a server that is slow is not helped by hundreds, whose answers then
// come too late all of them.
constexpr std::size_t kMostOpen = 32;
constexpr std::size_t kLargestBody = 32 * 1024 * 1024;
constexpr Seconds kThrottleLogPause(60);
constexpr const char* kApplyType = "application/apply-patch+yaml";
const std::vector<double> kDurations = {0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30};

std::string verb_of(const ApiRequest& request) {
  if (request.content_type == kApplyType) return "apply";
  std::string out = request.method;
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); });
  return out;
}

bool is_write(const ApiRequest& request) { return request.method != "GET"; }

// Doing it twice comes to the same as doing it once (K-34).
bool may_repeat(const ApiRequest& request) {
  return request.method == "GET" || request.content_type == kApplyType;
}

Error error_of(const HttpFailure& failure, const ApiRequest& request) {
  using Kind = HttpFailure::Kind;
  const auto code = failure.kind == Kind::kTls        ? Code::kDenied
                    : failure.kind == Kind::kProtocol ? Code::kInternal
                                                      : Code::kUnavailable;
  return fail(code, request.method + " " + request.path + ": " + failure.text);
}

}  // namespace

struct Client::State::Pending {
  Pending(sys::Loop& loop, ApiRequest given, OnDone done)
      : request(std::move(given)), on_done(std::move(done)), timer(loop) {}

  ApiRequest request;
  OnDone on_done;
  TimePoint started = sys::now();
  reconcile::Attempts attempts;
  std::string token;  // of the running try
  int status = 0;
  Seconds retry_after{0};
  std::string flow_schema;
  std::string content_type;
  std::string body;
  std::unique_ptr<Exchange> exchange;
  sys::Timer timer;  // the deadline of a try, or the wait before the next
};

Client::State::State(sys::Loop& given_loop, sys::Metrics& given_metrics, ClientConfig config, RateLimit limit,
                     std::string user_agent)
    : loop(given_loop),
      metrics(given_metrics),
      connection(given_loop, given_metrics, std::move(config), std::move(user_agent)),
      bucket_(limit.per_second, limit.burst),
      bucket_timer_(given_loop) {}

Client::State::~State() = default;

void Client::State::send(ApiRequest request, OnDone on_done) {
  const auto pending = std::make_shared<Pending>(loop, std::move(request), std::move(on_done));
  pending->attempts.repeatable = may_repeat(pending->request);
  pending_.insert(pending);
  in_turn(is_write(pending->request), [this, pending] { attempt(pending); });
}

void Client::State::in_turn(bool writes, std::function<void()> job) {
  if (waiting_.empty() && bucket_.take(sys::now())) return job();
  metrics.counter("fairlead_api_throttled_total", "Requests made to wait", {{"source", "client"}}).add(1);
  waiting_.push_back({writes, std::move(job)});
  if (waiting_.size() == 1) bucket_timer_.arm(bucket_.ready_at(sys::now()), [this] { run_waiting(); });
}

void Client::State::run_waiting() {
  while (!waiting_.empty() && ((waiting_.front().writes && shut()) || bucket_.take(sys::now()))) {
    const auto next = std::move(waiting_.front());
    waiting_.pop_front();
    next.job();
  }
  if (!waiting_.empty()) bucket_timer_.arm(bucket_.ready_at(sys::now()), [this] { run_waiting(); });
}

void Client::State::attempt(const PendingPtr& pending) {
  if (is_write(pending->request) && shut()) return withhold(pending);
  if (open_ == kMostOpen) return crowd_.push_back(pending);
  ++open_;
  ++pending->attempts.tries;
  pending->status = 0;
  pending->retry_after = Seconds(0);
  pending->body.clear();
  pending->token = connection.token();
  HttpRequest request;
  request.method = pending->request.method;
  request.path = pending->request.path;
  request.content_type = pending->request.content_type;
  request.body = pending->request.body;
  // Events and timer die with the Pending: bare pointers cannot outlive it.
  auto* const raw = pending.get();
  ExchangeEvents events;
  events.on_head = [raw](int status, const HttpHeaders& headers) {
    raw->status = status;
    raw->retry_after = retry_after_of(headers);
    raw->flow_schema = flow_schema_of(headers);
    raw->content_type = header_of(headers, "Content-Type");
  };
  events.on_data = [raw](const std::string& bytes) {
    if (raw->body.size() <= kLargestBody) raw->body.append(bytes);
  };
  events.on_end = [this, weak = std::weak_ptr<Pending>(pending)](const std::optional<HttpFailure>& failure) {
    if (const auto locked = weak.lock()) on_end(locked, failure);
  };
  pending->exchange = connection.start(Connection::Lane::kShort, std::move(request), std::move(events));
  pending->timer.arm(sys::now() + kDeadline, [this, weak = std::weak_ptr<Pending>(pending)] {
    const auto locked = weak.lock();
    if (!locked) return;
    connection.saw_timeout();
    on_end(locked, HttpFailure{HttpFailure::Kind::kTimeout, "no answer within 15 s"});
  });
}

void Client::State::let_in() {
  while (!crowd_.empty() && open_ < kMostOpen) {
    const auto next = std::move(crowd_.front());
    crowd_.pop_front();
    attempt(next);
  }
}

void Client::State::withhold(const PendingPtr& pending) {
  metrics.counter("fairlead_api_withheld_total", "Writes not sent: the lease was not held", {}).add(1);
  sys::log(sys::LogLevel::kDebug, "api.withheld",
           {{"method", pending->request.method}, {"path", pending->request.path}});
  pending->timer.arm(sys::now(), [this, weak = std::weak_ptr<Pending>(pending)] {  // not inside send()
    const auto locked = weak.lock();
    if (!locked) return;
    finish(locked, fail(Code::kConflict,
                        locked->request.method + " " + locked->request.path + ": not sent, we do not lead"));
  });
}

void Client::State::on_end(const PendingPtr& pending, const std::optional<HttpFailure>& failure) {
  pending->timer.cancel();
  pending->exchange.reset();
  --open_;
  let_in();
  if (retry(pending, failure)) return;
  const auto code = failure ? "error" : std::to_string(pending->status);
  count(verb_of(pending->request), pending->request.kind, code, sys::now() - pending->started);
  if (failure) return finish(pending, error_of(*failure, pending->request));
  const auto foreign = reconcile::foreign_answer(pending->status, pending->content_type);
  if (!foreign.empty()) {
    const auto what = std::to_string(pending->status) + " " + pending->content_type;
    bad_answer(pending->request.kind, foreign, what);
    return finish(pending, fail(Code::kInternal, pending->request.method + " " + pending->request.path +
                                                     ": " + what + ": no answer of an API server"));
  }
  if (pending->body.size() > kLargestBody) {
    return finish(pending,
                  fail(Code::kInternal, pending->request.path + ": the answer is larger than 32 MiB"));
  }
  finish(pending, ApiResponse{pending->status, std::move(pending->body)});
}

bool Client::State::retry(const PendingPtr& pending, const std::optional<HttpFailure>& failure) {
  const bool busy = !failure && (pending->status == http_code::kTooManyRequests ||
                                 pending->status >= http_code::kInternalError);
  if (busy) count_throttled();
  return std::visit(Overloaded{
                        [](const reconcile::Over&) { return false; },
                        [&](const reconcile::AgainAtOnce&) {
                          if (failure) pending->attempts.lost_before = true;
                          if (!failure) pending->attempts.denied_before = true;
                          repeat(pending);
                          return true;
                        },
                        [&](const reconcile::AgainAfter& again) {
                          tell_throttled({said_in(*pending), pending->retry_after, pending->flow_schema});
                          pending->timer.arm(sys::now() + again.wait,
                                             [this, weak = std::weak_ptr<Pending>(pending)] {
                                               if (const auto locked = weak.lock()) repeat(locked);
                                             });
                          return true;
                        },
                    },
                    reconcile::retry_of(pending->attempts, end_of(*pending, failure)));
}

void Client::State::repeat(const PendingPtr& pending) {
  in_turn(is_write(pending->request), [this, pending] { attempt(pending); });
}

reconcile::TryEnd Client::State::end_of(const Pending& pending, const std::optional<HttpFailure>& failure) {
  if (failure && failure->kind == HttpFailure::Kind::kClosed) return reconcile::ConnectionLost{};
  if (failure) return reconcile::NoAnswer{};
  const bool renewed = pending.status == http_code::kUnauthorized && connection.token() != pending.token;
  return reconcile::Answered{pending.status, pending.retry_after, renewed};
}

std::string Client::State::said_in(const Pending& pending) {
  return std::to_string(pending.status) + " " + reconcile::read_status(pending.body).message;
}

void Client::State::count_throttled() {
  metrics.counter("fairlead_api_throttled_total", "Requests made to wait", {{"source", "server"}}).add(1);
}

void Client::State::tell_throttled(const Throttled& how) {
  if (sys::now() - throttle_logged_ < kThrottleLogPause) return;
  throttle_logged_ = sys::now();
  sys::log(sys::LogLevel::kWarning, "api.throttled",
           {{"said", how.said},
            {"retry_after", std::to_string(how.retry_after.count())},
            {"flow_schema", how.flow_schema}});
}

void Client::State::count_error(const std::string& kind, const std::string& reason,
                                const std::string& detail) {
  metrics
      .counter("fairlead_api_watch_errors_total", "Failed lists and watches, and events skipped",
               {{"kind", kind}, {"reason", reason}})
      .add(1);
  bad_answer(kind, reason, detail);
}

void Client::State::bad_answer(const std::string& kind, const std::string& reason,
                               const std::string& detail) {
  static const std::set<std::string> kToldElsewhere = {
      "connect", "closed", "timeout", "tls", "unauthorized", "forbidden", "not_found", "gone", "throttled"};
  if (kToldElsewhere.contains(reason) || !news_.is_news(kind + " " + reason, sys::now())) return;
  sys::log(sys::LogLevel::kWarning, "api.bad_answer",
           {{"kind", kind}, {"reason", reason}, {"detail", detail}});
}

void Client::State::finish(const PendingPtr& pending, Result<ApiResponse> result) {
  pending_.erase(pending);
  const auto on_done = std::move(pending->on_done);
  if (on_done) on_done(std::move(result));  // last: it may destroy the client
}

void Client::State::count(const std::string& verb, const std::string& kind, const std::string& code,
                          Microseconds took) {
  metrics
      .counter("fairlead_api_requests_total", "Requests to the API server",
               {{"verb", verb}, {"kind", kind}, {"code", code}})
      .add(1);
  metrics
      .histogram("fairlead_api_request_duration_seconds",
                 "Time to the end of the answer, waits and tries included", {{"verb", verb}, {"kind", kind}},
                 kDurations)
      .observe(static_cast<double>(took.count()) / 1e6);
}

Client::Client(sys::Loop& loop, sys::Metrics& metrics, ClientConfig config, RateLimit limit,
               std::string user_agent)
    : state_(std::make_shared<State>(loop, metrics, std::move(config), limit, std::move(user_agent))) {}

Client::~Client() = default;

void Client::send(ApiRequest request, OnDone on_done) {
  state_->send(std::move(request), std::move(on_done));
}

void Client::set_write_gate(std::function<bool()> open) { state_->write_gate = std::move(open); }

void Client::count_unreadable(const std::string& kind, const std::string& detail) {
  state_->count_error(kind, "unreadable", detail);
}

void Client::apply(const std::string& path, const std::string& kind, const std::string& manager, bool force,
                   std::string body, OnDone on_done) {
  ApiRequest request;
  request.method = "PATCH";
  request.path = path + "?fieldManager=" + manager + "&force=" + (force ? "true" : "false");
  request.content_type = kApplyType;
  request.body = std::move(body);
  request.kind = kind;
  send(std::move(request), std::move(on_done));
}

}  // namespace fairlead::apiserver

#include "lib/reconcile/reflector.h"

#include <malloc.h>

#include <random>

#include "lib/apiserver/client_state.h"
#include "lib/apiserver/informer.h"
#include "lib/base/overloaded.h"
#include "lib/sys/log.h"

namespace fairlead::apiserver {
namespace {

constexpr Seconds kTick(5);
constexpr std::size_t kLargestRefusal = 64 * 1024;
constexpr std::size_t kTrimAbove = 1000;  // objects
const std::vector<double> kRelistDurations = {0.01, 0.05, 0.1, 0.5, 1, 2.5, 5, 10, 30, 60};

std::string word_of(HttpFailure::Kind kind) {
  switch (kind) {
    case HttpFailure::Kind::kTimeout:
      return "timeout";
    case HttpFailure::Kind::kConnect:
      return "connect";
    case HttpFailure::Kind::kTls:
      return "tls";
    case HttpFailure::Kind::kClosed:
      return "closed";
    case HttpFailure::Kind::kProtocol:
      return "protocol";
  }
  return "";
}

}  // namespace

// Carries out what the machine of lib/reconcile says. A branch on the rules belongs there.
struct Reflector::State : std::enable_shared_from_this<Reflector::State> {
  State(sys::Loop& loop, sys::Metrics& metrics, Client& client, Resource given, ReflectorSink& given_sink);

  void run(reconcile::ReflectorEvent event);
  void carry_out(reconcile::ReflectorAction& action);
  void send(bool is_watch, const std::string& query, Microseconds timeout);
  void open(bool is_watch, const std::string& query, Microseconds timeout);
  void on_data(const std::string& bytes);
  void on_end(const std::optional<HttpFailure>& failure);
  void on_refused();
  void stop_exchange();
  void took_list(std::vector<std::string> objects);
  void count_error(const std::string& reason);
  void tick();

  bool stopped = false;  // the Reflector is gone; its sink may be, too
  Client::State& client;
  Resource resource;
  ReflectorSink& sink;
  const sys::MetricLabels labels{{"kind", resource.plural}};
  const reconcile::ReflectorConfig config{resource.kind, resource.selector};
  reconcile::ReflectorState machine;
  std::mt19937_64 random{std::random_device{}()};

  std::unique_ptr<Exchange> exchange;
  bool watching = false;  // what the exchange is
  int status = 0;
  Seconds retry_after{0};
  std::string refusal;  // the body of an answer that is not 200
  reconcile::ItemSplitter items{reconcile::kEventCap};
  reconcile::LineSplitter lines{reconcile::kEventCap};
  std::uint64_t turn = 0;  // numbers the exchanges asked for; an older turn is void
  TimePoint opened{};
  TimePoint relist_started{};
  TimePoint last_event = sys::now();
  bool relisting = false;
  bool synced_told = false;
  bool forbidden_told = false;
  sys::Timer wait;
  sys::Timer deadline;
  sys::Timer ticker;
};

Reflector::State::State(sys::Loop& loop, sys::Metrics& metrics, Client& given_client, Resource given,
                        ReflectorSink& given_sink)
    : client(given_client.state()),
      resource(std::move(given)),
      sink(given_sink),
      wait(loop),
      deadline(loop),
      ticker(loop) {
  metrics.gauge("fairlead_api_synced", "1: a whole list has been taken", labels).set(0);
}

void Reflector::State::run(reconcile::ReflectorEvent event) {
  const auto self = shared_from_this();
  std::uniform_real_distribution<double> zero_to_one(0.0, 1.0);
  auto actions = reconcile::step(config, machine, std::move(event), {sys::now(), zero_to_one(random)});
  for (auto& action : actions) {
    if (!stopped) carry_out(action);
  }
}

void Reflector::State::carry_out(reconcile::ReflectorAction& action) {
  std::visit(
      Overloaded{
          [this](reconcile::SendList& list) { send(false, list.query, list.timeout); },
          [this](reconcile::SendWatch& watch) { send(true, watch.query, watch.timeout); },
          [this](reconcile::Replace& all) { took_list(std::move(all.objects)); },
          [this](reconcile::Upsert& one) { sink.upsert(std::move(one.object)); },
          [this](reconcile::Remove& one) { sink.remove(std::move(one.object)); },
          [this](reconcile::WaitUntil& until) {
            stop_exchange();
            wait.arm(until.deadline, [this] { run(reconcile::TimePassed{}); });
          },
          [this](reconcile::CountError& error) { count_error(error.reason); },
          [this](reconcile::KindMissing&) {
            synced_told = false;
            client.metrics.gauge("fairlead_api_synced", "1: a whole list has been taken", labels).set(0);
            sys::log(sys::LogLevel::kWarning, "api.waiting_for_kind",
                     {{"kind", resource.kind}, {"path", resource.base + "/" + resource.plural}});
          },
      },
      action);
}

void Reflector::State::send(bool is_watch, const std::string& query, Microseconds timeout) {
  stop_exchange();
  if (!is_watch && !std::exchange(relisting, true)) relist_started = sys::now();
  const auto mine = ++turn;
  client.in_turn(false, [weak = weak_from_this(), mine, is_watch, query, timeout] {
    const auto self = weak.lock();
    if (self && self->turn == mine) self->open(is_watch, query, timeout);
  });
}

void Reflector::State::open(bool is_watch, const std::string& query, Microseconds timeout) {
  watching = is_watch;
  status = 0;
  retry_after = Seconds(0);
  refusal.clear();
  items = reconcile::ItemSplitter(reconcile::kEventCap);
  lines = reconcile::LineSplitter(reconcile::kEventCap);
  opened = sys::now();
  client.metrics
      .counter(is_watch ? "fairlead_api_watches_total" : "fairlead_api_lists_total",
               is_watch ? "Watches opened" : "Lists asked for, pages counted singly", labels)
      .add(1);
  HttpRequest request;
  request.path = resource.base + "/" + resource.plural + (query.empty() ? "" : "?" + query);
  const auto weak = weak_from_this();
  ExchangeEvents events;
  events.on_head = [weak](int code, const HttpHeaders& headers) {
    const auto self = weak.lock();
    if (!self) return;
    self->status = code;
    self->retry_after = retry_after_of(headers);
  };
  events.on_data = [weak](const std::string& bytes) {
    if (const auto self = weak.lock()) self->on_data(bytes);
  };
  events.on_end = [weak](const std::optional<HttpFailure>& failure) {
    if (const auto self = weak.lock()) self->on_end(failure);
  };
  const auto lane = is_watch ? Connection::Lane::kWatch : Connection::Lane::kShort;
  exchange = client.connection.start(lane, std::move(request), std::move(events));
  deadline.arm(sys::now() + timeout, [this] {
    client.connection.saw_timeout();
    on_end(HttpFailure{HttpFailure::Kind::kTimeout, "no answer in time"});
  });
}

void Reflector::State::stop_exchange() {
  ++turn;
  wait.cancel();
  deadline.cancel();
  exchange.reset();
}

void Reflector::State::on_data(const std::string& bytes) {
  if (status != 200) {
    if (refusal.size() < kLargestRefusal) refusal.append(bytes);
    return;
  }
  std::vector<std::string> complete;
  if (!watching) {
    items.feed(bytes, complete);
    if (!complete.empty()) run(reconcile::ListItems{std::move(complete)});
    return;
  }
  const auto before = lines.dropped();
  lines.feed(bytes, complete);
  if (lines.dropped() > before) count_error("too_large");
  const auto mine = turn;
  for (auto& line : complete) {
    if (turn != mine) return;  // the machine has ended this watch
    last_event = sys::now();
    run(reconcile::WatchLine{std::move(line)});
  }
}

void Reflector::State::on_end(const std::optional<HttpFailure>& failure) {
  const auto self = shared_from_this();
  const auto code = failure ? "error" : std::to_string(status);
  client.count(watching ? "watch" : "list", resource.plural, code, sys::now() - opened);
  stop_exchange();
  if (failure) {
    reconcile::Failed failed;
    failed.cause = word_of(failure->kind);
    return run(std::move(failed));
  }
  if (status != 200) return on_refused();
  forbidden_told = false;
  if (watching) return run(reconcile::WatchEnded{});
  if (items.dropped() > 0) count_error("too_large");
  const auto head = items.finish();
  if (head) return run(reconcile::ListDone{*head});
  reconcile::Failed failed;
  failed.cause = "decode";
  run(std::move(failed));
}

void Reflector::State::on_refused() {
  reconcile::Failed failed;
  failed.http_status = status;
  failed.status = reconcile::read_status(refusal);
  failed.retry_after = retry_after;
  if (status == 403 && !std::exchange(forbidden_told, true)) {
    sys::log(sys::LogLevel::kError, "api.forbidden",
             {{"kind", resource.kind}, {"reason", failed.status.message}});
  }
  run(std::move(failed));
}

void Reflector::State::took_list(std::vector<std::string> objects) {
  const auto count = objects.size();
  const auto took = sys::now() - relist_started;
  relisting = false;
  last_event = sys::now();
  client.metrics
      .histogram("fairlead_api_relist_duration_seconds", "Time to take a whole list, all pages", labels,
                 kRelistDurations)
      .observe(static_cast<double>(took.count()) / 1e6);
  client.metrics.gauge("fairlead_api_synced", "1: a whole list has been taken", labels).set(1);
  if (!std::exchange(synced_told, true)) {
    sys::log(sys::LogLevel::kInfo, "api.synced",
             {{"kind", resource.kind},
              {"objects", std::to_string(count)},
              {"milliseconds", std::to_string(took.count() / 1000)}});
  }
  sink.replace(std::move(objects));
  if (count > kTrimAbove) malloc_trim(0);  // the documents of a large list are garbage now
}

void Reflector::State::count_error(const std::string& reason) {
  client.metrics
      .counter("fairlead_api_watch_errors_total", "Failed lists and watches, and events skipped",
               {{"kind", resource.plural}, {"reason", reason}})
      .add(1);
}

void Reflector::State::tick() {
  const auto age = sys::now() - last_event;
  client.metrics
      .gauge("fairlead_api_last_event_age_seconds",
             "Time since the server last sent something, bookmarks included", labels)
      .set(static_cast<double>(age.count()) / 1e6);
  ticker.arm(sys::now() + kTick, [this] { tick(); });
}

Reflector::Reflector(sys::Loop& loop, sys::Metrics& metrics, Client& client, Resource resource,
                     ReflectorSink& sink)
    : state_(std::make_shared<State>(loop, metrics, client, std::move(resource), sink)) {
  state_->tick();
  state_->run(reconcile::Started{});
}

Reflector::~Reflector() {
  state_->stopped = true;
  state_->stop_exchange();
}

}  // namespace fairlead::apiserver

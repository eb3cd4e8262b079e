#include "lib/apiserver/reflector_state.h"

#include <malloc.h>

#include <utility>

#include "lib/apiserver/failure.h"
#include "lib/apiserver/http_headers.h"
#include "lib/base/http_code.h"
#include "lib/base/overloaded.h"
#include "lib/reconcile/answer_head.h"
#include "lib/reconcile/json_scan.h"
#include "lib/sys/log.h"

namespace fairlead::apiserver {
namespace {

constexpr Seconds kTick(5);
constexpr std::size_t kLargestRefusal = 64 * 1024;
constexpr std::size_t kMebibyte = std::size_t{1024} * 1024;
constexpr std::size_t kTrimAbove = 1000;  // objects
const std::vector<double> kRelistDurations = {0.01, 0.05, 0.1, 0.5, 1, 2.5, 5, 10, 30, 60};

}  // namespace

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
          [this](reconcile::SendList& list) {
            send({Asked::What::kList, true, list.query, list.timeout, list.timeout});
          },
          [this](reconcile::SendWatch& watch) {
            send({Asked::What::kWatch, watch.initial, watch.query, watch.first_within, watch.timeout});
          },
          [this](reconcile::SendCheck& check) {
            send({Asked::What::kCheck, false, check.query, check.timeout, check.timeout});
          },
          [this](reconcile::Replace& all) { took_list(std::move(all.objects)); },
          [this](reconcile::Upsert& one) { sink.upsert(std::move(one.object)); },
          [this](reconcile::Remove& one) { sink.remove(std::move(one.object)); },
          [this](reconcile::WaitUntil& until) {
            stop_exchange();
            wait.arm(until.deadline, [this] { run(reconcile::TimePassed{}); });
          },
          [this](reconcile::OtherHistory& other) { sink.other_history(other.since); },
          [this](const reconcile::CountError& error) { count_error(error); },
          [this](reconcile::KindMissing&) {
            synced_told = false;
            client.metrics.gauge("fairlead_api_synced", "1: a whole list has been taken", labels).set(0);
            sys::log(sys::LogLevel::kWarning, "api.waiting_for_kind",
                     {{"kind", resource.kind}, {"path", resource.base + "/" + resource.plural}});
          },
      },
      action);
}

void Reflector::State::count_error(const reconcile::CountError& error) {
  if (error.reason == "forbidden" && !std::exchange(forbidden_told, true)) {
    sys::log(sys::LogLevel::kError, "api.forbidden", {{"kind", resource.kind}, {"reason", error.said}});
  }
  if (error.reason == "throttled") {
    client.count_throttled();
    client.tell_throttled({error.said, retry_after, flow_schema});
  }
  client.count_error(resource.plural, error.reason, error.said);
}

void Reflector::State::send(const Asked& next) {
  stop_exchange();
  if (next.initial && !std::exchange(relisting, true)) relist_started = sys::now();
  const auto mine = ++turn;
  client.in_turn(false, [weak = weak_from_this(), mine, next] {
    const auto self = weak.lock();
    if (self && self->turn == mine) self->open(next);
  });
}

void Reflector::State::open(const Asked& next) {
  asked = next;
  status = 0;
  retry_after = Seconds(0);
  flow_schema.clear();
  refusal.clear();
  if (!next.next_page()) received = 0;  // the pages of a list fill the memory together
  items = reconcile::ItemSplitter(reconcile::kEventCap);
  lines = reconcile::LineSplitter(reconcile::kEventCap);
  opened = sys::now();
  count_asked();
  HttpRequest request;
  request.path = resource.base + "/" + resource.plural + (asked.query.empty() ? "" : "?" + asked.query);
  const auto weak = weak_from_this();
  ExchangeEvents events;
  events.on_head = [weak](int code, const HttpHeaders& headers) {
    if (const auto self = weak.lock()) self->on_head(code, headers);
  };
  events.on_data = [weak](const std::string& bytes) {
    if (const auto self = weak.lock()) self->on_data(bytes);
  };
  events.on_end = [weak](const std::optional<HttpFailure>& failure) {
    if (const auto self = weak.lock()) self->on_end(failure);
  };
  const auto lane = asked.watch() ? Connection::Lane::kWatch : Connection::Lane::kShort;
  exchange = client.connection.start(lane, std::move(request), std::move(events));
  give_up_at(opened + asked.first_within);
}

void Reflector::State::count_asked() {
  switch (asked.what) {
    case Asked::What::kList:
      return client.metrics
          .counter("fairlead_api_lists_total", "Lists asked for, pages counted singly", labels)
          .add(1);
    case Asked::What::kWatch:
      return client.metrics.counter("fairlead_api_watches_total", "Watches opened", labels).add(1);
    case Asked::What::kCheck:
      return client.metrics
          .counter("fairlead_api_version_checks_total", "Checks of the version that a watch is resumed from",
                   labels)
          .add(1);
  }
}

void Reflector::State::give_up_at(TimePoint when) {
  deadline.arm(when, [this] {
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

void Reflector::State::on_head(int code, const HttpHeaders& headers) {
  status = code;
  retry_after = retry_after_of(headers);
  flow_schema = flow_schema_of(headers);
  const auto type = header_of(headers, "Content-Type");
  const auto foreign = reconcile::foreign_answer(code, type);
  if (!foreign.empty()) return fail_with(foreign, std::to_string(code) + " " + type);
  if (!asked.initial) give_up_at(opened + asked.timeout);
}

void Reflector::State::on_data(const std::string& bytes) {
  if (status != http_code::kOk) {
    if (refusal.size() < kLargestRefusal) refusal.append(bytes);
    return;
  }
  if (asked.initial || !asked.watch()) received += bytes.size();
  if (received > resource.largest_state) {
    return fail_with("too_large",
                     "a list of more than " + std::to_string(resource.largest_state / kMebibyte) + " MiB");
  }
  if (asked.watch()) return on_lines(bytes);
  std::vector<std::string> complete;
  const auto before = items.dropped();
  items.feed(bytes, complete);
  if (!resource.managed_fields) {
    for (auto& item : complete) {
      if (reconcile::cut(item, {"metadata", "managedFields"}))
        item.shrink_to_fit();  // it waits for the last page
    }
  }
  if (!complete.empty()) run(reconcile::ListItems{std::move(complete)});
  for (int i = before; i < items.dropped(); ++i) run(reconcile::Dropped{});
}

void Reflector::State::on_lines(const std::string& bytes) {
  std::vector<std::string> complete;
  const auto before = lines.dropped();
  lines.feed(bytes, complete);
  const auto mine = turn;
  for (int i = before; i < lines.dropped() && turn == mine; ++i) run(reconcile::Dropped{});
  for (auto& line : complete) {
    if (turn != mine) return;  // the machine has ended this watch
    last_event = sys::now();
    if (!resource.managed_fields) reconcile::cut(line, {"object", "metadata", "managedFields"});
    run(reconcile::WatchLine{std::move(line)});
  }
}

void Reflector::State::on_end(const std::optional<HttpFailure>& failure) {
  const auto self = shared_from_this();
  if (failure) return fail_with(word_of(failure->kind), failure->text);
  client.count(asked.watch() ? "watch" : "list", resource.plural, std::to_string(status),
               sys::now() - opened);
  stop_exchange();
  if (status != http_code::kOk) return on_refused();
  forbidden_told = false;
  if (asked.watch()) return run(reconcile::WatchEnded{});
  const auto head = items.finish();
  if (head) return run(reconcile::ListDone{*head});
  reconcile::Failed failed;
  failed.cause = "decode";
  failed.said = head.error().message;
  run(std::move(failed));
}

// Ends the exchange: nothing good comes of it.
void Reflector::State::fail_with(const std::string& cause, const std::string& said) {
  const auto self = shared_from_this();
  client.count(asked.watch() ? "watch" : "list", resource.plural, "error", sys::now() - opened);
  stop_exchange();
  reconcile::Failed failed;
  failed.cause = cause;
  failed.said = said;
  run(std::move(failed));
}

void Reflector::State::on_refused() {
  reconcile::Failed failed;
  failed.http_status = status;
  failed.status = reconcile::read_status(refusal);
  failed.retry_after = retry_after;
  failed.said = std::to_string(status) + " " + failed.status.message;
  run(std::move(failed));
}

void Reflector::State::took_list(std::vector<std::string> objects) {
  const auto count = objects.size();
  const auto took = sys::now() - relist_started;
  relisting = false;
  if (asked.watch()) {  // the state is whole: what follows is events, as many as come
    asked.initial = false;
    received = 0;
    give_up_at(opened + asked.timeout);
  }
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

void Reflector::ask_anew() { state_->run(reconcile::AskAnew{}); }

}  // namespace fairlead::apiserver

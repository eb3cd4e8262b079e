#include "controller/app/writer.h"

#include <algorithm>
#include <utility>

#include "controller/app/paths.h"
#include "controller/plan/absences.h"
#include "controller/plan/put_back.h"
#include "controller/status/foreign_writers.h"
#include "lib/api/managed_fields.h"
#include "lib/api/status_reply.h"
#include "lib/base/http_code.h"
#include "lib/base/text.h"
#include "lib/reconcile/write_answer.h"
#include "lib/sys/log.h"

namespace fairlead::controller {
namespace {

constexpr const char* kManager = api::kControllerManager;
constexpr std::size_t kUnderWay = 16;  // a third of a second, at the rate that we keep to (K-33)

bool good(int status) { return status >= 200 && status < 300; }

std::string object_name(const Write& write) {
  return plural_of(write.target) + "/" + api::to_string(write.key);
}

// What is tried again by itself: the other writes of the object may succeed.
std::string subject_of(const Write& write) {
  return object_name(write) + " " + std::to_string(static_cast<int>(write.verb));
}

// "409 Conflict: ...": what the server said, in short.
std::string answer_text(const apiserver::ApiResponse& response) {
  const auto reply = api::decode_status_reply(response.body);
  return std::to_string(response.status) + (reply.ok() ? " " + reply.value.message : "");
}

}  // namespace

Writer::Writer(sys::Metrics& metrics, apiserver::Client& client, apiserver::EventSender& events)
    : metrics_(metrics),
      client_(client),
      events_(events),
      retried_(metrics.counter("fairlead_workqueue_retries_total", "Writes tried again after a failure",
                               {{"queue", "rounds"}})) {}

void Writer::carry_out(std::vector<Write> writes, OnDone on_done) {
  const TimePoint now = sys::now();
  writes_.clear();
  outcome_ = {};
  std::set<Object> touched;
  for (auto& write : writes) {
    const std::string subject = subject_of(write);
    const bool waits = touched.contains({write.target, write.key});  // it takes no try that all share
    if (waits) outcome_.at_rest = false;
    if (waits || !reverts_.may_write(subject, now) || !retries_.may_try(subject, now)) continue;
    touched.insert({write.target, write.key});
    if (retries_.has_failed(subject)) retried_.add(1);
    writes_.push_back(std::move(write));
  }
  sent_ = 0;
  on_done_ = std::move(on_done);
  go_on();
}

void Writer::drop_rest() {
  for (; sent_ < writes_.size(); writes_.pop_back()) {
    const bool real_servers = writes_.back().step == Step::kRealServers;
    if (real_servers) outcome_.left.insert(writes_.back().key);
    outcome_.at_rest = outcome_.at_rest && real_servers;
  }
}

// Whatever may be sent now is; the end of the round, if nothing is left.
void Writer::go_on() {
  if (under_way_.empty()) {
    if (sent_ == writes_.size()) {
      const OnDone done = std::exchange(on_done_, nullptr);
      return done(outcome_);
    }
    step_ = writes_[sent_].step;
  }
  while (under_way_.size() < kUnderWay && sent_ < writes_.size() && writes_[sent_].step == step_) {
    const Write write = std::move(writes_[sent_++]);
    under_way_.insert({write.target, write.key});
    confirm(write, 0);
  }
}

bool Writer::is_ours(const Object& object, const std::string& version) const {
  return under_way_.contains(object) || is_echo(outcome_.moved, object, version);
}

// Reads what the write takes for gone, from number `at` on, and sends it if nothing of it is there.
void Writer::confirm(const Write& write, std::size_t at) {
  if (at == write.absences.size()) {
    const bool fights = reverts_.would_fight(subject_of(write), write.body, sys::now());
    return fights ? look_who_undoes(write) : send(write);
  }
  const Absence& absence = write.absences[at];
  apiserver::ApiRequest request;
  request.method = "GET";
  request.path = path_of(absence.target, absence.key);
  request.kind = plural_of(absence.target);
  client_.send(std::move(request), [this, write, at](const auto& result) { looked_up(write, at, result); });
}

void Writer::looked_up(const Write& write, std::size_t at, const Result<apiserver::ApiResponse>& result) {
  const Absence& absence = write.absences[at];
  if (result && confirms(absence, result->status, result->body)) return confirm(write, at + 1);
  const std::string subject = plural_of(absence.target) + "/" + api::to_string(absence.key);
  const std::string why = !result                ? result.error().message
                          : good(result->status) ? "is there, though the cache does not show it"
                                                 : answer_text(*result);
  // There and changed meanwhile: the next round knows more, unless this cannot be read.
  const bool readable = !absence.without || api::decode_vrrp_group(result ? result->body : "").ok();
  const bool conflict =
      result && good(result->status) && readable && (!absence.unchanged.empty() || absence.without);
  if (result && result->status != http_code::kNotFound) refused(write, *result, subject + ": " + why);
  failed(write, subject + ": " + why, conflict);
  end_of(write);
}

// Once we have written, what was his is ours: who it was is seen before.
void Writer::look_who_undoes(const Write& write) {
  apiserver::ApiRequest request;
  request.method = "GET";
  request.path = path_to_find(write.target, write.key);
  request.kind = plural_of(write.target);
  client_.send(std::move(request), [this, write](const auto& result) { seen(write, result); });
}

// Whatever the answer, it is written.
void Writer::seen(const Write& write, const Result<apiserver::ApiResponse>& result) {
  const std::string subject = subject_of(write);
  const std::string_view part = write.verb == Verb::kApplyStatus ? "status" : "";
  const std::string manager =
      result && good(result->status) ? api::other_owner(result->body, {write.body, part, kManager}) : "";
  const bool unknown = manager.empty() && !reverts_.fought(sys::now()).contains(subject);
  if (reverts_.named(subject, manager) || unknown) {
    sys::log(sys::LogLevel::kWarning, "controller.fought_over",
             {{"object", object_name(write)}, {"manager", unknown ? "unknown" : manager}});
  }
  send(write);
}

void Writer::send(const Write& write) {
  const auto on_done = [this, write](const Result<apiserver::ApiResponse>& result) {
    answered(write, result);
  };
  const std::string kind = plural_of(write.target);
  if (write.verb == Verb::kApply || write.verb == Verb::kApplyStatus) {
    const bool force = write.target != Target::kService;
    return client_.apply(path_of(write), kind, kManager, force, write.body, on_done);
  }
  apiserver::ApiRequest request;
  request.method = method_of(write.verb);
  request.path = path_of(write);
  request.content_type = content_type_of(write.verb);
  request.body = write.body;
  request.kind = kind;
  client_.send(std::move(request), on_done);
}

void Writer::answered(const Write& write, const Result<apiserver::ApiResponse>& result) {
  if (!result) {
    failed(write, result.error().message, result.error().code == Code::kConflict);  // withheld: no line
  } else if (good(result->status)) {
    well_answered(write, *result);
  } else if (result->status == http_code::kNotFound && write.verb != Verb::kApply &&
             write.verb != Verb::kCreate) {
    count(write, "gone");  // the cache will tell
    retries_.succeeded(subject_of(write));
    refusals_.over(write);
  } else {
    const auto managers = foreign_managers(api::decode_status_reply(result->body).value);
    if (!managers.empty()) {
      if (write.target == Target::kService) outcome_.foreign_writers[write.key] = managers;
      count_foreign(write);
    }
    refused(write, *result, answer_text(*result));
    failed(write, answer_text(*result), result->status == http_code::kConflict && managers.empty());
  }
  const auto next = result && good(result->status) ? put_back(write, result->body) : std::nullopt;
  if (next && reverts_.may_write(subject_of(*next), sys::now())) return confirm(*next, 0);
  end_of(write);
}

// What is refused is asked for again as whatever fails: the condition tells of it meanwhile.
void Writer::refused(const Write& write, const apiserver::ApiResponse& response, const std::string& why) {
  const auto reply = api::decode_status_reply(response.body);
  const std::string message = reply.ok() ? reply.value.message : "";
  if (Refusals::is_refusal(response.status, message)) refusals_.refused(write, why, sys::now());
}

void Writer::end_of(const Write& write) {
  under_way_.erase({write.target, write.key});
  go_on();
}

// A deletion is answered with a Status, or with the object that waits for its finalizers.
void Writer::well_answered(const Write& write, const apiserver::ApiResponse& response) {
  if (write.verb == Verb::kDelete || reconcile::is_written(response.status, response.body)) {
    succeeded(write, response);
  } else {
    failed(write, std::to_string(response.status) + " without the object: no answer of an API server", false);
  }
}

void Writer::succeeded(const Write& write, const apiserver::ApiResponse& response) {
  count(write, "written");
  refusals_.over(write);
  if (retries_.is_over(subject_of(write), object_name(write) + " ")) {
    sys::log(sys::LogLevel::kInfo, "controller.write_accepted", {{"object", object_name(write)}});
  }
  sys::log(sys::LogLevel::kDebug, "controller.wrote",
           {{"object", object_name(write)}, {"status", std::to_string(response.status)}});
  const auto meta = api::decode_meta(response.body);
  const bool changed = meta.ok() && meta.value.resource_version != write.resource_version;
  if (write.verb == Verb::kDelete || changed) {
    const auto written = write.verb == Verb::kDelete ? "" : meta.value.resource_version;
    outcome_.moved[{write.target, write.key}] = {write.resource_version, written};
    if (!decides_nothing(write)) outcome_.at_rest = false;
  }
  note_for_reverts(write, changed ? meta.value.uid : "");
  for (const auto& notice : write.notices) tell(notice);
}

// With the UID of what has changed, empty if nothing has.
void Writer::note_for_reverts(const Write& write, const std::string& changed) {
  const bool ended = write.verb == Verb::kDelete || write.step == Step::kRemoveFinalizers;
  if (ended) return reverts_.let_go(object_name(write) + " ");
  if (changed.empty()) return;
  const std::string uid = write.verb == Verb::kApplyStatus ? changed : "";
  if (reverts_.written(subject_of(write), uid, write.body, sys::now())) count_foreign(write);
}

std::optional<TimePoint> Writer::next_retry() const {
  const TimePoint now = sys::now();
  const auto failed = retries_.next(now);
  const auto undone = reverts_.next(now);
  return failed && undone ? std::min(*failed, *undone) : failed ? failed : undone;
}

Fought Writer::fought() const {
  Fought out;
  for (const auto& [subject, manager] : reverts_.fought(sys::now())) {
    const auto name =
        split(subject.substr(0, subject.find(' ')), '/');  // of a kind without namespace two parts
    const api::ObjectKey key{std::string(name.size() > 2 ? name[1] : ""), std::string(name.back())};
    std::string& known = out[{std::string(name.front()), key}];  // of two verbs
    if (known.empty()) known = manager;
  }
  return out;
}

void Writer::count_foreign(const Write& write) {
  metrics_
      .counter("fairlead_controller_foreign_writes_total",
               "Writes refused because others own a field, or undone by others",
               {{"kind", plural_of(write.target)}})
      .add(1);
}

void Writer::tell(const Notice& notice) {
  const api::EventSubject& subject = notice.regarding;
  sys::log(
      notice.type == api::EventType::kWarning ? sys::LogLevel::kWarning : sys::LogLevel::kInfo,
      "controller.event",
      {{"reason", notice.reason},
       {"object", subject.kind + " " + api::to_string(api::ObjectKey{subject.namespace_name, subject.name})},
       {"note", notice.note}});
  events_.send(notice);
}

void Writer::failed(const Write& write, const std::string& why, bool conflict) {
  count(write, conflict ? "conflict" : "failed");
  retries_.failed(subject_of(write), sys::now());
  if (conflict || !retries_.is_news(subject_of(write), object_name(write) + " ", why)) return;
  sys::log(sys::LogLevel::kWarning, "controller.write_failed",
           {{"object", object_name(write)}, {"why", why}});
}

void Writer::count(const Write& write, const std::string& result) {
  metrics_
      .counter("fairlead_controller_reconcile_total", "Writes by kind and what came of them",
               {{"kind", plural_of(write.target)}, {"result", result}})
      .add(1);
}

}  // namespace fairlead::controller

#include "sim/controller/writing.h"

#include <algorithm>

#include "controller/plan/absences.h"
#include "lib/base/text.h"

namespace fairlead::sim::cluster {
namespace {

constexpr std::size_t kUnderWay = 16;
constexpr int kNotFound = 404;

bool good(int status) { return status >= 200 && status < 300; }

const std::map<controller::Target, std::string>& kinds_of_targets() {
  using controller::Target;
  static const std::map<Target, std::string> kinds{
      {Target::kVirtualIP, "VirtualIP"},     {Target::kAddressClaim, "AddressClaim"},
      {Target::kVRRPGroup, "VRRPGroup"},     {Target::kRealServerSet, "RealServerSet"},
      {Target::kAddressPool, "AddressPool"}, {Target::kService, "Service"},
      {Target::kNodeReport, "NodeReport"},   {Target::kNode, "Node"}};
  return kinds;
}

controller::Object object_of(const controller::Write& write) { return {write.target, write.key}; }

// "virtualips/shop/web 1": what is tried again by itself.
std::string subject_of(const controller::Write& write) {
  std::string plural = kinds_of_targets().at(write.target) + "s";
  for (char& c : plural) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  return plural + "/" + api::to_string(write.key) + " " + std::to_string(static_cast<int>(write.verb));
}

Verb verb_of(controller::Verb verb) {
  switch (verb) {
    case controller::Verb::kCreate:
      return Verb::kCreate;
    case controller::Verb::kApply:
    case controller::Verb::kPutBack:  // never: nobody sets anything beside what is applied here
      return Verb::kApply;
    case controller::Verb::kApplyStatus:
      return Verb::kApplyStatus;
    case controller::Verb::kMergePatch:
      return Verb::kMergePatch;
    case controller::Verb::kRemoveEntries:
      return Verb::kPatchStatus;
    case controller::Verb::kDelete:
      return Verb::kDelete;
  }
  return Verb::kGet;
}

}  // namespace

Name name_of(const controller::Object& object) {
  return {kinds_of_targets().at(object.first), object.second};
}

std::optional<controller::Object> object_of(const Name& name) {
  for (const auto& [target, kind] : kinds_of_targets()) {
    if (kind == name.kind) return controller::Object{target, name.key};
  }
  return std::nullopt;
}

void Writing::carry_out(std::vector<controller::Write> writes, OnDone on_done) {
  const TimePoint now = ground_.time.now();
  writes_.clear();
  outcome_ = {};
  std::set<controller::Object> touched;
  for (auto& write : writes) {
    const bool waits = touched.contains(object_of(write));
    if (waits) outcome_.at_rest = false;
    if (waits) continue;
    const std::string subject = subject_of(write);
    if (!reverts_.may_write(subject, now) || !retries_.may_try(subject, now)) continue;
    touched.insert(object_of(write));
    writes_.push_back(std::move(write));
  }
  sent_ = 0;
  on_done_ = std::move(on_done);
  go_on();
}

void Writing::drop_rest() {
  for (; sent_ < writes_.size(); writes_.pop_back()) {
    const bool real_servers = writes_.back().step == controller::Step::kRealServers;
    if (real_servers) outcome_.left.insert(writes_.back().key);
    outcome_.at_rest = outcome_.at_rest && real_servers;
  }
}

void Writing::go_on() {
  if (under_way_.empty()) {
    if (sent_ == writes_.size()) {
      const OnDone done = std::exchange(on_done_, nullptr);
      return done(outcome_);
    }
    step_ = writes_[sent_].step;
  }
  while (under_way_.size() < kUnderWay && sent_ < writes_.size() && writes_[sent_].step == step_) {
    const controller::Write write = std::move(writes_[sent_++]);
    under_way_.insert(object_of(write));
    confirm(write, 0);
  }
}

bool Writing::is_ours(const controller::Object& object, const std::string& version) const {
  return under_way_.contains(object) || controller::is_echo(outcome_.moved, object, version);
}

void Writing::confirm(const controller::Write& write, std::size_t at) {
  if (at == write.absences.size()) return send(write);
  const auto& absence = write.absences[at];
  call(ground_, {Verb::kGet, name_of({absence.target, absence.key}), ""},
       [this, later = later_, write, at](auto answer) {
         later([this, write, at, answer] { looked_up(write, at, answer); });
       });
}

void Writing::looked_up(const controller::Write& write, std::size_t at, const std::optional<Answer>& answer) {
  if (answer && confirms(write.absences[at], answer->status, answer->body)) return confirm(write, at + 1);
  retries_.failed(subject_of(write), ground_.time.now());
  end_of(write);
}

void Writing::send(const controller::Write& write) {
  last_sent_ = ground_.time.now();
  call(ground_, {verb_of(write.verb), name_of(object_of(write)), write.body},
       [this, later = later_, write](auto answer) {
         later([this, write, answer] { answered(write, answer); });
       });
}

void Writing::answered(const controller::Write& write, const std::optional<Answer>& answer) {
  if (answer && good(answer->status)) {
    succeeded(write, *answer);
  } else if (answer && answer->status == kNotFound && write.verb != controller::Verb::kApply &&
             write.verb != controller::Verb::kCreate) {
    retries_.succeeded(subject_of(write));
  } else {
    retries_.failed(subject_of(write), ground_.time.now());
  }
  end_of(write);
}

void Writing::succeeded(const controller::Write& write, const Answer& answer) {
  retries_.succeeded(subject_of(write));
  const auto meta = api::decode_meta(answer.body);
  const bool changed = meta.ok() && meta.value.resource_version != write.resource_version;
  const bool deleted = write.verb == controller::Verb::kDelete;
  if (deleted || changed) {
    outcome_.moved[object_of(write)] = {write.resource_version, deleted ? "" : meta.value.resource_version};
    if (!controller::decides_nothing(write)) outcome_.at_rest = false;
  }
  const std::string subject = subject_of(write);
  const bool ended = deleted || write.step == controller::Step::kRemoveFinalizers;
  if (ended) return reverts_.let_go(subject.substr(0, subject.find(' ') + 1));
  const bool tells = write.verb == controller::Verb::kApplyStatus;
  if (changed) reverts_.written(subject, tells ? meta.value.uid : "", write.body, ground_.time.now());
}

void Writing::end_of(const controller::Write& write) {
  under_way_.erase(object_of(write));
  go_on();
}

std::optional<TimePoint> Writing::next_retry() const {
  const TimePoint now = ground_.time.now();
  const auto failed = retries_.next(now);
  const auto undone = reverts_.next(now);
  return failed && undone ? std::min(*failed, *undone) : failed ? failed : undone;
}

controller::Fought Writing::fought() const {
  controller::Fought out;
  for (const auto& [subject, manager] : reverts_.fought(ground_.time.now())) {
    const auto name = split(subject.substr(0, subject.find(' ')), '/');
    const api::ObjectKey key{std::string(name.size() > 2 ? name[1] : ""), std::string(name.back())};
    out.insert({{std::string(name.front()), key}, manager});
  }
  return out;
}

}  // namespace fairlead::sim::cluster

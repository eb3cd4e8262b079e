#include "sim/controller/machine.h"

#include <algorithm>
#include <utility>

namespace fairlead::sim::cluster {
namespace {

constexpr const char* kGroup = "VRRPGroup";
constexpr Milliseconds kSwiftest{2};
constexpr Milliseconds kUsualLag{300};
constexpr Seconds kSayAgain{2};

WallTime wall_at(TimePoint now) {
  return std::chrono::floor<Seconds>(WallTime(Seconds(1767312000)) + (now - TimePoint(Seconds(1000))));
}

}  // namespace

Machine::Machine(Ground& ground, std::string name, int host, OnApply on_apply)
    : ground_(ground), name_(std::move(name)), host_(host), on_apply_(std::move(on_apply)) {}

void Machine::boot(const std::string& node_uid, bool memory) {
  node_uid_ = node_uid;
  alive_ = true;
  frozen_until_ = {};
  ++starts_;
  roles_.clear();
  said_.clear();
  if (!memory) {
    const auto before = std::exchange(held_, {});
    on_apply_(*this, before);
  }
  if (!cut_) list();
}

void Machine::cut(bool off) {
  cut_ = off;
  if (!off && alive_) list();
}

void Machine::later(Microseconds in, std::function<void()> task) {
  ground_.time.post(in, [this, in, start = starts_, task = std::move(task)] {
    if (start != starts_ || !alive_ || cut_) return;
    if (running()) return task();
    ground_.time.post(frozen_until_, [this, start, task] {
      if (start == starts_ && alive_ && !cut_) task();
    });
  });
}

void Machine::notice() {
  const auto upto = ground_.server.history(kGroup).size();
  later(ground_.random.span(kSwiftest, kUsualLag), [this, upto, era = ground_.server.era()] {
    if (era == ground_.server.era()) advance(upto);
  });
}

void Machine::lose_history() {
  later(ground_.random.span(kSwiftest, Milliseconds(2000)), [this] { list(); });
}

void Machine::list() {
  const auto& history = ground_.server.history(kGroup);
  seen_.groups.clear();
  std::map<Name, const Change*> last;
  for (const auto& change : history) last[change.name] = &change;
  for (const auto& [name, change] : last) take(*change);
  at_ = history.size();
  later(ground_.random.span(kSwiftest, kUsualLag), [this, number = ++lists_] {
    apply();
    if (number == lists_) excused_ = false;
  });
}

void Machine::advance(std::size_t upto) {
  const auto& history = ground_.server.history(kGroup);
  if (at_ >= upto) return;
  for (; at_ < upto && at_ < history.size(); ++at_) take(history[at_]);
  later(ground_.random.span(kSwiftest, kUsualLag), [this] { apply(); });
}

// The watch goes by label: an object that loses it is gone.
void Machine::take(const Change& change) {
  seen_.groups.erase(change.name.key.name);
  if (change.deleted) return;
  auto decoded = api::decode_vrrp_group(change.text);
  if (!decoded.ok() || !decoded.value.meta.labels.contains(api::node_label(name_))) return;
  seen_.groups.insert({change.name.key.name, std::move(decoded.value)});
}

void Machine::apply() {
  auto next = plan::hold(held_, {seen_, {}, {}, true}).objects;
  const auto before = std::exchange(held_, std::move(next));
  on_apply_(*this, before);
}

const api::GroupMember* Machine::seat(const api::VRRPGroup& group) const {
  for (const auto& member : group.spec.members) {
    if (member.node == name_ && (member.node_uid.empty() || member.node_uid == node_uid_)) return &member;
  }
  return nullptr;
}

bool Machine::stands_for(const std::string& group, const std::string& uid) const {
  const auto found = held_.groups.find(group);
  return running() && found != held_.groups.end() && found->second.meta.uid == uid &&
         seat(found->second) != nullptr;
}

api::MemberStatus Machine::entry_of(const api::VRRPGroup& group, const Machine* master) {
  const bool in = seat(group) != nullptr;
  const auto state = !in              ? api::MemberState::kInitialize
                     : master == this ? api::MemberState::kMaster
                                      : api::MemberState::kBackup;
  Role& role = roles_[group.meta.name];
  if (role.group_uid != group.meta.uid || role.state != state || role.since == WallTime{}) {
    role = {group.meta.uid, state, wall_at(ground_.time.now()), {}};
  }
  const auto seen = seen_.groups.find(group.meta.name);
  if (seen != seen_.groups.end()) {
    role.confirmation = agent::confirm(role.confirmation, name_, state == api::MemberState::kMaster,
                                       seen->second.status.members, ground_.time.now());
  }
  api::MemberStatus out;
  out.node = name_;
  out.group_uid = group.meta.uid;
  out.instance = name_ + "-" + std::to_string(starts_);
  out.state = state;
  out.since = role.since;
  out.observed_generation = group.meta.generation;
  out.programmed = in;
  out.confirmed = role.confirmation.confirmed;
  if (state == api::MemberState::kBackup && master != nullptr) {
    out.hears = "192.0.2." + std::to_string(master->host());
  }
  return out;
}

void Machine::tell(const std::map<std::string, const Machine*>& masters) {
  if (!running()) return;
  for (const auto& [name, group] : held_.groups) {
    const auto found = masters.find(group.meta.uid);
    const auto entry = entry_of(group, found == masters.end() ? nullptr : found->second);
    if (!cut_) report(name, entry);
  }
}

void Machine::report(const std::string& group, const api::MemberStatus& entry) {
  const auto seen = seen_.groups.find(group);
  if (seen == seen_.groups.end()) return;
  for (const auto& there : seen->second.status.members) {
    if (there == entry) return;
  }
  const TimePoint now = ground_.time.now();
  const auto said = said_.find(group);
  const bool under_way =
      said != said_.end() && said->second.first == entry && now < said->second.second + kSayAgain;
  if (under_way) return;
  said_[group] = {entry, now};
  call(ground_, {Verb::kApplyStatus, {kGroup, {"", group}}, api::encode_member_status(group, entry), true},
       [](const auto&) {});
}

}  // namespace fairlead::sim::cluster

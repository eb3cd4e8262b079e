#include "sim/controller/stage.h"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "lib/api/vrrp_group.h"
#include "sim/controller/documents.h"
#include "sim/controller/ending.h"

namespace fairlead::sim::cluster {
namespace {

constexpr TimePoint kBegin{Seconds(1000)};
constexpr Milliseconds kTick{250};
constexpr std::uint64_t kTicksOfASecond = 4;
constexpr Seconds kKubeletSilent{4};  // a dead machine is NotReady after so long
constexpr Seconds kCalm{45};          // without a write: it is over
constexpr Seconds kAtMost{400};       // it has to be
constexpr Seconds kStep{10};

long long ms(Microseconds time) { return static_cast<long long>(time.count() / 1000); }

}  // namespace

void Statistics::add(const Statistics& other) {
  time += other.time;
  steps += other.steps;
  rounds += other.rounds;
  writes += other.writes;
  checks += other.checks;
  longest_settling = std::max(longest_settling, other.longest_settling);
  for (const auto& [kind, count] : other.events) events[kind] += count;
}

Outcome run(const Plot& plot, const Judged& judged, bool trace) { return Stage(plot, judged, trace).play(); }

Stage::Stage(const Plot& plot, const Judged& judged, bool trace)
    : plot_(plot), judged_(judged), trace_(trace), random_(plot.noise), ground_{time_, random_, server_} {
  server_.when_changed(
      [this](const auto& name, const json* before, const json* after) { changed(name, before, after); });
}

void Stage::say(const std::string& what) {
  if (trace_) std::printf("%lld %s\n", ms(time_.now() - kBegin), what.c_str());
}

void Stage::set_up() {
  server_.put(shop());
  server_.put(pool(false));
  for (int i = 1; i <= plot_.machines; ++i) {
    Seat seat;
    seat.zone = i % 2;
    seat.machine = std::make_unique<Machine>(
        ground_, "node-" + std::to_string(i), i,
        [this](const Machine& machine, const plan::Objects& before) { judge_.applied(machine, before); });
    seats_.push_back(std::move(seat));
  }
  for (auto& seat : seats_) keep_registered(seat);
  for (int i = 0; i < plot_.virtual_ips; ++i) server_.put(virtual_ip(i, random_.number(0, 23)));
  for (int i = 0; i < plot_.services; ++i) {
    server_.put(service(i, random_.number(0, 23)));
    server_.put(slice(i, 2));
  }
  for (int i = 0; i < kControllers; ++i) {
    replicas_.push_back(std::make_unique<Replica>(ground_, "controller-" + std::to_string(i)));
    replicas_.back()->trace(trace_);
    replicas_.back()->start({});
  }
  replica(0).lead();
}

Outcome Stage::play() {
  time_.before_each([this](TimePoint) {
    const auto& breach = judge_.breach();
    if (breach && (judged_.empty() || judged_.contains(breach->promise))) time_.stop();
  });
  set_up();
  tick();
  for (const auto& event : plot_.events) {
    if (event.kind == EventKind::kRestore) {
      time_.post(kBegin + std::max(Milliseconds(0), event.at - event.length),
                 [this] { server_.take_snapshot(); });
    }
    time_.post(kBegin + event.at, [this, event] {
      say("-- " + std::string(to_string(event.kind)) + " target=" + std::to_string(event.target) +
          " amount=" + std::to_string(event.amount));
      ++statistics_.events[event.kind];
      begin(event);
    });
  }
  calm_at_ = kBegin + end_of(plot_) + Milliseconds(1);
  time_.run_until(calm_at_);
  if (!over()) settle();
  Outcome out;
  const auto& breach = judge_.breach();
  if (breach && (judged_.empty() || judged_.contains(breach->promise))) out.breach = breach;
  if (!out.breach && time_.gave_up()) out.breach = Breach{"I-7", *time_.gave_up()};
  out.at = time_.now() - kBegin;
  for (const auto& each : replicas_) statistics_.rounds += each->rounds();
  statistics_.time = out.at;
  statistics_.steps = time_.steps();
  statistics_.writes = server_.writes();
  statistics_.checks = judge_.checks();
  out.statistics = statistics_;
  return out;
}

std::optional<TimePoint> Stage::last_sent() const {
  std::optional<TimePoint> out;
  for (const auto& each : replicas_) {
    const auto sent = each->last_sent();
    if (sent && (!out || *sent > *out)) out = sent;
  }
  return out;
}

// I-7: in bounded time nobody writes any more, and a new process finds nothing to write.
void Stage::settle() {
  ending_ = true;
  heal();
  say("-- all is well");
  const bool calm = come_to_rest();
  if (over()) return;
  if (auto found = ending(calm)) {
    found = whose_fault(*std::move(found));
    judge_.report(found->promise, found->what);
  }
  if (!judge_.breach()) try_restart();
}

// From calm_at_ on; false if they still write after a while.
bool Stage::come_to_rest() {
  while (!over() && time_.now() < calm_at_ + kAtMost) {
    time_.run_until(time_.now() + kStep);
    const TimePoint quiet_since = std::max(calm_at_, last_sent().value_or(calm_at_));
    statistics_.longest_settling = quiet_since - calm_at_;
    if (time_.now() - quiet_since >= kCalm && !replica(leader_).fights()) return true;
  }
  return false;
}

std::optional<Breach> Stage::ending(bool calm) const {
  std::string wanted;
  for (const auto& each : replicas_) wanted += each->leading() ? each->wanted() : "";
  if (!calm) return Breach{"I-7", "it goes on writing: " + wanted};
  std::set<std::string> zones;
  for (const auto& seat : seats_) zones.insert(seat.zone == 0 ? "a" : "b");
  return look(server_, zones);
}

// I-8: what is well once the objects are gone that harm themselves was harmed by them.
Breach Stage::whose_fault(Breach found) {
  if (found.promise != "I-7" || poisons_ == 0) return found;
  std::vector<Name> poison;
  for (const auto& [name, object] : server_.objects()) {
    if (is_poison(name)) poison.push_back(name);
  }
  for (const auto& name : poison) server_.remove(name);
  say("-- without poison");
  calm_at_ = time_.now();
  const bool calm = come_to_rest();
  if (over() || ending(calm)) return found;
  return {"I-8", found.what + ", until there is no poison"};
}

void Stage::try_restart() {
  const auto before = server_.writes();
  for (auto& each : replicas_) each->crash();
  replica(0).start({});
  replica(0).lead();
  say("-- a new process");
  time_.run_until(time_.now() + Seconds(32));
  if (server_.writes() != before)
    judge_.report("I-7", "a restart in a quiet state writes: " + replica(0).wanted());
}

void Stage::changed(const Name& name, const json* before, const json* after) {
  judge_.changed(name, before, after, ground_.time.now());
  for (auto& each : replicas_) each->notice(name.kind);
  if (name.kind != "VRRPGroup") return;
  for (auto& seat : seats_) seat.machine->notice();
}

void Stage::tick() {
  elect();
  if (ticks_++ % kTicksOfASecond == 0) {
    for (auto& seat : seats_) keep_registered(seat);
    ensure_leader();
    if (ticks_ % (3 * kTicksOfASecond) == 1) server_.collect_garbage();
  }
  after(kTick, [this] { tick(); });
}

// What kubelet and daemon keep up: a Node, whether it is Ready, and the report.
void Stage::keep_registered(Seat& seat) {
  Machine& machine = *seat.machine;
  const Name name = node_name(machine.name());
  const TimePoint now = time_.now();
  if (seat.dead_since) {
    if (now - *seat.dead_since < kKubeletSilent) return;
    server_.edit(name, [](json& node) { node["status"]["conditions"][0]["status"] = "False"; });
    return;
  }
  if (!seat.registers) return;
  if (server_.find(name) == nullptr) server_.put(node(machine.name(), seat.zone));
  const std::string uid = (*server_.find(name))["metadata"]["uid"];
  if (seat.node_uid != uid) {
    seat.node_uid = uid;
    if (seat.away == 0) machine.boot(uid, true);
  }
  server_.edit(name, [&seat](json& node) {
    node["status"]["conditions"][0]["status"] = "True";
    node["metadata"]["labels"] = {{"zone", seat.zone == 0 ? "a" : "b"}};
    if (seat.exclusions > 0)
      node["metadata"]["labels"]["node.kubernetes.io/exclude-from-external-load-balancers"] = "";
    node["spec"].erase("unschedulable");
    if (seat.cordons > 0) node["spec"]["unschedulable"] = true;
  });
  if (!machine.running() || seat.cuts > 0) return;
  const json wanted = report(machine.name(), machine.host(), uid, seat.no_interface == 0);
  const json* there = server_.find(report_name(machine.name()));
  const bool same = there != nullptr && (*there)["spec"] == wanted["spec"] &&
                    (*there)["metadata"]["ownerReferences"] == wanted["metadata"]["ownerReferences"];
  if (same) return;
  if (there == nullptr) return server_.put(wanted);
  server_.edit(report_name(machine.name()), [&wanted](json& object) {
    object["spec"] = wanted["spec"];
    object["metadata"]["ownerReferences"] = wanted["metadata"]["ownerReferences"];
  });
}

// VRRP, in short: whoever is Master stays so while it can and is not told to hand over.
void Stage::elect() {
  std::map<std::string, const Machine*> masters;
  std::map<std::string, std::pair<int, std::string>> best;  // by UID: priority and machine
  for (const auto& seat : seats_) {
    for (const auto& [name, group] : seat.machine->held().groups) {
      const auto* member = seat.machine->seat(group);
      if (member == nullptr || !seat.machine->stands_for(name, group.meta.uid)) continue;
      const bool stays = masters_[group.meta.uid] == seat.machine->name() && !member->hand_over;
      const int rank = api::priority_in_use(*member) + (stays ? 1000 : 0);
      auto& first = best[group.meta.uid];
      if (rank <= first.first) continue;
      first = {rank, seat.machine->name()};
      masters[group.meta.uid] = seat.machine.get();
    }
  }
  masters_.clear();
  for (const auto& [uid, machine] : masters) masters_[uid] = machine->name();
  for (auto& seat : seats_) seat.machine->tell(masters);
}

void Stage::ensure_leader() {
  for (const auto& each : replicas_) {
    if (each->leading()) return;
  }
  for (std::size_t i = 0; i < replicas_.size(); ++i) {
    if (!replicas_[i]->alive()) continue;
    leader_ = static_cast<int>(i);
    return replicas_[i]->lead();
  }
}

void Stage::make_readable(const Name& name) {
  server_.edit(name, [](json& object) {
    if (object.contains("spec")) object["spec"].erase("scheduler");
  });
}

// Every fault has ended by itself; of two leaders one stays.
void Stage::heal() {
  ground_.trouble = {};
  // A restore may have brought back the time without the pool, or a spec that nobody could read.
  server_.put(pool(false));
  for (int slot = 0; slot < kMostVirtualIPs; ++slot) make_readable(virtual_ip_name(slot));
  for (auto& each : replicas_) {
    if (!each->alive()) each->start({});
    for (const auto& kind : kinds()) each->release(kind);
  }
  Replica& other = replica(1 - leader_);
  other.crash();
  other.start({});
  replica(leader_).lead();
}

}  // namespace fairlead::sim::cluster

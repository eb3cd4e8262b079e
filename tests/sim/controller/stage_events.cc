// What each event of a plot does, and how it ends.

#include <utility>

#include "sim/controller/documents.h"
#include "sim/controller/stage.h"

namespace fairlead::sim::cluster {
namespace {

using enum EventKind;

constexpr Milliseconds kStale{500};      // a list that is older than what there is
constexpr Milliseconds kUnnoticed{300};  // a leader that is none any more goes on for so long
constexpr Seconds kAdmin{5};             // until somebody raises configEpoch

int slot_of(const Event& event, int most) { return event.target % most; }

const std::string& kind_of(int target) {
  return kinds()[static_cast<std::size_t>(target / kControllers) % kinds().size()];
}

}  // namespace

void Stage::begin(const Event& event) {
  if (of_users(event) || of_machines(event) || of_controllers(event)) return;
  of_server(event);
}

bool Stage::of_users(const Event& event) {
  const Name vip = virtual_ip_name(slot_of(event, kMostVirtualIPs));
  const int slot = slot_of(event, kMostServices);
  switch (event.kind) {
    case kVirtualIPNew:
      server_.put(virtual_ip(slot_of(event, kMostVirtualIPs), event.amount));
      return true;
    case kVirtualIPGone:
      server_.remove(vip);
      return true;
    case kVirtualIPPorts:
      server_.edit(vip, [&](json& object) { object["spec"]["ports"] = {{{"port", 80 + event.amount}}}; });
      return true;
    case kServiceNew:
      server_.put(service(slot, event.amount));
      server_.put(slice(slot, 2));
      return true;
    case kServiceGone:
      server_.remove(service_name(slot));
      server_.remove(slice_name(slot));
      return true;
    case kServiceFlips:
      flip_service(event);
      return true;
    case kServiceAddress:
      server_.edit(service_name(slot), [&](json& object) {
        object["metadata"]["annotations"] =
            service(slot, event.amount)["metadata"].value("annotations", json::object());
      });
      return true;
    case kEndpoints:
      server_.edit(slice_name(slot),
                   [&](json& object) { object["endpoints"] = slice(slot, event.amount)["endpoints"]; });
      return true;
    case kPoolLess:
    case kPoolGone:
      cut_pool(event);
      return true;
    case kPoisonVirtualIP:
      server_.put(poison_virtual_ip(++poisons_, event.amount));
      return true;
    case kPoisonService:
      server_.put(poison_service(++poisons_, event.amount));
      return true;
    case kPoisonPool:
      server_.put(poison_pool(++poisons_, event.amount));
      return true;
    case kTurnsUnreadable:
      turn_unreadable(event);
      return true;
    default:
      return false;
  }
}

void Stage::flip_service(const Event& event) {
  const Name name = service_name(slot_of(event, kMostServices));
  server_.edit(name, [](json& object) { object["spec"]["type"] = "ClusterIP"; });
  after(event.length,
        [this, name] { server_.edit(name, [](json& object) { object["spec"]["type"] = "LoadBalancer"; }); });
}

void Stage::cut_pool(const Event& event) {
  int& count = event.kind == kPoolGone ? pool_gone_ : pool_less_;
  const auto show = [this] {
    if (pool_gone_ > 0) return server_.remove(pool_name());
    server_.put(pool(pool_less_ > 0));
  };
  ++count;
  show();
  after(event.length, [&count, show] {
    --count;
    show();
  });
}

// FC-09: what it was is kept meanwhile.
void Stage::turn_unreadable(const Event& event) {
  const Name name = virtual_ip_name(slot_of(event, kMostVirtualIPs));
  server_.edit(name, [](json& object) { object["spec"]["scheduler"] = "none that there is"; });
  after(event.length, [this, name] { make_readable(name); });
}

void Stage::mark(Seat& where, int Seat::*count, Milliseconds length) {
  ++(where.*count);
  after(length, [&where, count] { --(where.*count); });
}

bool Stage::of_machines(const Event& event) {
  Seat& where = seat(event.target);
  Machine& machine = *where.machine;
  switch (event.kind) {
    case kCordon:
      mark(where, &Seat::cordons, event.length);
      return true;
    case kExclude:
      mark(where, &Seat::exclusions, event.length);
      return true;
    case kReportStops:
      mark(where, &Seat::no_interface, event.length);
      return true;
    case kZone:
      where.zone = 1 - where.zone;
      return true;
    case kMachineFreeze:
      machine.freeze(event.length);
      return true;
    case kMachineCut:
      machine.cut(true);
      ++where.cuts;
      after(event.length, [&where] {
        if (--where.cuts == 0) where.machine->cut(false);
      });
      return true;
    case kMachineCrash:
    case kMachineGone:
      lose_machine(event);
      return true;
    default:
      return false;
  }
}

void Stage::lose_machine(const Event& event) {
  Seat& where = seat(event.target);
  const bool gone = event.kind == kMachineGone;
  const bool dies = !gone || event.amount % 2 == 1;
  const bool whole = event.amount % 2 == 1;
  if (dies) {
    ++where.away;
    where.machine->die();
    if (whole && !where.dead_since) where.dead_since = time_.now();
  }
  if (gone) {
    where.registers = false;
    where.machine->excuse();
    judge_.excused(*where.machine);
    server_.remove(node_name(where.machine->name()));
  }
  after(event.length, [this, &where, gone, dies] {
    if (gone) where.registers = true;
    if (!dies || --where.away > 0) return;
    where.dead_since.reset();
    where.machine->boot(where.node_uid, true);
  });
}

bool Stage::of_controllers(const Event& event) {
  Replica& whom = replica(event.target);
  switch (event.kind) {
    case kCrash:
      restart(whom, event);
      return true;
    case kFreeze:
      whom.freeze(event.length);
      return true;
    case kTwoLeaders:
      two_leaders(event);
      return true;
    case kTakeOver:
      take_over(event);
      return true;
    case kLag:
      hold_back(event);
      return true;
    case kOldList:
      whom.go_back(kind_of(event.target), static_cast<std::size_t>(event.amount));
      hold_back(event);
      return true;
    default:
      return false;
  }
}

// A new process whose first list of one kind is behind, and whose watch of it is, too, for a while.
void Stage::restart(Replica& whom, const Event& event) {
  whom.crash();
  after(event.length, [this, &whom, event] {
    if (whom.alive()) return;
    Event behind = event;
    behind.length = kStale;
    if (event.amount > 0) hold_back(behind);
    whom.start({{kind_of(event.target), static_cast<std::size_t>(event.amount)}});
  });
}

void Stage::two_leaders(const Event& event) {
  judge_.two_lead();
  for (auto& each : replicas_) each->lead();
  ++together_;
  after(event.length, [this] {
    if (--together_ > 0) return;
    Replica& other = replica(1 - leader_);
    if (!replica(leader_).leading()) return;
    other.crash();
    other.start({});
  });
}

// The leader is frozen, another takes over; thawed, the first one goes on until it notices.
void Stage::take_over(const Event& event) {
  Replica& before = replica(leader_);
  Replica& next = replica(1 - leader_);
  if (!next.alive()) return;
  judge_.two_lead();
  before.freeze(event.length);
  leader_ = 1 - leader_;
  next.lead();
  after(event.length + kUnnoticed, [this, &before] {
    if (&before == &replica(leader_) || together_ > 0) return;
    before.crash();
    before.start({});
  });
}

void Stage::hold_back(const Event& event) {
  const int number = event.target % kControllers;
  const std::string& kind = kind_of(event.target);
  ++held_back_[{number, kind}];
  replica(number).hold_back(kind);
  after(event.length, [this, number, kind] {
    if (--held_back_[{number, kind}] == 0) replica(number).release(kind);
  });
}

void Stage::of_server(const Event& event) {
  Trouble& trouble = ground_.trouble;
  if (event.kind == kRestore) return restore();
  if (event.kind == kForbidden) {
    static const std::vector<std::string> written{"VirtualIP", "AddressClaim", "VRRPGroup", "RealServerSet",
                                                  "Service"};
    const std::string& kind = written[static_cast<std::size_t>(event.target) % written.size()];
    forbidden_.insert(kind);
    trouble.forbidden = {forbidden_.begin(), forbidden_.end()};
    after(event.length, [this, kind] {
      forbidden_.erase(forbidden_.find(kind));
      ground_.trouble.forbidden = {forbidden_.begin(), forbidden_.end()};
    });
    return;
  }
  int Trouble::*count = event.kind == kErrors ? &Trouble::errors
                        : event.kind == kLost ? &Trouble::lost
                        : event.kind == kSlow ? &Trouble::slow
                                              : &Trouble::busy;
  if (event.kind == kSlow) judge_.requests_are_late();
  trouble.*count += event.amount;
  after(event.length, [this, count, amount = event.amount] { ground_.trouble.*count -= amount; });
}

// FC-11: nodes take what is older once an admin has said so, by an epoch above theirs.
void Stage::restore() {
  judge_.new_history();
  server_.restore();
  for (auto& each : replicas_) each->lose_history();
  for (auto& where : seats_) where.machine->lose_history();
  after(kAdmin, [this, epoch = ++epoch_] {
    std::vector<Name> groups;
    for (const auto& [name, object] : server_.objects()) {
      if (name.kind == "VRRPGroup") groups.push_back(name);
    }
    for (const auto& name : groups) {
      server_.edit(name, [epoch](json& object) { object["spec"]["configEpoch"] = epoch; });
    }
  });
}

}  // namespace fairlead::sim::cluster

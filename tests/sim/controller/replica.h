#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "controller/plan/agenda.h"
#include "controller/plan/standing.h"
#include "controller/status/summary.h"
#include "sim/controller/cache.h"
#include "sim/controller/ground.h"
#include "sim/controller/writing.h"

namespace fairlead::sim::cluster {

// One controller: the product's decisions in the product's order of rounds (controller/plan/agenda.h), over a
// cache that is behind, kind by kind. What it does after a crash or while it is frozen it does not do.
class Replica {
 public:
  Replica(Ground& ground, std::string name);

  // A new process: it has listed everything, `late` kinds as they were so many changes ago, and remembers
  // nothing.
  void start(const std::map<std::string, std::size_t>& late);
  void crash();
  void freeze(Microseconds length);
  // From now on it writes, whoever else does.
  void lead();

  // Something of the kind has changed at the server: it comes here later.
  void notice(const std::string& kind);
  // Nothing of that kind comes until release().
  void hold_back(const std::string& kind) { held_back_.insert(kind); }
  void release(const std::string& kind);
  // Its list of that kind is from so many changes ago.
  void go_back(const std::string& kind, std::size_t changes);
  // The server is of another history: each kind is listed anew, and until all are nothing is decided (FC-11).
  void lose_history();

  bool alive() const { return process_ % 2 == 1; }
  bool leading() const { return alive() && leading_; }
  const std::string& name() const { return name_; }
  std::uint64_t rounds() const { return rounds_; }
  // When it last sent a write.
  std::optional<TimePoint> last_sent() const { return writing_ ? writing_->last_sent() : std::nullopt; }
  // Somebody undoes what it writes, or did of late: then it waits, and says so for three minutes (FC-04).
  bool fights() const { return !memory_.fought.empty() || !writing_->fought().empty(); }
  // What the newest round wanted, for people.
  const std::string& wanted() const { return wanted_; }
  void trace(bool on) { trace_ = on; }

 private:
  void later(Microseconds in, std::function<void()> task);
  void run(int process, std::function<void()> task);
  void changed(const std::string& kind, const api::ObjectKey& key);
  void stir(const api::ObjectKey& slice);
  void follow();
  controller::Agenda::VersionOf version_of() const;
  void round();
  void endpoints_round();
  void whole_round();
  void carry_out(std::vector<controller::Write> writes);
  void written(const Writing::Outcome& outcome);
  void tick();

  Ground& ground_;
  std::string name_;
  int process_ = 0;  // odd: it lives
  TimePoint frozen_until_{};
  bool leading_ = false;
  bool trace_ = false;
  std::set<std::string> held_back_;
  std::set<std::string> unsynced_;
  std::unique_ptr<Cache> cache_;
  std::unique_ptr<Writing> writing_;
  std::map<api::ObjectKey, api::ObjectKey> service_of_;
  controller::Memory memory_;
  controller::ClaimsMemory claims_;
  controller::Standing standing_;
  controller::Agenda agenda_;
  std::optional<TimePoint> woken_at_;
  std::optional<TimePoint> cut_at_;
  std::uint64_t rounds_ = 0;
  std::string wanted_;
};

}  // namespace fairlead::sim::cluster

#pragma once

#include <functional>
#include <map>
#include <string>

#include "lib/api/vrrp_group.h"
#include "node/agent/confirmation.h"
#include "node/plan/holding.h"
#include "sim/controller/ground.h"

namespace fairlead::sim::cluster {

// One node as the controller meets it: it sees the groups that carry its label, late; takes them up by the
// product's rules of order (node/plan/holding.h); and reports what it has carried out. Who is Master is
// decided among the machines by the stage: on the wire there is one per group.
class Machine {
 public:
  // What it held before and holds now.
  using OnApply = std::function<void(const Machine&, const plan::Objects& before)>;

  Machine(Ground& ground, std::string name, int host, OnApply on_apply);

  // The daemon starts; with `memory` it goes on from its checkpoint.
  void boot(const std::string& node_uid, bool memory);
  void die() { alive_ = false; }
  void freeze(Microseconds length) { frozen_until_ = ground_.time.now() + length; }
  void cut(bool off);
  void notice();
  // The server is of another history: it lists its groups anew.
  void lose_history();
  // Its Node object is gone: nobody waits for it any more, and what it holds does not count until it has seen
  // all there is.
  void excuse() { excused_ = true; }

  bool alive() const { return alive_; }
  bool running() const { return alive_ && ground_.time.now() >= frozen_until_; }
  bool excused() const { return excused_; }
  const std::string& name() const { return name_; }
  int host() const { return host_; }
  const plan::Objects& held() const { return held_; }
  // Its membership by the plan it holds, nullptr: none.
  const api::GroupMember* seat(const api::VRRPGroup& group) const;
  // It may be Master of that group object now.
  bool stands_for(const std::string& group, const std::string& uid) const;
  // Who is Master of each group object, by UID. Reports what has changed by that, or was not heard.
  void tell(const std::map<std::string, const Machine*>& masters);

 private:
  struct Role {
    std::string group_uid;
    api::MemberState state = api::MemberState::kInitialize;
    WallTime since{};
    agent::Confirmation confirmation;
  };
  void later(Microseconds in, std::function<void()> task);
  void advance(std::size_t upto);
  void list();
  void take(const Change& change);
  void apply();
  api::MemberStatus entry_of(const api::VRRPGroup& group, const Machine* master);
  void report(const std::string& group, const api::MemberStatus& entry);

  Ground& ground_;
  std::string name_;
  int host_;
  OnApply on_apply_;
  std::string node_uid_;
  bool alive_ = false;
  bool cut_ = false;
  bool excused_ = false;
  int starts_ = 0;
  int lists_ = 0;
  TimePoint frozen_until_{};
  std::size_t at_ = 0;
  plan::Objects seen_;
  plan::Objects held_;
  std::map<std::string, Role> roles_;
  std::map<std::string, std::pair<api::MemberStatus, TimePoint>> said_;
};

}  // namespace fairlead::sim::cluster

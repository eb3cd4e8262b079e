#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "node/agent/apply_queue.h"
#include "node/agent/confirmation.h"
#include "node/agent/entries.h"
#include "node/agent/namesake.h"

namespace fairlead::agent {

// What the reporter needs to see; all read on the loop's thread.
struct ReporterSources {
  std::function<const PlanView&()> view;
  // The groups labelled for this node, as the API server shows them.
  std::function<const std::map<api::ObjectKey, api::VRRPGroup>&()> groups;
  std::function<bool()> synced;  // whether groups() is the whole list
  // The groups that the plan in force is made of: before synced(), those of the checkpoint.
  std::function<const std::map<std::string, api::VRRPGroup>&()> planned;
  // Told of another live daemon of our name (FN-18), by its instance; of none by an empty one. On change.
  std::function<void(const std::string&)> namesake;
};

// Tells the API server what this node is and does: its NodeReport, its entry in the status of each of its
// groups, and as Master its counts in the status of the RealServerSets. On change only, newest value only,
// changes of state first, gathered for 50 ms (counts: 1 s); tried again for ever.
//
// An entry that the API server no longer shows as we applied it is applied again, 30 s after it was accepted
// at the earliest. If another daemon of our name writes it, ReporterSources::namesake is told.
// All on the loop's thread; loop, queue and sources must outlive it.
class Reporter {
 public:
  Reporter(sys::Loop& loop, ApplyQueue& queue, Speaker speaker, ReporterSources sources);
  Reporter(const Reporter&) = delete;
  Reporter& operator=(const Reporter&) = delete;

  void vrrp(const VrrpReport& report);
  void forwarding(const ForwardingReport& report);
  // Something that the sources return has changed.
  void changed() { soon(); }

  // Hand-over: what was reported last is written, or the deadline passes; then `done`. Call once, last. If
  // the list of groups has not been seen, it is written of the planned ones: the API server may be back, and
  // its status still show what an earlier run of this node claimed.
  void flush(TimePoint deadline, std::function<void()> done);

 private:
  void soon();
  void report_now();
  void report_node();
  void report_groups();
  void report_group(const api::VRRPGroup& group);
  void look_for_namesake();
  void report_sets();

  ApplyQueue& queue_;
  Speaker speaker_;
  ReporterSources sources_;
  Reports reports_;
  bool vrrp_seen_ = false;
  bool forwarding_seen_ = false;
  bool gathering_ = false;
  bool counting_ = false;

  // Of one group object, by the key of its write ("vrrpgroup/<name>/<uid>").
  struct Entry {
    Confirmation confirmation;
    api::MemberStatus wanted;
    std::optional<TimePoint> look_again;  // whether it is shown as it was accepted
  };
  std::map<std::string, Entry> entries_;
  Namesake namesake_;
  std::string living_;          // instance of the other daemon, as told
  std::set<std::string> sets_;  // keys of writes, of sets in the plan

  sys::Timer gather_;
  sys::Timer count_;
  sys::Timer look_again_;
};

}  // namespace fairlead::agent

#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "lib/apiserver/informer.h"
#include "node/agent/checkpoint_store.h"
#include "node/agent/entries.h"
#include "node/agent/manifest_folder.h"
#include "node/agent/messages.h"
#include "node/agent/password_directory.h"
#include "node/plan/holding.h"

namespace fairlead::agent {

// Where plans come from: the checkpoint first, then the API server for as long as it answers; and beside
// them, from the start, the node's own files (static manifests), which win where they collide. Without an API
// server the files are all there is, and of the checkpoint only what it says is ours in the kernel counts.
//
// Watches the VRRPGroups labelled for this node, and the RealServerSets of those groups: one watch each,
// the second replaced when the groups change and taken over once its list is there (api.md, Names). Gathers
// changes for 20 ms, makes the plan, writes it to the checkpoint, then orders it: intent is on disk before
// the kernel is written (FN-36). Nothing is removed before every list has been seen (K-19). Password files
// are read with each plan, and looked at again every 10 s.
//
// All on the loop's thread; loop, metrics, client and store must outlive it.
class PlanSource {
 public:
  struct Outlets {
    // A new plan to carry out; not called again for an equal one.
    std::function<void(VrrpOrder, ForwardingOrder)> order;
    // Anything that view(), groups() or synced() return may have changed.
    std::function<void()> changed;
    // A step of a long turn is done: a file was read.
    std::function<void()> moved;
  };

  // The files of this node that plans are made of and written to. No `manifests`: no --static.
  struct Files {
    CheckpointStore& store;
    PasswordDirectory passwords;
    std::optional<std::string> manifests;
  };

  // `client` is nullptr where there is no API server.
  PlanSource(sys::Loop& loop, sys::Metrics& metrics, apiserver::Client* client, Files files,
             plan::NodeIdentity node, Outlets outlets);
  PlanSource(const PlanSource&) = delete;
  PlanSource& operator=(const PlanSource&) = delete;

  // Orders the plan of checkpoint and files at once (I-9), then starts to watch. Call once.
  void start();

  // What the threads hold: it stays in the checkpoint until it is gone.
  void vrrp(const VrrpReport& report);
  void forwarding(const ForwardingReport& report);

  const PlanView& view() const { return view_; }
  // The groups labelled for us, as the API server shows them; empty before synced().
  const std::map<api::ObjectKey, api::VRRPGroup>& groups() const;
  // The API server's groups that the plan in force is made of, by name.
  const std::map<std::string, api::VRRPGroup>& planned() const { return objects_.groups; }
  // True once the list of groups has been seen.
  bool synced() const;

 private:
  using Groups = apiserver::Informer<api::VRRPGroup>;
  using Sets = apiserver::Informer<api::RealServerSet>;
  struct SetWatch {
    std::string selector;
    std::unique_ptr<Sets> sets;
  };

  // The checkpoint, if there is one of ours; what it owns is noted.
  CheckpointStore::Loaded load();
  void run_checkpoint(const CheckpointStore::Loaded& loaded);
  void load_manifests();
  // Makes the plan again of the objects in force: what it is made of besides has changed.
  void again();
  // Calls update() once within the next 20 ms, however often it is asked.
  void soon();
  void update();
  void choose_sets();
  std::string set_selector() const;
  std::unique_ptr<Sets> watch_sets(const std::string& selector);
  plan::Seen seen() const;
  bool whole() const;
  void replan(plan::Held held, PlanOrigin origin);
  // Of these objects and the files in force.
  plan::MadePlan make_plan(const plan::Objects& objects) const;
  std::set<std::string> password_names(const plan::Objects& objects) const;
  // Makes the plan again if a password file has changed.
  void look_at_passwords();
  // What is ours in the kernel, or is about to be: to remove when the plan no longer says so. True if that
  // changed.
  bool refresh_owned();
  void save();
  void order();
  void log_new_problems();
  void show_metrics();

  sys::Loop& loop_;
  sys::Metrics& metrics_;
  apiserver::Client* client_;  // nullptr: there is no API server
  CheckpointStore& store_;
  PasswordDirectory password_files_;
  plan::NodeIdentity node_;
  Outlets outlets_;

  std::unique_ptr<Groups> groups_;
  SetWatch sets_;
  SetWatch next_sets_;
  bool gathering_ = false;
  sys::Timer gather_;
  sys::Timer age_;

  std::unique_ptr<ManifestFolder> manifests_;  // nullptr: no --static

  plan::Objects objects_;      // without those of manifests_
  plan::Passwords passwords_;  // secret
  PlanView view_;
  std::set<net::IpAddress> owned_addresses_;
  std::set<plan::VirtualServerKey> owned_services_;
  std::set<plan::VirtualServerKey> claimed_services_;  // of the earlier run, as its checkpoint says
  VrrpReport vrrp_;
  ForwardingReport forwarding_;
  bool unsaved_ = false;  // the disk does not hold what is in force
  std::optional<WallTime> saved_at_;
  std::vector<std::string> logged_;  // problems that were there last time
};

}  // namespace fairlead::agent

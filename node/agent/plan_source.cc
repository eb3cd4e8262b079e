#include "node/agent/plan_source.h"

#include <algorithm>
#include <utility>

#include "lib/sys/log.h"
#include "node/agent/orders.h"

namespace fairlead::agent {
namespace {

constexpr Milliseconds kGather{20};
constexpr Seconds kLookAgainEvery{10};
constexpr const char* kBase = "/apis/fairlead.dev/v1alpha1";

std::vector<std::string> texts(const PlanView& view) {
  std::vector<std::string> out = view.checkpoint_problems;
  for (const auto& problem : view.problems) out.push_back(plan::to_string(problem));
  for (const auto& refused : view.refused) {
    out.push_back(refused.kind + " " + api::to_string(refused.object) + ": " +
                  std::string(plan::to_string(refused.ruling)));
  }
  return out;
}

}  // namespace

PlanSource::PlanSource(sys::Loop& loop, sys::Metrics& metrics, apiserver::Client* client, Files files,
                       plan::NodeIdentity node, Outlets outlets)
    : loop_(loop),
      metrics_(metrics),
      client_(client),
      store_(files.store),
      password_files_(std::move(files.passwords)),
      node_(std::move(node)),
      outlets_(std::move(outlets)),
      gather_(loop),
      age_(loop) {
  if (!files.manifests) return;
  const auto changed = [this] {
    load_manifests();
    again();
  };
  manifests_ = std::make_unique<ManifestFolder>(loop, metrics, *files.manifests, node_.name,
                                                ManifestFolder::Outlets{changed, outlets_.moved});
}

void PlanSource::start() {
  const auto loaded = load();
  if (manifests_) {
    if (loaded.checkpoint) view_.manifests.settled.in_force = manifests_of(*loaded.checkpoint);
    manifests_->start(view_.manifests.settled.in_force);
    load_manifests();
  }
  run_checkpoint(loaded);
  // Before the API server's list is there, an empty plan would take away what an earlier run left (K-19).
  const bool runs_files = manifests_ && !view_.manifests.settled.in_force.empty();
  if (view_.sequence == 0 && (client_ == nullptr || runs_files)) again();
  show_metrics();
  if (client_ == nullptr) return;
  groups_ = std::make_unique<Groups>(
      loop_, metrics_, *client_,
      apiserver::Resource{kBase, "vrrpgroups", "VRRPGroup", api::node_label(node_.name)},
      api::decode_vrrp_group, [this](const api::ObjectKey&) { soon(); });
}

CheckpointStore::Loaded PlanSource::load() {
  auto loaded = store_.load();
  view_.checkpoint_problems = std::move(loaded.problems);
  if (loaded.checkpoint && !is_of(*loaded.checkpoint, node_)) {
    const auto& uid = loaded.checkpoint->node_uid;
    view_.checkpoint_problems.push_back("checkpoint is of node " + loaded.checkpoint->node +
                                        (uid.empty() ? "" : " " + uid) + ", not ours");
    loaded.checkpoint.reset();
  }
  log_new_problems();
  if (!loaded.checkpoint) return loaded;
  saved_at_ = loaded.checkpoint->written;
  owned_addresses_ = loaded.checkpoint->owned_addresses;
  owned_services_ = keys_of(loaded.checkpoint->owned_services);
  claimed_services_ = owned_services_;
  return loaded;
}

void PlanSource::run_checkpoint(const CheckpointStore::Loaded& loaded) {
  if (!loaded.checkpoint || client_ == nullptr) return;
  const bool previous = loaded.copy == CheckpointStore::Copy::kPrevious;
  plan::Held held;
  held.objects = objects_of(*loaded.checkpoint);
  // On disk already: ordered without being written again.
  objects_ = held.objects;
  replan(std::move(held), previous ? PlanOrigin::kPreviousCheckpoint : PlanOrigin::kCheckpoint);
}

void PlanSource::load_manifests() {
  unsaved_ = unsaved_ || checkpoint_manifests(view_.manifests.settled.in_force) !=
                             checkpoint_manifests(manifests_->settled().in_force);
  view_.manifests.settled = manifests_->settled();
  view_.manifests.folder_problem = manifests_->problem();
}

void PlanSource::soon() {
  if (gathering_) return;
  gathering_ = true;
  gather_.arm(sys::now() + kGather, [this] {
    gathering_ = false;
    update();
  });
}

void PlanSource::update() {
  if (synced()) {
    choose_sets();
    // The previous copy may be older than what was in force: it loses to the first answer (FN-15).
    const bool fallback = view_.origin == PlanOrigin::kPreviousCheckpoint;
    const bool complete = whole();
    const auto base = fallback && complete ? plan::Objects{} : objects_;
    const bool first = view_.origin == PlanOrigin::kNone || view_.origin == PlanOrigin::kStatic;
    const bool from_api = complete || first;
    replan(plan::hold(base, seen()), from_api ? PlanOrigin::kApi : view_.origin);
  } else if (unsaved_) {
    save();
  }
}

void PlanSource::replan(plan::Held held, PlanOrigin origin) {
  passwords_ = password_files_.read(password_names(held.objects), passwords_);
  auto made = make_plan(held.objects);
  const bool changed = view_.sequence == 0 || !(made.plan == view_.plan);
  if (!(held.objects == objects_)) unsaved_ = true;
  objects_ = std::move(held.objects);
  view_.plan = std::move(made.plan);
  view_.origin = origin;
  view_.refused = std::move(held.refused);
  view_.problems = std::move(held.problems);
  std::move(made.problems.begin(), made.problems.end(), std::back_inserter(view_.problems));
  if (changed) ++view_.sequence;
  refresh_owned();
  if (unsaved_) save();  // intent is on disk before the kernel is written
  if (changed) order();
  log_new_problems();
  show_metrics();
  outlets_.changed();
}

void PlanSource::again() {
  if (synced()) {
    update();
  } else {
    const bool first = view_.origin == PlanOrigin::kNone;
    replan(plan::Held{objects_, {}, {}}, first ? PlanOrigin::kStatic : view_.origin);
  }
}

void PlanSource::look_at_passwords() {
  if (password_files_.read(password_names(objects_), passwords_) != passwords_) again();
}

std::set<std::string> PlanSource::password_names(const plan::Objects& objects) const {
  auto out = plan::password_files(node_.name, objects.groups);
  const auto files = plan::objects_of(view_.manifests.settled.in_force);
  out.merge(plan::password_files(node_.name, files.groups));
  return out;
}

plan::MadePlan PlanSource::make_plan(const plan::Objects& objects) const {
  // No copy of what may be ten thousand sets where there is nothing to merge.
  if (!manifests_) return plan::make_plan(node_, objects.groups, objects.sets, passwords_, view_.plan);
  const auto files = plan::objects_of(view_.manifests.settled.in_force);
  return plan::make_plan(node_, plan::merge(objects, files), passwords_, view_.plan);
}

void PlanSource::order() {
  sys::log(sys::LogLevel::kInfo, "plan.ordered",
           {{"sequence", std::to_string(view_.sequence)},
            {"from", std::string(to_string(view_.origin))},
            {"groups", std::to_string(view_.plan.groups.size())},
            {"virtual_servers", std::to_string(view_.plan.virtual_servers.size())}});
  outlets_.order(vrrp_order(view_.plan, view_.sequence, owned_addresses_),
                 forwarding_order(view_.plan, view_.sequence, claimed_services_));
}

void PlanSource::vrrp(const VrrpReport& report) {
  vrrp_ = report;
  if (refresh_owned()) soon();
}

void PlanSource::forwarding(const ForwardingReport& report) {
  forwarding_ = report;
  if (refresh_owned()) soon();
}

bool PlanSource::refresh_owned() {
  if (view_.sequence == 0) return false;
  auto addresses = owned_after(owned_addresses_, view_.plan, vrrp_, view_.sequence);
  auto services = owned_after(owned_services_, view_.plan, forwarding_, view_.sequence);
  const bool changed = addresses != owned_addresses_ || services != owned_services_;
  owned_addresses_ = std::move(addresses);
  owned_services_ = std::move(services);
  unsaved_ = unsaved_ || changed;
  return changed;
}

void PlanSource::save() {
  const WallTime now = sys::wall_now();
  auto checkpoint = checkpoint_of(node_, objects_, owned_addresses_, owned_services_, now);
  checkpoint.manifests = checkpoint_manifests(view_.manifests.settled.in_force);
  const auto saved = store_.save(checkpoint);
  view_.checkpoint_problems.clear();
  if (saved) {
    unsaved_ = false;
    saved_at_ = now;
  } else {
    metrics_.counter("fairlead_node_checkpoint_errors_total", "Checkpoints that could not be written", {})
        .add(1);
    view_.checkpoint_problems.push_back("checkpoint: " + saved.error().message);
  }
  log_new_problems();
}

void PlanSource::log_new_problems() {
  auto now = texts(view_);
  for (const auto& text : now) {
    if (std::find(logged_.begin(), logged_.end(), text) != logged_.end()) continue;
    sys::log(sys::LogLevel::kWarning, "plan.problem", {{"problem", text}});
  }
  logged_ = std::move(now);
}

void PlanSource::show_metrics() {
  const bool loaded = view_.sequence > 0;
  metrics_.gauge("fairlead_node_config_loaded", "1 if a plan is in force", {}).set(loaded ? 1 : 0);
  metrics_.gauge("fairlead_node_config_stale", "1 if the plan in force is not the API server's", {})
      .set(loaded && client_ != nullptr && view_.origin != PlanOrigin::kApi ? 1 : 0);
  metrics_.counter("fairlead_node_checkpoint_errors_total", "Checkpoints that could not be written", {})
      .add(0);
  if (saved_at_) {
    const auto age = std::chrono::duration<double>(sys::wall_now() - *saved_at_);
    metrics_.gauge("fairlead_node_checkpoint_age_seconds", "Since the checkpoint on disk was written", {})
        .set(age.count());
  }
  age_.arm(sys::now() + kLookAgainEvery, [this] {
    look_at_passwords();
    if (unsaved_ && view_.sequence > 0) save();  // a full disk may have room again
    show_metrics();
  });
}

}  // namespace fairlead::agent

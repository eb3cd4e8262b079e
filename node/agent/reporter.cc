#include "node/agent/reporter.h"

#include <optional>
#include <utility>

#include "lib/api/member_entry.h"
#include "lib/base/earlier.h"
#include "lib/sys/log.h"

namespace fairlead::agent {
namespace {

constexpr Milliseconds kGather{50};
constexpr Seconds kGatherCounts{1};
const std::string kBase = "/apis/fairlead.dev/v1alpha1/";

std::string key_of(const api::VRRPGroup& group) {
  return "vrrpgroup/" + group.meta.name + "/" + group.meta.uid;
}

std::string key_of(const api::ObjectKey& key, const plan::SetPlan& set) {
  return "realserverset/" + api::to_string(key) + "/" + set.version.uid;
}

}  // namespace

Reporter::Reporter(sys::Loop& loop, ApplyQueue& queue, Speaker speaker, ReporterSources sources)
    : queue_(queue),
      speaker_(std::move(speaker)),
      sources_(std::move(sources)),
      gather_(loop),
      count_(loop),
      look_again_(loop) {}

void Reporter::vrrp(const VrrpReport& report) {
  reports_.vrrp = report;
  vrrp_seen_ = true;
  soon();
}

void Reporter::forwarding(const ForwardingReport& report) {
  reports_.forwarding = report;
  forwarding_seen_ = true;
  soon();
}

void Reporter::soon() {
  if (!gathering_) {
    gathering_ = true;
    gather_.arm(sys::now() + kGather, [this] {
      gathering_ = false;
      report_now();
    });
  }
  if (counting_) return;
  counting_ = true;
  count_.arm(sys::now() + kGatherCounts, [this] {
    counting_ = false;
    report_sets();
  });
}

void Reporter::flush(TimePoint deadline, std::function<void()> done) {
  report_now();
  if (vrrp_seen_ && !sources_.synced()) {
    for (const auto& [name, group] : sources_.planned()) report_group(group);
  }
  queue_.flush(deadline, std::move(done));
}

void Reporter::report_now() {
  // A state that nobody has reported yet would be a guess.
  if (vrrp_seen_ && sources_.synced()) report_groups();
  if (vrrp_seen_ && forwarding_seen_) report_node();
}

void Reporter::report_node() {
  const auto report = node_report(speaker_, sources_.view(), reports_);
  queue_.want("nodereport",
              {kBase + "nodereports/" + report.meta.name, "nodereports", api::encode_node_report(report)},
              false);
}

void Reporter::report_groups() {
  const auto& groups = sources_.groups();
  std::map<std::string, Entry> still;
  for (const auto& [key, group] : groups) {
    const auto node = entries_.extract(key_of(group));
    if (!node.empty()) still.insert({node.key(), node.mapped()});
  }
  for (const auto& [key, entry] : entries_) queue_.forget(key);
  entries_ = std::move(still);
  for (const auto& [key, group] : groups) report_group(group);
  look_for_namesake();
  std::optional<TimePoint> next = namesake_.forgotten_at();
  for (const auto& [key, entry] : entries_) {
    next = earlier(next, earlier(entry.confirmation.look_again, entry.look_again));
  }
  if (next) look_again_.arm(*next, [this] { soon(); });
}

void Reporter::report_group(const api::VRRPGroup& group) {
  const std::string key = key_of(group);
  const bool first = !entries_.contains(key);
  Entry& entry = entries_[key];
  const auto reported = reports_.vrrp.groups.find(group.meta.name);
  const bool master = reported != reports_.vrrp.groups.end() && reported->second.uid == group.meta.uid &&
                      reported->second.state == api::MemberState::kMaster;
  entry.confirmation =
      confirm(entry.confirmation, speaker_.node.name, master, group.status.members, sys::now());
  auto wanted = member_entry(speaker_, group.meta, sources_.view(), reports_, entry.confirmation.confirmed);
  const bool moved = first || wanted.state != entry.wanted.state || wanted.since != entry.wanted.since;
  entry.wanted = std::move(wanted);

  const auto* shown = entry_of(group, speaker_.node.name);
  entry.look_again = queue_.keep(key,
                                 {kBase + "vrrpgroups/" + group.meta.name + "/status", "vrrpgroups",
                                  api::encode_member_status(group.meta.name, entry.wanted)},
                                 moved, shown != nullptr && *shown == entry.wanted);
}

void Reporter::look_for_namesake() {
  namesake_ = agent::look_for_namesake(std::move(namesake_), speaker_.node.name, speaker_.instance,
                                       sources_.groups(), sys::now());
  std::string living = namesake_.living().value_or("");
  if (living == living_) return;
  living_ = std::move(living);
  if (living_.empty()) {
    sys::log(sys::LogLevel::kInfo, "node.single_again", {{"node", speaker_.node.name}});
  } else {
    sys::log(sys::LogLevel::kError, "node.duplicate",
             {{"node", speaker_.node.name}, {"instance", speaker_.instance}, {"other", living_}});
  }
  sources_.namesake(living_);
}

void Reporter::report_sets() {
  const auto& plan = sources_.view().plan;
  std::set<std::string> still;
  for (const auto& [key, set] : plan.sets) {
    if (!plan::is_from_file(set.version)) still.insert(key_of(key, set));
  }
  for (const auto& key : sets_) {
    if (!still.contains(key)) queue_.forget(key);
  }
  sets_ = std::move(still);
  for (const auto& [key, set] : plan.sets) {
    if (plan::is_from_file(set.version)) continue;  // the API server has no such object
    const auto group = reports_.vrrp.groups.find(set.group);
    const bool master =
        group != reports_.vrrp.groups.end() && group->second.state == api::MemberState::kMaster;
    if (!master) continue;
    const auto entry = set_entry(speaker_, set, plan, reports_.forwarding);
    queue_.want(key_of(key, set),
                {kBase + "namespaces/" + key.namespace_name + "/realserversets/" + key.name + "/status",
                 "realserversets", api::encode_real_server_set_member(key, entry)},
                false);
  }
}

}  // namespace fairlead::agent

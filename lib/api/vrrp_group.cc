#include "lib/api/vrrp_group.h"

#include "lib/api/json_view.h"
#include "lib/api/net_fields.h"
#include "lib/api/vrrp_fields.h"
#include "lib/api/vrrp_group_fields.h"

namespace fairlead::api {
namespace {

constexpr Kind kKind{"fairlead.dev/v1alpha1", "VRRPGroup"};
constexpr std::size_t kMaxProblems = 16;

constexpr Word<MemberState> kStateWords[] = {{"Initialize", MemberState::kInitialize},
                                             {"Backup", MemberState::kBackup},
                                             {"Master", MemberState::kMaster}};

void note_if_set(const JsonView& view, std::vector<std::string>& not_yet_supported) {
  if (!view.fields().empty()) not_yet_supported.push_back(view.path());
}

void read_family_and_version(const JsonView& spec, VRRPGroupSpec& out) {
  spec.at("family").require();
  read_family(spec.at("family"), out.family);
  read_version(spec.at("version"), out.version);
  if (out.version == 2 && out.family == net::Family::kIPv6) {
    spec.at("version").problem("must be 3 with family IPv6, got 2");
  }
}

void read_spec(const JsonView& spec, VRRPGroup& group) {
  VRRPGroupSpec& out = group.spec;
  spec.require();
  if (!spec.object()) return;
  read_family_and_version(spec, out);
  spec.at("virtualRouterID").require();
  spec.at("virtualRouterID").read(1, 255, out.virtual_router_id);
  spec.at("interface").require();
  read_interface(spec.at("interface"), out.interface);
  read_advert_interval(spec.at("advertIntervalMs"), out.version, out.advert_interval);
  spec.at("preempt").read(out.preempt);
  read_preempt_delay(spec.at("preemptDelaySeconds"), out.preempt_delay);
  read_checksum(spec.at("checksum"), out.checksum);
  read_transport(spec.at("transport"), out.transport);
  read_authentication(spec.at("authentication"), out);
  read_group_lists(spec, out);
  read_track_interfaces(spec.at("trackInterfaces"), out.track_interfaces);
  note_if_set(spec.at("trackQuorum"), out.not_yet_supported);
  read_link_up_delay(spec.at("linkUpDelayMs"), out.link_up_delay);
  std::int64_t fence = 0;
  if (spec.at("fenceLifetimeSeconds").integer(1, 3600, fence)) out.fence_lifetime = Seconds(fence);
  spec.at("strictV6FirstAddress").read(out.strict_v6_first_address);
  read_announce(spec.at("announce"), out.announce);
  spec.at("configEpoch").read(1, INT64_MAX, out.config_epoch);
}

void read_transition(const JsonView& last, std::optional<MemberTransition>& out) {
  if (!last.object()) return;
  MemberTransition& transition = out.emplace();
  last.at("time").read(transition.time);
  last.at("reason").read(transition.reason);
  std::int64_t outage = 0;
  if (last.at("outageMs").integer(0, INT64_MAX, outage)) transition.outage_ms = outage;
}

void read_member_status(const JsonView& item, MemberStatus& out) {
  item.at("node").require();
  item.at("node").read(out.node);
  item.at("groupUID").read(out.group_uid);
  item.at("instance").read(out.instance);
  item.at("state").read<MemberState>(kStateWords, out.state);
  item.at("since").read(out.since);
  item.at("observedGeneration").read(0, INT64_MAX, out.observed_generation);
  item.at("programmed").read(out.programmed);
  item.at("confirmed").read(0, INT64_MAX, out.confirmed);
  item.at("hears").read(out.hears);
  read_transition(item.at("lastTransition"), out.last_transition);
  for (const auto& entry : item.at("problems").items(kMaxProblems)) {
    Condition problem;
    if (!entry.object()) continue;
    problem.status = ConditionStatus::kTrue;
    entry.at("type").read(problem.type);
    entry.at("reason").read(problem.reason);
    entry.at("message").read(problem.message);
    out.problems.push_back(std::move(problem));
  }
}

void read_status(const JsonView& status, VRRPGroup& out, std::vector<Problem>& left_out) {
  if (!status.object()) return;
  constexpr std::size_t kMaxEntries = 64;  // those of former members are taken out (controller/plan)
  const auto take = [&](MemberStatus entry, bool readable) {
    out.status.entries.push_back(entry.node);
    // A node that has not seen yet that the group was made again; the API server lets it write its entry.
    const bool of_another =
        !entry.group_uid.empty() && !out.meta.uid.empty() && entry.group_uid != out.meta.uid;
    if (readable && !of_another) out.status.members.push_back(std::move(entry));
  };
  const bool places_known =
      read_entries(status.at("members"), kMaxEntries, read_member_status, left_out, take);
  if (!places_known) out.status.entries.clear();
  status.at("master").read(out.status.master);
  status.at("state").read(out.status.state);
  read_conditions(status.at("conditions"), out.status.conditions);
}

}  // namespace

Decoded<VRRPGroup> decode_vrrp_group(std::string_view json) {
  return decode_shared(json, kKind, read_spec, read_status);
}

Decoded<VRRPGroup> decode_written_vrrp_group(std::string_view json) {
  return decode_written_shared(json, kKind, read_spec, read_status);
}

std::string_view to_string(MemberState state) {
  for (const auto& word : kStateWords) {
    if (word.value == state) return word.text;
  }
  return "unknown";
}

}  // namespace fairlead::api

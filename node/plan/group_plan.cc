#include "node/plan/group_plan.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "node/address/fence.h"

namespace fairlead::plan {
namespace {

constexpr std::size_t kPasswordBytes = 8;
constexpr int kStrongestBackup = 254;  // RFC 9568 section 5.2.4: whoever has 255 is never a Backup

std::string member_path(std::size_t index, std::string_view field) {
  return "spec.members[" + std::to_string(index) + "]." + std::string(field);
}

// What the file of authentication PASS holds; nullptr: never read.
const PasswordFile* password_of(const api::VRRPGroup& group, const Passwords& passwords) {
  if (!group.spec.password_file) return nullptr;
  const auto found = passwords.find(*group.spec.password_file);
  return found == passwords.end() ? nullptr : &found->second;
}

// What the interfaces of a member that are up can add to its priority.
int most_added(const api::VRRPGroupSpec& spec) {
  int out = 0;
  for (const auto& tracked : spec.track_interfaces) out += std::max(0, tracked.weight);
  return out;
}

// The smallest Active_Down_Interval that any other router of the group can have: that of the highest priority
// among them. A member alone has only itself to be succeeded by. Foreign peers may have any priority, and
// FRR rounds Skew_Time down to centiseconds (vrrp.md 4). Who hands over has his full priority again as soon
// as he reads so, be it before we do.
Microseconds min_active_down_interval(const api::VRRPGroupSpec& spec, std::size_t self,
                                      const GroupPlan& plan) {
  const int added = most_added(spec);
  int highest = spec.foreign_peers.empty() ? 0 : kStrongestBackup;
  for (std::size_t i = 0; i < spec.members.size(); ++i) {
    if (i == self && spec.members.size() > 1) continue;
    const int priority = spec.members[i].priority;
    highest = std::max(highest, added == 0 ? priority : std::min(kStrongestBackup, priority + added));
  }
  const auto interval = vrrp::active_down_interval(
      plan.vrrp_version, vrrp::Priority(static_cast<std::uint8_t>(highest)), plan.advertise_interval);
  if (spec.foreign_peers.empty()) return interval;
  return std::chrono::floor<vrrp::Centiseconds>(interval);
}

// What is wrong with the lifetime that is asked for; nothing where it is used as it is.
std::optional<std::string> odd_lifetime(const GroupPlan& plan) {
  if (!plan.fence_lifetime) return std::nullopt;
  const Microseconds interval(plan.advertise_interval);
  const auto [least, most] = address::lifetime_range(interval, plan.min_active_down_interval);
  const Seconds used = address::fence_lifetime(interval, plan.min_active_down_interval, plan.fence_lifetime);
  if (used == *plan.fence_lifetime) return std::nullopt;
  const auto text = [](Seconds seconds) { return std::to_string(seconds.count()); };
  return "must be " + text(least) + (least == most ? "" : ".." + text(most)) +
         " with this advert interval and these members, got " + text(*plan.fence_lifetime) + ": " +
         text(used) + " is used";
}

std::optional<Unicast> unicast_of(const api::VRRPGroupSpec& spec, std::size_t self) {
  if (spec.transport != api::Transport::kUnicast) return std::nullopt;
  Unicast out;
  out.source = spec.members[self].unicast_address;
  for (std::size_t i = 0; i < spec.members.size(); ++i) {
    const auto& address = spec.members[i].unicast_address;
    if (i != self && address) out.peers.insert({*address, vrrp::kTtl});
  }
  for (const auto& peer : spec.foreign_peers) out.peers.insert({peer.address, peer.min_ttl});
  return out;
}

}  // namespace

PlanProblem problem_of(const api::VRRPGroup& group, Refusal refusal, std::string path, std::string message) {
  return {"VRRPGroup", api::key_of(group.meta), refusal, {std::move(path), std::move(message)}};
}

std::vector<PlanProblem> obstacles(const api::VRRPGroup& group, std::size_t self,
                                   const Passwords& passwords) {
  std::vector<PlanProblem> out;
  const auto& spec = group.spec;
  if (spec.password_file) {
    const PasswordFile* file = password_of(group, passwords);
    const std::string path = "spec.authentication.passwordFile";
    if (file == nullptr || !file->text) {
      const std::string why = file == nullptr ? "not read" : file->error;
      out.push_back(
          problem_of(group, Refusal::kPasswordMissing, path,
                     *spec.password_file + ": " + why + ": the group is not run without its authentication"));
    } else if (file->text->empty()) {
      out.push_back(problem_of(group, Refusal::kPasswordMissing, path,
                               *spec.password_file + ": must hold 1..8 bytes, got none"));
    }
  }
  const bool mute = spec.transport == api::Transport::kUnicast && spec.members.size() > 1 &&
                    !spec.members[self].unicast_address;
  if (mute) {
    out.push_back(problem_of(
        group, Refusal::kUnicastPeerMissing, member_path(self, "unicastAddress"),
        "required with transport Unicast: the other members would not hear " + spec.members[self].node));
  }
  return out;
}

std::vector<PlanProblem> shortcomings(const api::VRRPGroup& group, std::size_t self,
                                      const Passwords& passwords, const GroupPlan& plan) {
  std::vector<PlanProblem> out;
  const auto& spec = group.spec;
  if (auto odd = odd_lifetime(plan)) {
    out.push_back(
        problem_of(group, Refusal::kFenceLifetimeOutOfRange, "spec.fenceLifetimeSeconds", *std::move(odd)));
  }
  if (const PasswordFile* file = password_of(group, passwords); file != nullptr) {
    const std::string path = "spec.authentication.passwordFile";
    if (!file->error.empty()) {
      out.push_back(
          problem_of(group, Refusal::kPasswordMissing, path,
                     *spec.password_file + ": " + file->error + ": what it held before stays in force"));
    }
    if (file->text->size() > kPasswordBytes) {
      out.push_back(
          problem_of(group, Refusal::kPasswordTooLong, path,
                     *spec.password_file + ": must hold 1..8 bytes, got more: the first 8 are used"));
    }
  }
  if (spec.transport != api::Transport::kUnicast) return out;
  for (std::size_t i = 0; i < spec.members.size(); ++i) {
    if (i == self || spec.members[i].unicast_address) continue;
    out.push_back(problem_of(
        group, Refusal::kUnicastPeerMissing, member_path(i, "unicastAddress"),
        "required with transport Unicast: " + spec.members[i].node + " is neither sent adverts nor heard"));
  }
  return out;
}

GroupPlan group_plan(const api::VRRPGroup& group, std::size_t self, const Passwords& passwords) {
  const auto& spec = group.spec;
  const auto& member = spec.members[self];
  GroupPlan out;
  out.name = group.meta.name;
  out.version = version_of(group);
  out.family = spec.family;
  out.virtual_router_id = *vrrp::make_virtual_router_id(spec.virtual_router_id);
  out.interface = member.interface.empty() ? spec.interface : member.interface;
  out.vrrp_version = spec.version == 2 ? vrrp::Version::k2 : vrrp::Version::k3;
  out.priority = vrrp::Priority(static_cast<std::uint8_t>(api::priority_in_use(member)));
  out.hand_over = member.hand_over;
  out.advertise_interval = *vrrp::make_advertise_interval(out.vrrp_version, spec.advert_interval);
  out.preempt = spec.preempt;
  out.preempt_delay = spec.preempt_delay;
  out.checksum =
      spec.checksum == api::Checksum::kRfc5798 ? vrrp::ChecksumForm::kRfc5798 : vrrp::ChecksumForm::kRfc9568;
  if (const PasswordFile* file = password_of(group, passwords)) {
    out.password = vrrp::make_password(*file->text);
  }
  out.unicast = unicast_of(spec, self);
  out.strict_v6_first_address = spec.strict_v6_first_address;
  for (const auto& tracked : spec.track_interfaces) out.tracked.push_back({tracked.name, tracked.weight});
  out.link_up_delay = spec.link_up_delay;
  out.announce = {spec.announce.repeats, spec.announce.refresh, spec.announce.router_flag};
  for (const auto& address : spec.addresses) out.addresses.insert(address.address);
  for (const auto& excluded : spec.excluded_addresses) out.excluded.insert(excluded.address);
  out.min_active_down_interval = min_active_down_interval(spec, self, out);
  out.fence_lifetime = spec.fence_lifetime;
  return out;
}

net::IpAddress default_link_local(vrrp::VirtualRouterId id) {
  return net::IpAddress::v6({0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0x5e, 0xff, 0xfe, 0, 2, id.value()});
}

}  // namespace fairlead::plan

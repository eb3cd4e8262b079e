#include "node/agent/virtual_router_peers.h"

#include <algorithm>
#include <array>
#include <string>

#include "lib/base/overloaded.h"
#include "lib/base/text.h"
#include "lib/sys/log.h"
#include "node/agent/problem.h"

namespace fairlead::agent {
namespace {

using vrrp::Oddity;

constexpr std::size_t kSendersKnown = 64;  // senders can be made up
constexpr Seconds kRemembered{10};         // and never less than three of their intervals
// Who cannot understand us may say one word only, and then wait for us to be silent (vrrp.md 6).
constexpr Seconds kMuteRemembered{60};
constexpr int kFarFactor = 10;

Microseconds memory_of(const vrrp::Accepted& accepted) {
  return std::max<Microseconds>(kRemembered, 3 * Microseconds(accepted.advert.max_advertise_interval));
}

// In what an advert differs from those we would send. A stranger's addresses are his own business.
std::set<Oddity> differences(const vrrp::Advertisement& advert, bool stranger, const plan::GroupPlan& plan) {
  std::set<Oddity> out;
  const auto ours = vrrp::in_advert_order({plan.addresses.begin(), plan.addresses.end()});
  if (!stranger && advert.addresses != ours) {
    const bool same_list = vrrp::in_advert_order(advert.addresses) == ours;
    out.insert(same_list ? Oddity::kAddressOrder : Oddity::kAddresses);
  }
  const auto interval = advert.max_advertise_interval;
  if (interval == plan.advertise_interval) return out;
  out.insert(interval > kFarFactor * plan.advertise_interval ? Oddity::kFarInterval : Oddity::kInterval);
  return out;
}

bool in_other_form(const vrrp::Accepted& accepted, const plan::GroupPlan& plan) {
  if (!accepted.checksum) return false;
  const bool rfc5798 = plan.checksum == vrrp::ChecksumForm::kRfc5798;
  return *accepted.checksum == (rfc5798 ? vrrp::ChecksumMatch::kRfc9568 : vrrp::ChecksumMatch::kRfc5798);
}

// What the refusal of an advert that names our router says about its sender. The others say that it was none,
// or meant for somebody else.
bool worth_telling(vrrp::RejectReason reason) {
  switch (reason) {
    case vrrp::RejectReason::kIpTtl:
    case vrrp::RejectReason::kVersion:
    case vrrp::RejectReason::kChecksum:
    case vrrp::RejectReason::kPacketLength:
    case vrrp::RejectReason::kAddressList:
    case vrrp::RejectReason::kInterval:
    case vrrp::RejectReason::kAuthentication:
      return true;
    case vrrp::RejectReason::kProtocol:
    case vrrp::RejectReason::kType:
    case vrrp::RejectReason::kVrid:
    case vrrp::RejectReason::kOwnAddress:
    case vrrp::RejectReason::kSource:
      return false;
  }
  return false;
}

std::string name_of(const vrrp::Seen& what) {
  return std::visit(Overloaded{
                        [](Oddity oddity) { return std::string(to_string(oddity)); },
                        [](vrrp::RejectReason reason) { return std::string(to_string(reason)); },
                    },
                    what);
}

}  // namespace

void Peers::note(const vrrp::Seen& what, const net::IpAddress& sender, Microseconds remembered,
                 const plan::GroupPlan& plan) {
  if (const auto* oddity = std::get_if<Oddity>(&what)) world_.metrics.count_odd(plan.name, *oddity);
  if (!sightings_.note(what, sender, world_.clock.now(), remembered)) return;
  sys::log(sys::LogLevel::kWarning, "vrrp.peer_odd",
           {{"group", plan.name}, {"sender", to_string(sender)}, {"what", name_of(what)}});
}

// Of a unicast group only configured peers are heard at all.
bool Peers::is_stranger(const vrrp::Accepted& accepted, const plan::GroupPlan& plan) {
  if (plan.unicast || familiar_.contains(accepted.sender)) return false;
  std::set<net::IpAddress> ours = plan.addresses;
  ours.insert(plan.excluded.begin(), plan.excluded.end());
  if (!vrrp::lists_any_of(accepted.advert.addresses, ours)) return true;
  if (familiar_.size() < kSendersKnown) familiar_.insert(accepted.sender);
  return false;
}

vrrp::AdvertReceived Peers::hear(const vrrp::Accepted& accepted, const plan::GroupPlan& plan) {
  const vrrp::Advertisement& advert = accepted.advert;
  const vrrp::AdvertReceived out{advert.priority, advert.max_advertise_interval, accepted.sender,
                                 is_stranger(accepted, plan)};
  const Microseconds remembered = memory_of(accepted);
  if (out.stranger) {
    stranger_ = advert.priority == vrrp::kRelinquish ? std::nullopt : std::optional(out);
    note(Oddity::kStranger, out.sender, remembered, plan);
  }
  if (accepted.trailing_bytes > 0) note(Oddity::kTrailingBytes, out.sender, remembered, plan);
  if (in_other_form(accepted, plan)) note(Oddity::kChecksumForm, out.sender, kMuteRemembered, plan);
  if (advert.priority == vrrp::kRelinquish) {
    note(Oddity::kPriorityZero, out.sender, kRemembered, plan);
    return out;
  }
  if (advert.priority == vrrp::kOwner && plan.priority == vrrp::kOwner) {
    note(Oddity::kSecondOwner, out.sender, remembered, plan);
  }
  note_difference(accepted, out.stranger, plan);
  return out;
}

// VR-043, VR-044: another interval or list is logged, once per sender and change, but ten times at once and
// ten times a minute from then on at most, and never dropped; one that lasts is a condition.
void Peers::note_difference(const vrrp::Accepted& accepted, bool stranger, const plan::GroupPlan& plan) {
  const std::set<Oddity> found = differences(accepted.advert, stranger, plan);
  for (const Oddity oddity :
       {Oddity::kAddresses, Oddity::kAddressOrder, Oddity::kInterval, Oddity::kFarInterval}) {
    if (found.contains(oddity)) {
      note(oddity, accepted.sender, memory_of(accepted), plan);
    } else if (oddity != Oddity::kFarInterval) {
      // That one is told at once: a sender who took turns would be told of at every other advert.
      sightings_.over(oddity, accepted.sender);
    }
  }
  if (found.empty() && !stranger) {
    differing_.erase(accepted.sender);
    return;
  }
  // Whose line is refused is told of later, if he still differs.
  if (differing_.size() < kSendersKnown && !differing_.contains(accepted.sender) &&
      lines_.take(world_.clock.now())) {
    differing_.insert(accepted.sender);
    sys::log(sys::LogLevel::kWarning, "vrrp.peer_differs",
             {{"group", plan.name},
              {"sender", to_string(accepted.sender)},
              {"interval_cs", std::to_string(accepted.advert.max_advertise_interval.count())},
              {"addresses", std::to_string(accepted.advert.addresses.size())}});
  }
}

void Peers::refuse(const vrrp::Rejected& rejected, const plan::GroupPlan& plan) {
  if (!rejected.sender) return;
  if (rejected.reason == vrrp::RejectReason::kOwnAddress) {
    note(Oddity::kOwnAddress, *rejected.sender,
         std::max<Microseconds>(kRemembered, 3 * Microseconds(plan.advertise_interval)), plan);
  } else if (worth_telling(rejected.reason)) {
    const bool mute = rejected.reason == vrrp::RejectReason::kChecksum;
    note(rejected.reason, *rejected.sender, mute ? kMuteRemembered : kRemembered, plan);
  }
}

std::optional<vrrp::AdvertReceived> Peers::stranger() const {
  return sightings_.sender_of(Oddity::kStranger) ? stranger_ : std::nullopt;
}

net::IpAddress Peers::told_of(const vrrp::AdvertReceived& received) const {
  if (!received.stranger) return received.sender;
  return sightings_.sender_of(Oddity::kStranger).value_or(received.sender);
}

void Peers::forget() { sightings_.forget(world_.clock.now()); }

std::vector<api::Condition> Peers::problems(const plan::GroupPlan& plan) const {
  struct Text {
    Oddity oddity;
    const char* message;  // after the sender
  };
  static constexpr std::array<Text, 8> kTexts{{
      {Oddity::kStranger, " advertises other addresses under our virtual router ID"},
      {Oddity::kOwnAddress,
       " is our own address, and adverts come from it: another node has it, or the network sends ours back"},
      {Oddity::kSecondOwner, " advertises priority 255, too"},
      {Oddity::kFarInterval,
       " advertises an interval more than ten times ours: to take over from it would take as much longer"},
      {Oddity::kPriorityZero, " gives the role up over and over"},
      {Oddity::kAddresses, " advertises another list of addresses than this group has"},
      {Oddity::kAddressOrder, " advertises the addresses in another order than this group"},
      {Oddity::kInterval, " advertises at another interval than this group"},
  }};
  std::vector<api::Condition> out;
  for (const Text& text : kTexts) {
    const auto sender = sightings_.sender_of(text.oddity);
    if (!sender) continue;
    out.push_back(problem(std::string(to_string(text.oddity)), "Heard", to_string(*sender) + text.message));
  }
  std::vector<std::string> mismatches;
  if (const auto sender = sightings_.sender_of(Oddity::kChecksumForm)) {
    mismatches.push_back(to_string(*sender) + " sends the other checksum form, and may not understand ours " +
                         (plan.checksum == vrrp::ChecksumForm::kRfc5798 ? "(RFC5798)" : "(RFC9568)"));
  }
  for (const auto& [reason, sender] : sightings_.refusals()) {
    mismatches.push_back("adverts of " + to_string(sender) +
                         " are refused: " + std::string(to_string(reason)));
  }
  if (!mismatches.empty()) {
    out.push_back(problem("AdvertMismatch", "NotUnderstood", join(mismatches, "; ")));
  }
  return out;
}

}  // namespace fairlead::agent

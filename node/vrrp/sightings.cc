#include "node/vrrp/sightings.h"

#include <algorithm>
#include <utility>

namespace fairlead::vrrp {
namespace {

int times_to_tell(const Seen& what) {
  const auto* oddity = std::get_if<Oddity>(&what);
  if (oddity == nullptr) return 1;
  if (*oddity == Oddity::kOwnAddress) return 3;
  return *oddity == Oddity::kPriorityZero ? 5 : 1;
}

bool is_mark(const net::IpAddress& address) { return address.is_v4() || !address.is_link_local(); }

}  // namespace

std::string_view to_string(Oddity oddity) {
  switch (oddity) {
    case Oddity::kStranger:
      return "VRIDInUse";
    case Oddity::kSecondOwner:
      return "SecondOwner";
    case Oddity::kChecksumForm:
      return "ChecksumForm";
    case Oddity::kFarInterval:
      return "IntervalMismatch";
    case Oddity::kPriorityZero:
      return "PriorityZero";
    case Oddity::kTrailingBytes:
      return "TrailingBytes";
    case Oddity::kOwnAddress:
      return "DuplicateAddress";
  }
  return "";
}

bool lists_any_of(const std::vector<net::IpAddress>& listed, const std::set<net::IpAddress>& ours) {
  const bool marked =
      std::any_of(listed.begin(), listed.end(), is_mark) && std::any_of(ours.begin(), ours.end(), is_mark);
  return std::any_of(listed.begin(), listed.end(), [&](const net::IpAddress& address) {
    return ours.contains(address) && (is_mark(address) || !marked);
  });
}

bool Sightings::note(const Seen& what, const net::IpAddress& sender, TimePoint now, Microseconds remembered) {
  const auto [at, fresh] = seen_.try_emplace(what, Sighting{sender, now, 0, remembered});
  Sighting& sighting = at->second;
  if (now >= sighting.last + sighting.remembered) sighting = {sender, now, 0, remembered};
  if (sighting.sender != sender) return false;
  sighting.last = now;
  sighting.remembered = remembered;
  const int enough = times_to_tell(what);
  if (sighting.times == enough) return false;
  return ++sighting.times == enough;
}

void Sightings::forget(TimePoint now) {
  std::erase_if(seen_, [&](const auto& entry) { return now >= entry.second.last + entry.second.remembered; });
}

std::optional<TimePoint> Sightings::next_forgotten() const {
  std::optional<TimePoint> out;
  for (const auto& [what, sighting] : seen_) {
    const TimePoint end = sighting.last + sighting.remembered;
    if (!out || end < *out) out = end;
  }
  return out;
}

std::optional<net::IpAddress> Sightings::sender_of(const Seen& what) const {
  const auto at = seen_.find(what);
  if (at == seen_.end() || at->second.times < times_to_tell(what)) return std::nullopt;
  return at->second.sender;
}

std::vector<std::pair<RejectReason, net::IpAddress>> Sightings::refusals() const {
  std::vector<std::pair<RejectReason, net::IpAddress>> out;
  for (const auto& [what, sighting] : seen_) {
    if (const auto* reason = std::get_if<RejectReason>(&what)) out.emplace_back(*reason, sighting.sender);
  }
  return out;
}

}  // namespace fairlead::vrrp

#include "node/vrrp/sightings.h"

#include <algorithm>
#include <utility>

#include "lib/base/earlier.h"

namespace fairlead::vrrp {
namespace {

constexpr int kMostTimes = 5;

// What makes a thing worth telling.
struct Enough {
  int times = 1;
  Microseconds span{0};  // from the first time to the last
};

Enough enough_of(const Seen& what) {
  const auto* oddity = std::get_if<Oddity>(&what);
  if (oddity == nullptr) return {};
  switch (*oddity) {
    case Oddity::kOwnAddress:
      return {3, Microseconds(0)};
    case Oddity::kPriorityZero:
      return {kMostTimes, Microseconds(0)};
    case Oddity::kAddresses:
    case Oddity::kAddressOrder:
    case Oddity::kInterval:
      return {1, Sightings::kLasting};
    case Oddity::kStranger:
    case Oddity::kSecondOwner:
    case Oddity::kChecksumForm:
    case Oddity::kFarInterval:
    case Oddity::kTrailingBytes:
      return {};
  }
  return {};
}

bool worth_telling(const Seen& what, const Sightings::Sighting& sighting) {
  const Enough enough = enough_of(what);
  return sighting.times >= enough.times && sighting.last - sighting.first >= enough.span;
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
    case Oddity::kAddresses:
      return "AddressesDiffer";
    case Oddity::kAddressOrder:
      return "AddressOrderDiffers";
    case Oddity::kInterval:
      return "IntervalDiffers";
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
  const auto before = sender_of(what);
  const bool news = take(what, sender, now, remembered);
  if (sender_of(what) != before) ++changes_;
  return news;
}

bool Sightings::take(const Seen& what, const net::IpAddress& sender, TimePoint now, Microseconds remembered) {
  const Sighting first{sender, now, now, 0, remembered};
  Sighting& sighting = seen_.try_emplace(what, first).first->second;
  if (now >= sighting.last + sighting.remembered) sighting = first;
  if (sighting.sender != sender) return false;
  const bool told = worth_telling(what, sighting);
  sighting.last = now;
  sighting.remembered = remembered;
  sighting.times = std::min(sighting.times + 1, kMostTimes);
  return !told && worth_telling(what, sighting);
}

void Sightings::over(const Seen& what, const net::IpAddress& sender) {
  const auto at = seen_.find(what);
  if (at == seen_.end() || at->second.sender != sender) return;
  ++changes_;
  seen_.erase(at);
}

void Sightings::forget(TimePoint now) {
  changes_ += std::erase_if(
      seen_, [&](const auto& entry) { return now >= entry.second.last + entry.second.remembered; });
}

std::optional<TimePoint> Sightings::next_forgotten() const {
  std::optional<TimePoint> out;
  for (const auto& [what, sighting] : seen_) {
    out = earlier(out, sighting.last + sighting.remembered);
  }
  return out;
}

std::optional<net::IpAddress> Sightings::sender_of(const Seen& what) const {
  const auto at = seen_.find(what);
  if (at == seen_.end() || !worth_telling(what, at->second)) return std::nullopt;
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

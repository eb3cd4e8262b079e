#pragma once

#include <compare>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "lib/base/time.h"
#include "lib/net/address.h"
#include "node/vrrp/types.h"

// The finer fence: nft table `netdev fairlead_fence` (failure-model.md 10.2). A group's advert that leaves
// its interface puts the group's addresses into a set with a time-out; while an address is not in it, the
// node sends no ARP and no neighbour discovery that claims the address, and takes no packet to it in. The
// kernel does both by itself, so a daemon that is dead, frozen or late silences its VIPs, and a living one
// pays nothing but the advert. All times are the kernel's, in its ticks (1 to 10 ms).
namespace fairlead::filter {

// The SO_PRIORITY of adverts that the fence holds back once the group's time has run out. An advert of any
// other priority begins the group's time whether it ran or not: the first one of a group that becomes Active,
// and one that the daemon means to send after it has looked at the clock again.
inline constexpr int kContinuingAdvert = 7;

// What an advert is known by where it leaves.
struct FenceKey {
  int interface = 0;
  net::Family family = net::Family::kIPv4;
  vrrp::VirtualRouterId vrid{1};
  friend auto operator<=>(const FenceKey&, const FenceKey&) = default;
};

struct FencedGroup {
  FenceKey key;
  std::string interface_name;  // its name now
  std::set<net::IpAddress> addresses;
  Milliseconds silent_after{0};  // from the last advert that left; address::silent_after()
  Milliseconds interval{0};      // of its adverts, shorter than silent_after
  friend bool operator==(const FencedGroup&, const FencedGroup&) = default;
};

// The content of the table, sorted. Equal values: equal tables. Whether a group is Active is not in it: only
// adverts tell the kernel that.
struct FenceTable {
  struct Group {
    Milliseconds silent_after{0};
    std::set<net::IpAddress> addresses;
    Milliseconds interval{0};
    friend bool operator==(const Group&, const Group&) = default;
  };
  std::map<int, std::string> interfaces;
  std::map<FenceKey, Group> groups;
  bool empty() const { return groups.empty(); }
  friend bool operator==(const FenceTable&, const FenceTable&) = default;
};

// An address that several groups name, as a link-local one on several segments, is silent when the time that
// the last advert of any of them began has run out. Where their times differ, one that has less can silence
// the address of one that has more, until that one's next advert.
FenceTable fence_table(const std::vector<FencedGroup>& groups);

// For how long a group may be heard of which the kernel does not know any more when its last advert left. It
// is `idle` ago that the vrrp thread began a turn after which each advert that was due by then had left, so
// that the group's was at most an interval older, if it is Active. 0: not at all. While that thread moves and
// adverts leave it is longer than the group's next advert takes.
Milliseconds reopened_for(const FenceTable::Group& group, Microseconds idle);

// How many rules the kernel must show for it, and how many elements in sets that do not run out.
int rule_count(const FenceTable& table);
int element_count(const FenceTable& table);

}  // namespace fairlead::filter

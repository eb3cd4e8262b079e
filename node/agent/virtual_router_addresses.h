#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "lib/api/meta.h"
#include "node/agent/virtual_router_surroundings.h"

namespace fairlead::agent {

// The addresses of one virtual router on its interface: adds, renews and removes them, announces those that
// come back, and keeps what the kernel said and what others do to them. Those of the owner are not ours: they
// are held in name and never written. vrrp thread only.
class HeldAddresses {
 public:
  enum class Owner { kNo, kYes };
  HeldAddresses(VirtualRouterSurroundings& world, GroupMetrics& metrics, std::string group, Owner owner)
      : world_(world), metrics_(metrics), group_(std::move(group)), owner_(owner) {}

  // Acknowledged by the kernel.
  const std::set<net::IpAddress>& all() const { return held_; }
  std::vector<net::IpAddress> list() const { return {held_.begin(), held_.end()}; }

  // Adds addresses that are to be there from now on.
  void add(const AnnouncedLink& link, const std::vector<net::IpAddress>& addresses, Seconds lifetime);
  // Renews all of them if it is time or the lifetime is another, before an advert. What that brings back is
  // announced. A renewal that the kernel refused, of one address even, is none: the next beat tries again.
  void renew(const AnnouncedLink& link, const std::set<net::IpAddress>& all, Seconds lifetime);
  // Puts back some that are gone. At most 30 times a minute: then renewals do it, no sooner (FN-06).
  void restore(const AnnouncedLink& link, const std::vector<net::IpAddress>& missing, Seconds lifetime);
  // Removes them and puts them back: duplicate address detection failed, and the kernel does not use them. At
  // most 30 times a minute, restore() counted in; then the role is lost, or the next minute begins anew.
  void make_again(const AnnouncedLink& link, const std::vector<net::IpAddress>& useless, Seconds lifetime);
  // False if the kernel did not acknowledge that they are gone; then nobody may be invited to take over.
  bool release(const AnnouncedLink& link, const std::vector<net::IpAddress>& addresses);

  // They are no longer there, as the kernel tells.
  void forget(const std::vector<net::IpAddress>& gone);
  // What happened to addresses that the plan no longer has.
  void forget_troubles(const std::vector<net::IpAddress>& addresses);
  void keep_only(const std::set<net::IpAddress>& wanted);
  // No longer Active.
  void rest();
  // The link is gone: what the kernel refused it may take next time.
  void start_over();

  // When the kernel has refused every address: until then in Initialize; and until one is held, no claim over
  // a living master for a long time.
  std::optional<TimePoint> try_again() const { return try_again_; }
  // Whether others remove them so persistently that another member should try; true once in ten minutes.
  bool should_hand_over();
  // After that nobody is displaced either, for as long.
  bool yields() const { return handed_over_ && world_.clock.now() < *handed_over_ + kYield; }

  // Whether the last renewal that the kernel took of all is as old as the lifetime it gave, or up to 50 ms
  // less.
  bool may_have_expired() const;

  // Forgets what came back a minute ago.
  void forget_old();
  std::optional<TimePoint> next_forgotten() const;
  std::vector<api::Condition> problems() const;
  // Another number: all() or problems() may be others, but for what yields() makes of them.
  std::uint64_t changes() const { return changes_; }

  static constexpr std::chrono::minutes kYield{10};

 private:
  // Why addresses are written: they are to be there from now on, or to go on, or were found to be useless.
  enum class Why { kAdded, kKept, kUseless };
  // That an address had to be put back.
  struct Restored {
    TimePoint last;
    TimePoint told;  // when the log was told of it last
    RepairCause cause;
  };
  void hold(const AnnouncedLink& link, const std::vector<net::IpAddress>& addresses, Seconds lifetime,
            Why why);
  // What the kernel took and what it refused; the addresses that it had refused before and took now.
  std::set<net::IpAddress> note_holding(const kernel::Holding& holding);
  // What came back, but for those that the kernel had refused before.
  void note_created(const std::vector<net::IpAddress>& created, const std::set<net::IpAddress>& late,
                    RepairCause cause);
  void note_restored(const net::IpAddress& address, RepairCause cause);
  // Whether the kernel may have removed them at that time, since the last renewal. REQUIRES: last_renewal_.
  bool runs_out_by(TimePoint when) const;
  // Those that came back because of that, named for people; empty if there are none.
  std::string put_back(RepairCause cause) const;
  void begin_minute();

  VirtualRouterSurroundings& world_;
  GroupMetrics& metrics_;
  std::string group_;
  Owner owner_;
  std::set<net::IpAddress> held_;
  std::map<net::IpAddress, std::string> refused_;  // when the kernel was asked last, and why
  std::optional<TimePoint> try_again_;
  std::optional<TimePoint> last_renewal_;  // that the kernel took of all of them
  Seconds renewed_for_{0};                 // the lifetime it gave
  std::map<net::IpAddress, Restored> restored_;
  TimePoint minute_{};    // in which these are counted:
  int restorations_ = 0;  // by restore() and make_again()
  int removals_ = 0;      // by others, however they were put right
  std::optional<TimePoint> handed_over_;
  std::uint64_t changes_ = 0;
};

}  // namespace fairlead::agent

#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "lib/api/address_claim.h"
#include "lib/api/vrrp_group.h"
#include "lib/base/time.h"
#include "sim/controller/machine.h"
#include "sim/controller/server.h"

namespace fairlead::sim::cluster {

struct Breach {
  std::string promise;
  std::string what;
};

// Judges each change at the server and each plan that a machine takes up, from outside: by documents, never
// by what a controller thinks.
//
// A *tenure* is the time for which a VRRPGroup lists an address without losing all its owners at once; one
// that gets it back in the group that had it, before its nodes have let go, goes on with his: whoever is
// Master of that virtual router has it for him, also one that is no member any more and has not heard. I-13:
// an address has one tenure at a time; it has one only while the AddressClaim names each owner; and a new one
// begins only when no machine holds the address of another; and the claim names the group. FC-03: no claim
// goes from a VirtualIP that is there and asks for the address, but for one whose pool was deleted before a
// group had it for him (docs/addresses.md). After a restore of etcd only I-10 is judged: I-13 holds within
// one history. All of it holds while two lead at the same time, too, which an election
// prevents: the claim is the lock of the address, and of the group that takes it in. But for one thing: the
// claim of an address that no group has yet may go while the other, who is behind, puts it into one, after it
// went or in the time of a request before; until that is undone, which the end shows, there is no claim of
// it. Nobody else may get one.
class Judge {
 public:
  // What there is of an object at the server; nullptr: nothing.
  void changed(const Name& name, const json* before, const json* after, TimePoint now);
  void applied(const Machine& machine, const plan::Objects& before);
  void new_history() { one_history_ = false; }
  void two_lead() { one_led_ = false; }
  void requests_are_late() { requests_are_late_ = true; }
  // The machine's Node is gone: what it holds does not count until it has seen all there is.
  void excused(const Machine& machine) { held_.erase(machine.name()); }

  const std::optional<Breach>& breach() const { return breach_; }
  void report(const std::string& promise, const std::string& what);
  std::uint64_t checks() const { return checks_; }

 private:
  using Uids = std::set<std::string>;
  struct Tenure {
    std::uint64_t number = 0;
    Uids owners;
  };
  // Address -> tenure, of one version of a group.
  using Listing = std::map<std::string, Tenure>;

  void group_changed(const Name& name, const json* before, const json* after);
  void claim_changed(const json* before, const json* after);
  void note_virtual_ip(const json* before, const json* after);
  void check_taken(const std::string& address, const Uids& had, const Uids& have);
  void check_gone(const std::string& address);
  void note_pool(const std::string& pool, bool there);
  void note_pool_of(const std::string& address, const api::AddressClaim* claim);
  bool is_listed(const std::string& address,
                 const std::optional<std::string>& uid) const;  // none: for anybody
  bool holds_another(const std::string& uid, const std::string& than) const;
  const Tenure* interrupted(const api::VRRPGroup& group, const std::string& address,
                            const Uids& owners) const;
  Tenure begin(const Name& group, const std::string& address, const Uids& owners);
  void check_claim(const std::string& address);
  void check_order(const Machine& machine, const plan::Objects& before);

  // Of a VirtualIP that is not being deleted: the addresses that it asks for by name; none: any.
  std::map<std::string, Uids> asking_;  // by UID

  bool one_history_ = true;
  bool one_led_ = true;
  bool requests_are_late_ = false;
  TimePoint now_is_{};
  std::uint64_t numbers_ = 0;
  std::uint64_t checks_ = 0;
  std::map<std::string, Listing> now_;                                // by group's name
  std::map<std::pair<std::string, std::int64_t>, Listing> versions_;  // by UID and generation
  std::map<std::string, std::uint64_t> newest_;                       // of each address
  std::map<std::string, std::pair<std::string, Tenure>> last_;        // of each address: group, tenure
  std::map<std::string, Uids> claims_;                                // address -> holders
  std::set<std::string> pools_;                                       // that there are
  std::map<std::string, std::string> pool_of_;                        // address -> pool that its claim names
  std::set<std::string> without_pool_;             // claimed, and for some time had no pool
  std::map<std::string, TimePoint> listed_since_;  // by address, of the last group
  std::map<std::string, std::string> named_;       // address -> group that its claim names
  std::map<std::string, std::map<std::string, std::uint64_t>> held_;  // machine -> address -> tenure
  std::optional<Breach> breach_;
};

}  // namespace fairlead::sim::cluster

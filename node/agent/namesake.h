#pragma once

#include <map>
#include <optional>
#include <string>

#include "lib/api/vrrp_group.h"
#include "lib/base/time.h"

// Whether another live daemon calls itself by our node's name (FN-18: a cloned machine, a node name given
// twice), told by the entries of our node that others write into the status of our groups: pure.
namespace fairlead::agent {

struct Namesake {
  // So often an entry of another instance must have replaced one of ours, or another of that instance: a
  // single one may be the last words of the daemon that we replaced, on their way when it died.
  static constexpr int kSigns = 2;
  // Two daemons that overwrite each other do so every 30 s at least.
  static constexpr Seconds kRemembered{90};

  // Of one group object.
  struct Entry {
    bool ours_shown = false;  // the API server has shown an entry of ours: foreign ones are younger now
    bool ours_last = false;   // and it shows that now
    std::optional<api::MemberStatus> foreign;  // the last one of another instance
    int signs = 0;
    TimePoint last_sign{};
    friend bool operator==(const Entry&, const Entry&) = default;
  };
  std::map<std::string, Entry> entries;  // by UID of the group

  // The other one's instance, if it lives.
  std::optional<std::string> living() const;
  // When it will be held for dead in one of the groups unless it gives another sign.
  std::optional<TimePoint> forgotten_at() const;
  friend bool operator==(const Namesake&, const Namesake&) = default;
};

// What `before` becomes by what the API server shows now. `node`, `instance`: of this daemon. `groups`: those
// that are labelled for our node.
Namesake look_for_namesake(Namesake before, const std::string& node, const std::string& instance,
                           const std::map<api::ObjectKey, api::VRRPGroup>& groups, TimePoint now);

}  // namespace fairlead::agent

#pragma once

#include <map>
#include <set>
#include <string>

#include "lib/api/real_server_set.h"
#include "lib/api/service.h"
#include "lib/api/virtual_ip.h"

namespace fairlead::controller {

// Which objects name which: what each of them names, and the inverse of that.
template <class Named>
class Naming {
 public:
  // What the object names from now on; nothing: as if it were not there.
  void set(const api::ObjectKey& object, std::set<Named> names) {
    const auto known = names_.find(object);
    if (known != names_.end() && known->second == names) return;
    if (known != names_.end()) {
      for (const auto& name : known->second) remove(name, object);
      names_.erase(known);
    }
    if (names.empty()) return;
    for (const auto& name : names) named_by_[name].insert(object);
    names_.insert({object, std::move(names)});
  }
  // What the object names.
  const std::set<Named>& of(const api::ObjectKey& object) const { return in(names_, object); }
  // The objects that name it, in order.
  const std::set<api::ObjectKey>& who_name(const Named& name) const { return in(named_by_, name); }
  friend bool operator==(const Naming&, const Naming&) = default;

 private:
  template <class Key, class Value>
  static const std::set<Value>& in(const std::map<Key, std::set<Value>>& map, const Key& key) {
    static const std::set<Value> nothing;
    const auto found = map.find(key);
    return found == map.end() ? nothing : found->second;
  }
  void remove(const Named& name, const api::ObjectKey& object) {
    const auto found = named_by_.find(name);
    found->second.erase(object);
    if (found->second.empty()) named_by_.erase(found);
  }

  std::map<api::ObjectKey, std::set<Named>> names_;
  std::map<Named, std::set<api::ObjectKey>> named_by_;
};

// Who belongs to whom among the cached objects, kept as they change, so that who asks for a few Services need
// not look at every EndpointSlice and RealServerSet (FC-05). Keys alone: objects may be swapped meanwhile.
class Kinship {
 public:
  // After each change of the object of that key, what it is now; nullptr: there is none.
  void changed(const api::ObjectKey& key, const api::EndpointSlice* slice);
  void changed(const api::ObjectKey& key, const api::RealServerSet* set);
  void changed(const api::ObjectKey& key, const api::VirtualIP* virtual_ip);

  const Naming<api::ObjectKey>& slices() const { return slices_; }            // a slice names its Service
  const Naming<std::string>& sets() const { return sets_; }                   // a set the UIDs of its owners
  const Naming<api::ObjectKey>& virtual_ips() const { return virtual_ips_; }  // a VirtualIP its Service
  friend bool operator==(const Kinship&, const Kinship&) = default;

 private:
  Naming<api::ObjectKey> slices_;
  Naming<std::string> sets_;
  Naming<api::ObjectKey> virtual_ips_;
};

}  // namespace fairlead::controller

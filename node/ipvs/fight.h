#pragma once

#include <map>
#include <set>

#include "lib/base/time.h"
#include "node/ipvs/table.h"

namespace fairlead::ipvs {

// Whether somebody else undoes our repairs again and again (FN-08). A value; one entry for each virtual
// server repaired lately.
struct Fights {
  struct Record {
    int repairs = 0;  // in a row, each within kRepairMemory of the one before
    TimePoint last{};
    friend bool operator==(const Record&, const Record&) = default;
  };
  std::map<Key, Record> records;
  friend bool operator==(const Fights&, const Fights&) = default;
};

inline constexpr Seconds kRepairMemory{30};   // without a repair this long, the fight is over
inline constexpr int kRepairsToFight = 5;     // repairs in a row that make a fight
inline constexpr Seconds kRepairBackoff{10};  // between repairs of one server during a fight

// The records after repairing each of `keys` at `now`; those that are over are dropped.
Fights after_repairs(Fights fights, const std::set<Key>& keys, TimePoint now);
// The virtual servers that are fought over: a condition names them.
std::set<Key> fought_over(const Fights& fights, TimePoint now);
// False while backing off.
bool may_repair(const Fights& fights, const Key& key, TimePoint now);

}  // namespace fairlead::ipvs

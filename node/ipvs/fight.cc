#include "node/ipvs/fight.h"

namespace fairlead::ipvs {
namespace {

bool is_over(const Fights::Record& record, TimePoint now) { return now - record.last > kRepairMemory; }

}  // namespace

Fights after_repairs(Fights fights, const std::set<Key>& keys, TimePoint now) {
  std::erase_if(fights.records, [&](const auto& one) { return is_over(one.second, now); });
  for (const Key& key : keys) {
    Fights::Record& record = fights.records[key];
    ++record.repairs;
    record.last = now;
  }
  return fights;
}

std::set<Key> fought_over(const Fights& fights, TimePoint now) {
  std::set<Key> keys;
  for (const auto& [key, record] : fights.records) {
    if (record.repairs >= kRepairsToFight && !is_over(record, now)) keys.insert(key);
  }
  return keys;
}

bool may_repair(const Fights& fights, const Key& key, TimePoint now) {
  const auto found = fights.records.find(key);
  if (found == fights.records.end() || is_over(found->second, now)) return true;
  return found->second.repairs < kRepairsToFight || now - found->second.last >= kRepairBackoff;
}

}  // namespace fairlead::ipvs

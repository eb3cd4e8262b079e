#include "node/filter/fence.h"

#include <algorithm>
#include <chrono>

namespace fairlead::filter {
namespace {

// Of the chains that every table has, of those of each interface, and of a group besides its addresses.
constexpr int kSharedRules = 7;
constexpr int kRulesOfInterface = 2;
constexpr int kRulesOfGroup = 3;

int renewal_count(const FenceTable& table) {
  std::size_t count = 0;
  for (const auto& [key, group] : table.groups) count += group.addresses.size();
  return static_cast<int>(count);
}

int address_count(const FenceTable& table) {
  std::set<net::IpAddress> all;
  for (const auto& [key, group] : table.groups) all.insert(group.addresses.begin(), group.addresses.end());
  return static_cast<int>(all.size());
}

}  // namespace

FenceTable fence_table(const std::vector<FencedGroup>& groups) {
  FenceTable table;
  for (const FencedGroup& group : groups) {
    table.interfaces.emplace(group.key.interface, group.interface_name);
    table.groups.emplace(group.key, FenceTable::Group{group.silent_after, group.addresses, group.interval});
  }
  return table;
}

Milliseconds reopened_for(const FenceTable::Group& group, Microseconds idle) {
  const Milliseconds rest = std::chrono::floor<Milliseconds>(group.silent_after - group.interval - idle);
  return std::max(rest, Milliseconds(0));
}

int rule_count(const FenceTable& table) {
  return kSharedRules + kRulesOfInterface * static_cast<int>(table.interfaces.size()) +
         kRulesOfGroup * static_cast<int>(table.groups.size()) + renewal_count(table);
}

int element_count(const FenceTable& table) {
  return static_cast<int>(table.groups.size()) + address_count(table);
}

}  // namespace fairlead::filter

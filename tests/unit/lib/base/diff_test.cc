#include "lib/base/diff.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <string>

namespace fairlead {
namespace {

using Table = std::map<int, std::string>;

Table applied(Table table, const Diff<int, std::string>& changes) {
  for (const auto& key : changes.remove) table.erase(key);
  for (const auto& [key, value] : changes.change) table[key] = value;
  for (const auto& [key, value] : changes.add) table[key] = value;
  return table;
}

TEST(Diff, NamesWhatToAddChangeAndRemove) {
  const Table actual{{1, "same"}, {2, "old"}, {3, "gone"}};
  const Table desired{{1, "same"}, {2, "new"}, {4, "added"}};
  const Diff<int, std::string> expected{{{4, "added"}}, {{2, "new"}}, {3}};
  EXPECT_EQ(diff(actual, desired), expected);
}

TEST(Diff, OfEqualTablesIsEmpty) {
  EXPECT_TRUE(diff(Table{{1, "a"}}, Table{{1, "a"}}).empty());
  EXPECT_TRUE(diff(Table{}, Table{}).empty());
}

TEST(Diff, AppliedToTheActualTableGivesTheDesiredOne) {
  const bool holds = rc::check([](const Table& actual, const Table& desired) {
    RC_ASSERT(applied(actual, diff(actual, desired)) == desired);
    RC_ASSERT(diff(desired, desired).empty());
  });
  EXPECT_TRUE(holds);
}

TEST(Diff, NamesNoKeyTwice) {
  const bool holds = rc::check([](const Table& actual, const Table& desired) {
    std::map<int, int> times;
    const auto changes = diff(actual, desired);
    for (const auto& [key, value] : changes.add) RC_ASSERT(++times[key] == 1);
    for (const auto& [key, value] : changes.change) RC_ASSERT(++times[key] == 1);
    for (const auto& key : changes.remove) RC_ASSERT(++times[key] == 1);
  });
  EXPECT_TRUE(holds);
}

}  // namespace
}  // namespace fairlead

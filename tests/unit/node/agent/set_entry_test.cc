#include <gtest/gtest.h>

#include "node/agent/entries.h"
#include "unit/node/plan/builders.h"

namespace fairlead::agent {
namespace {

using fairlead::testing::tcp;

// The controller adds up what the slices of one virtual server say: what is down counts in the last of them.
TEST(SetEntry, OfSlicesEachCountsItsOwnRealServers) {
  const Speaker speaker{{"node-a", "uid-a"}, "i-1", "0.1.0"};
  const auto key = tcp("192.0.2.10:80");
  plan::Plan all;
  all.virtual_servers.insert({key, {}});
  for (int usable = 0; usable <= 5; ++usable) {
    ForwardingReport report;
    report.usable_reals[key] = usable;
    const auto first = set_entry(speaker, {{"u", 7, 1}, "g", {{key, 0, 3}}}, all, report);
    const auto second = set_entry(speaker, {{"v", 7, 1}, "g", {{key, 3, 2}}}, all, report);
    EXPECT_EQ(first.total, 3);
    EXPECT_EQ(second.total, 2);
    EXPECT_EQ(first.up + second.up, usable);
  }
}

}  // namespace
}  // namespace fairlead::agent

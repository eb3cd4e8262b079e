#include <gtest/gtest.h>

#include "unit/node/vrrp/machine_walks.h"

// vrrp.md 10, Q10: what another configuration does to one machine, and what it does not.
namespace fairlead::vrrp {
namespace {

using namespace testing;

// Q10: the same configuration applied again has no effect in any state.
TEST(Property, TheSameConfigurationAgainChangesNothing) {
  EXPECT_TRUE(rc::check([] {
    walk([](const RouterConfig& config, const State& before, const Event&, TimePoint now, const Step&) {
      RC_ASSERT(step(config, before, Reconfigured{config}, now) == (Step{before, {}, std::nullopt}));
    });
  }));
}

// Q10: another configuration and back again leaves a Backup's timer where it was. What it waits for besides,
// by the longer interval of the two, it waits for once, however often they change. A preemption may
// end by it.
TEST(Property, AConfigurationThereAndBackLeavesABackupAsItWas) {
  EXPECT_TRUE(rc::check([] {
    walk([](const RouterConfig& config, const State& before, const Event&, TimePoint now, const Step&) {
      if (!std::holds_alternative<Backup>(before)) return;
      const RouterConfig other = any_change(config);
      const bool preempts = std::get<Backup>(before).expectation == Reason::kPreempted;
      if (preempts && other.priority != config.priority) return;
      const State there = step(other, before, Reconfigured{config}, now).next;
      if (preempts && std::get<Backup>(there).expectation != Reason::kPreempted) return;
      const Step back = step(config, there, Reconfigured{other}, now);
      Backup expected = std::get<Backup>(before);
      expected.not_before = std::get<Backup>(back.next).not_before;
      RC_ASSERT(back == (Step{expected, {}, std::nullopt}));
      const State again = step(other, back.next, Reconfigured{config}, now).next;
      RC_ASSERT(step(config, again, Reconfigured{other}, now) == (Step{back.next, {}, std::nullopt}));
    });
  }));
}

// VR-080: whoever waits for an Active Router to fall silent waits no shorter for another interval: that one
// may have the one before still.
TEST(Property, AnotherIntervalBringsNoTakeOverNearer) {
  EXPECT_TRUE(rc::check([] {
    walk([](const RouterConfig& config, const State& before, const Event&, TimePoint now, const Step&) {
      const auto* backup = std::get_if<Backup>(&before);
      if (backup == nullptr || backup->expectation != Reason::kMasterDown) return;
      RouterConfig other = config;
      other.advertisement_interval = any_interval(config.version);
      const State after = step(other, before, Reconfigured{config}, now).next;
      RC_ASSERT(*next_deadline(after) >= *next_deadline(before));
    });
  }));
}

}  // namespace
}  // namespace fairlead::vrrp

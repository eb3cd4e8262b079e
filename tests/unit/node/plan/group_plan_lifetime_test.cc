#include <gmock/gmock.h>

#include "unit/node/plan/planning.h"

// fenceLifetimeSeconds of a VRRPGroup, as a member plans it.
namespace fairlead::plan {
namespace {

using ::testing::ElementsAre;
using testing::group;
using ::testing::IsEmpty;
using testing::plan_of;
using ::testing::SizeIs;
using testing::texts;

// api.md: never silently ignored. node-b has 100, so ADI_min is 3.609 s at 1 s adverts and 0.902 s at 250 ms.
TEST(FenceLifetime, OutOfTheRangeThatTheGroupAllowsIsSaidWithTheRangeAndWhatIsUsed) {
  const struct {
    int interval_ms;
    int wanted;
    std::string range;
    std::string used;
  } rows[] = {{1000, 1, "2..3", "2"}, {1000, 4, "2..3", "3"}, {1000, 3600, "2..3", "3"}, {250, 2, "1", "1"}};
  for (const auto& row : rows) {
    auto source = group("g");
    source.spec.advert_interval = Milliseconds(row.interval_ms);
    source.spec.fence_lifetime = Seconds(row.wanted);
    const auto made = plan_of({source}, {});
    EXPECT_THAT(made.plan.groups, SizeIs(1));
    EXPECT_THAT(texts(made.problems),
                ElementsAre("FenceLifetimeOutOfRange VRRPGroup g: spec.fenceLifetimeSeconds: must be " +
                            row.range + " with this advert interval and these members, got " +
                            std::to_string(row.wanted) + ": " + row.used + " is used"));
  }
}

TEST(FenceLifetime, WithinTheRangeIsPlannedWithoutAWord) {
  for (const int wanted : {2, 3}) {
    auto source = group("g");
    source.spec.fence_lifetime = Seconds(wanted);
    const auto made = plan_of({source}, {});
    EXPECT_EQ(made.plan.groups.at("g").fence_lifetime, Seconds(wanted));
    EXPECT_THAT(made.problems, IsEmpty());
  }
}

}  // namespace
}  // namespace fairlead::plan

#include "controller/plan/patience.h"

#include <gtest/gtest.h>

#include "controller/plan/release.h"
#include "controller/plan/remember.h"
#include "unit/controller/plan/with_web.h"

// Time alone changes what is decided at a few instants, not every second.
namespace fairlead::controller {
namespace {

using namespace testing;

constexpr Milliseconds kReleased{1000 + 1100 + 10000};  // lifetime 1 s at 250 ms adverts
const ReleaseKey kOfWeb{"uid-web", ip("192.0.2.100")};

// A group that gave the address of `web` up; node-a has not reported that.
Inputs releasing_group() {
  Inputs inputs = three_nodes();
  auto emptied = group({"g", 1, {}, {{"node-a", 200}}});
  emptied.meta.generation = 2;
  emptied.meta.annotations[kReleasingAnnotation] = to_string({{ip("192.0.2.100"), "uid-web", {"node-a"}}});
  put(inputs.groups, emptied);
  return inputs;
}
// What a round at that time says of the next.
std::optional<TimePoint> look(Inputs& inputs, TimePoint now) {
  inputs.now = now;
  inputs.memory = remember(inputs, desired(inputs));
  return next_end(inputs, inputs.memory);
}

TEST(Patience, NobodyWaitsForAnything) {
  Inputs inputs = with_web();
  EXPECT_EQ(look(inputs, inputs.now), std::nullopt);
}

TEST(Patience, OfAReleaseEndsOnceWhileItsNodeDoesNotAnswerForDays) {
  Inputs inputs = releasing_group();
  const TimePoint begun = inputs.now;
  EXPECT_EQ(look(inputs, begun), begun + kReleased);
  EXPECT_EQ(look(inputs, begun + Seconds(5)), begun + kReleased);
  EXPECT_FALSE(releasing(inputs).waiting.empty());
  EXPECT_EQ(look(inputs, begun + kReleased), std::nullopt);
  EXPECT_TRUE(releasing(inputs).waiting.empty()) << "at that very time";
  EXPECT_EQ(look(inputs, begun + Seconds(1000000)), std::nullopt);
  EXPECT_TRUE(inputs.memory.releasing_since.contains(kOfWeb)) << "it is remembered all the same";
}

TEST(Patience, OfAReleaseIsThatOfEachGroupThatNotesIt) {
  Inputs inputs = releasing_group();
  auto slow = inputs.groups.at({"", "g"});
  slow.meta.name = "slow";
  slow.spec.advert_interval = Milliseconds(1000);
  put(inputs.groups, slow);
  const TimePoint begun = inputs.now;
  EXPECT_EQ(look(inputs, begun), begun + kReleased);
  EXPECT_EQ(look(inputs, begun + kReleased), begun + release_patience(slow.spec));
  EXPECT_EQ(look(inputs, begun + release_patience(slow.spec)), std::nullopt);
}

TEST(Patience, WithAMissingInterfaceEndsAfterTenMinutesWhetherOrNotAnybodyStandsOutside) {
  Inputs inputs = with_web();
  put(inputs.node_reports, report("node-b", "eth0", "198.51.100.2/24"));
  const TimePoint begun = inputs.now;
  EXPECT_EQ(look(inputs, begun), begun + Seconds(600));
  EXPECT_EQ(look(inputs, begun + Seconds(599)), begun + Seconds(600));
  EXPECT_EQ(look(inputs, begun + Seconds(600)), std::nullopt);
  EXPECT_EQ(inputs.memory.interface_missing_since.size(), 1U);
}

TEST(Patience, OfSeveralTheFirstThatIsStillToCome) {
  Inputs inputs = three_nodes();
  const TimePoint now = inputs.now;
  Memory memory;
  memory.interface_missing_since[{"g", "node-a"}] = now - Seconds(600);
  memory.interface_missing_since[{"g", "node-b"}] = now - Seconds(595);
  memory.vacancies["uid-web"] = {false, true, now - Seconds(4)};
  EXPECT_EQ(next_end(inputs, memory), now + Seconds(5));
  memory.vacancies["uid-web"].since = now - Seconds(6);
  EXPECT_EQ(next_end(inputs, memory), now + Seconds(4));
}

}  // namespace
}  // namespace fairlead::controller

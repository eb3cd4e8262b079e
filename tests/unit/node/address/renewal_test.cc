#include "node/address/renewal.h"

#include <gtest/gtest.h>

// FN-01: resume without a flap only if the last renewal is younger than the lifetime, and nobody else can be
// Active yet. Here 250 ms, lifetime 1 s, ADI_min 853.5 ms: 753.5 ms after the last renewal.
namespace fairlead::address {
namespace {

constexpr Seconds kLifetime{1};
constexpr Milliseconds kInterval{250};
constexpr Microseconds kAdiMin{853515};

std::optional<Microseconds> resumable(const std::vector<Renewal>& left) {
  return resumable_for(left, kLifetime, kInterval, kAdiMin);
}

TEST(Resumable, UntilAnotherMayBeActive) {
  EXPECT_EQ(resumable({{Milliseconds(100), Seconds(1)}}), Microseconds(653515));
  EXPECT_EQ(resumable({{Microseconds(753514), Seconds(1)}}), Microseconds(1));
  EXPECT_EQ(resumable({{Microseconds(753515), Seconds(1)}}), std::nullopt);
}

// Where nobody takes over so soon, the lifetime is the limit: what the kernel keeps longer is not ours.
TEST(Resumable, NotBeyondTheLifetime) {
  EXPECT_EQ(resumable_for({{Milliseconds(1990), Seconds(1)}}, Seconds(2), Seconds(1), Seconds(4)),
            Milliseconds(10));
  EXPECT_EQ(resumable_for({{Seconds(2), Seconds(0)}}, Seconds(2), Seconds(1), Seconds(4)), std::nullopt);
}

TEST(Resumable, TheOldestRenewalCounts) {
  EXPECT_EQ(resumable({{Milliseconds(100), Seconds(1)}, {Milliseconds(400), Seconds(1)}}),
            Microseconds(353515));
  EXPECT_EQ(resumable({{Milliseconds(100), Seconds(1)}, {Milliseconds(900), Seconds(1)}}), std::nullopt);
}

TEST(Resumable, NothingLeftIsNothingToResume) { EXPECT_EQ(resumable({}), std::nullopt); }

// A plan that came into force as the daemon died: the others count by the one before.
TEST(Resumable, AddressesOfAnotherLifetimeAreOfAnotherPlan) {
  EXPECT_EQ(resumable({{Milliseconds(100), Seconds(2)}}), std::nullopt);
  EXPECT_EQ(resumable_for({{Milliseconds(100), Seconds(1)}}, Seconds(2), Seconds(1), Seconds(4)),
            std::nullopt);
}

// What remains is whole seconds, rounded up, and the age may be 20 ms too high.
TEST(Resumable, TheKernelsRoundingIsAllowedFor) {
  const auto of = [](Microseconds age, int remaining) {
    return resumable_for({{age, Seconds(remaining)}}, Seconds(3), Seconds(1), Seconds(10)).has_value();
  };
  EXPECT_TRUE(of(Milliseconds(990), 3));
  EXPECT_TRUE(of(Milliseconds(1015), 3));
  EXPECT_TRUE(of(Milliseconds(1015), 2));
  EXPECT_TRUE(of(Milliseconds(1500), 2));
  EXPECT_FALSE(of(Milliseconds(1500), 3));
  EXPECT_FALSE(of(Milliseconds(1500), 1));
}

}  // namespace
}  // namespace fairlead::address

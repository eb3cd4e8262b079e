#include "controller/plan/vacancy.h"

#include <gtest/gtest.h>

#include <random>

// FC-17: onNoEndpoints: Withdraw, with hysteresis.
namespace fairlead::controller {
namespace {

constexpr TimePoint kNow{Seconds(1000)};
constexpr Milliseconds kTick{1};

const Attendance kServed{true, true, false, true};
const Attendance kVacant{false, true, false, true};
const Attendance kOut{false, false, true, false};
const Attendance kOutAndServed{true, false, true, false};

TEST(VacancyFC17, OfOneThatIsServedInItsGroupNothingIsRemembered) {
  EXPECT_EQ(next_vacancy(std::nullopt, kServed, kNow), std::nullopt);
  EXPECT_EQ(next_vacancy(Vacancy{false, true, kNow}, kServed, kNow + Seconds(9)), std::nullopt);
}

TEST(VacancyFC17, WithoutARealServerForTenSecondsItIsWithdrawnAndNotBefore) {
  const auto begun = next_vacancy(std::nullopt, kVacant, kNow);
  EXPECT_EQ(begun, (Vacancy{false, true, kNow}));
  EXPECT_EQ(next_vacancy(begun, kVacant, kNow + Seconds(10) - kTick), begun);
  EXPECT_EQ(next_vacancy(begun, kVacant, kNow + Seconds(10)), (Vacancy{true, true, std::nullopt}));
}

TEST(VacancyFC17, ItComesBackWhenOneHasBeenReadyForTwoSecondsWithoutABreak) {
  const Vacancy out{true, true, std::nullopt};
  EXPECT_EQ(next_vacancy(out, kOut, kNow), out);
  const auto begun = next_vacancy(out, kOutAndServed, kNow);
  EXPECT_EQ(begun, (Vacancy{true, true, kNow}));
  EXPECT_EQ(next_vacancy(begun, kOut, kNow + Seconds(1)), out);  // a break
  EXPECT_EQ(next_vacancy(begun, kOutAndServed, kNow + Seconds(2) - kTick), begun);
  const auto back = next_vacancy(begun, kOutAndServed, kNow + Seconds(2));
  EXPECT_EQ(back, (Vacancy{false, true, std::nullopt}));  // until its status says so, too
  EXPECT_EQ(next_vacancy(back, kOutAndServed, kNow + Seconds(3)), back);
  EXPECT_EQ(next_vacancy(back, kServed, kNow + Seconds(3)), std::nullopt);
}

TEST(VacancyFC17, AfterARestartOneInAGroupBeginsItsTenSecondsAnewAndOneThatIsOutItsTwo) {
  EXPECT_EQ(next_vacancy(std::nullopt, kVacant, kNow)->since, kNow);
  EXPECT_EQ(next_vacancy(std::nullopt, kOutAndServed, kNow), (Vacancy{true, true, kNow}));
  EXPECT_EQ(next_vacancy(std::nullopt, kOut, kNow), (Vacancy{true, true, std::nullopt}));
  // It stopped between the write of the group and that of the status.
  EXPECT_EQ(next_vacancy(std::nullopt, {false, false, false, true}, kNow),
            (Vacancy{true, true, std::nullopt}));
}

TEST(VacancyFC17, ANewOneWithoutARealServerStaysOutAndOneWithComesInAtOnce) {
  EXPECT_EQ(next_vacancy(std::nullopt, {false, false, false, false}, kNow),
            (Vacancy{true, false, std::nullopt}));
  EXPECT_EQ(next_vacancy(std::nullopt, {true, false, false, false}, kNow), std::nullopt);
}

TEST(VacancyFC17, TheNextEndIsThatOfTheFirstHold) {
  EXPECT_EQ(next_end({}), std::nullopt);
  EXPECT_EQ(next_end({{"a", {true, true, std::nullopt}}}), std::nullopt);
  EXPECT_EQ(next_end({{"a", {false, true, kNow}}, {"b", {true, true, kNow + Seconds(7)}}}),
            kNow + Seconds(9));
  EXPECT_EQ(next_end({{"a", {false, true, kNow}}, {"b", {true, true, kNow + Seconds(9)}}}),
            kNow + Seconds(10));
}

// Whatever comes and goes, it never leaves before 10 s without, nor comes back before 2 s with one.
TEST(VacancyFC17, HoldsAreKeptWhateverComesAndGoes) {
  for (unsigned seed = 0; seed < 50; ++seed) {
    std::mt19937 random(seed);
    Attendance seen = kServed;
    std::optional<Vacancy> vacancy;
    TimePoint now = kNow;
    TimePoint turned = now;  // since when it is served, or is not
    int turns = 0;
    for (int step = 0; step < 300; ++step) {
      now += Milliseconds(random() % 4000);
      const bool served = random() % 3 == 0 ? !seen.served : seen.served;
      if (served != seen.served) turned = now;
      seen.served = served;
      vacancy = next_vacancy(vacancy, seen, now);
      const bool held = !vacancy || !vacancy->withdrawn;
      if (held != seen.in_group) {
        ASSERT_GE(now - turned, held ? kServedBeforeBack : kVacantBeforeWithdrawn) << seed << " " << step;
        ++turns;
      }
      seen.in_group = held;
      seen.said_withdrawn = !held;
      seen.said_held = held;
    }
    EXPECT_GT(turns, 3) << seed;
  }
}

}  // namespace
}  // namespace fairlead::controller

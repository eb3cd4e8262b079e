#include "controller/plan/agenda.h"

#include <gtest/gtest.h>

// Which round is next and when (K-22, K-23, FC-05, FC-06).
namespace fairlead::controller {
namespace {

using Round = Agenda::Round;

const TimePoint t0{Seconds(1000)};
const api::ObjectKey kWeb{"shop", "web"};
const Object kVip{Target::kVirtualIP, kWeb};
const Object kGroup{Target::kVRRPGroup, {"", "group"}};

Agenda::VersionOf shows(const std::string& version) {
  return [version](const Object&) { return version; };
}
const auto kNothing = shows("");

Round next(Agenda& agenda, TimePoint now) {
  agenda.woken();
  return agenda.next({}, kNothing, now);
}

// A whole round that takes `computing` and then changes nothing.
void whole_round(Agenda& agenda, TimePoint begin, Microseconds computing, TimePoint end) {
  agenda.begin_whole(begin);
  agenda.computed({}, begin + computing);
  agenda.written({}, kNothing, end);
}

// One that has led for a while, and has nothing to do.
Agenda calm(TimePoint now) {
  Agenda out;
  out.lead(now - Seconds(20));
  whole_round(out, now - Seconds(20), Milliseconds(0), now - Seconds(20));
  out.woken();
  return out;
}

TEST(AgendaK23, WhatChangesIsGatheredAndAStreamOfChangesPutsNothingOff) {
  Agenda agenda = calm(t0);
  EXPECT_EQ(agenda.wake(), std::nullopt);
  for (int i = 0; i < 5; ++i) agenda.changed(kVip, false, t0 + Milliseconds(i * 10));
  EXPECT_EQ(agenda.wake(), t0 + Milliseconds(50));
  EXPECT_EQ(next(agenda, t0 + Milliseconds(50)), Round::kWhole);
  EXPECT_EQ(agenda.begin_whole(t0 + Milliseconds(50)), Milliseconds(50));
  EXPECT_EQ(agenda.rounds().waiting(), 0U);
}

TEST(AgendaFC05, OfEndpointsAloneARoundOfEndpointsIsNextAndAWholeOneFollows) {
  Agenda agenda = calm(t0);
  agenda.endpoints_changed(kWeb, t0);
  const TimePoint begin = t0 + Milliseconds(50);
  EXPECT_EQ(agenda.wake(), begin);
  ASSERT_EQ(next(agenda, begin), Round::kEndpoints);
  agenda.begin_endpoints(begin);
  EXPECT_EQ(agenda.in_round(), std::vector<api::ObjectKey>{kWeb});
  agenda.computed(begin);
  agenda.written({{{kVip, {"1", "2"}}}, false, false, {}}, shows("2"), begin);
  EXPECT_EQ(agenda.wake(), t0 + Seconds(1)) << "what it moved is no reason for one before";
  agenda.woken();
  EXPECT_EQ(agenda.next({}, shows("2"), t0 + Seconds(1)), Round::kWhole);
}

TEST(AgendaFC05, EndpointsOfWhichMembersOrAddressesDependAreForAWholeRound) {
  Agenda agenda;
  agenda.lead(t0);
  agenda.begin_whole(t0);
  Agenda::Outlook outlook;
  outlook.footings[kWeb].served = {net::Family::kIPv4};
  agenda.computed(outlook, t0);
  agenda.written({}, kNothing, t0);
  agenda.endpoints_changed(kWeb, t0);
  EXPECT_EQ(next(agenda, t0 + Milliseconds(50)), Round::kWhole) << "none is left";
}

TEST(AgendaFC05, AWholeRoundThatNobodyWaitsForTakesAFifthOfTheTime) {
  Agenda agenda = calm(t0);
  whole_round(agenda, t0, Seconds(2), t0 + Seconds(3));
  agenda.woken();
  agenda.changed(Object{Target::kRealServerSet, kWeb}, false, t0 + Seconds(3));
  EXPECT_EQ(agenda.wake(), t0 + Seconds(2) + Seconds(8));
  agenda.changed(kVip, false, t0 + Seconds(4));
  EXPECT_EQ(agenda.wake(), t0 + Seconds(4) + Milliseconds(50)) << "for this somebody waits";
}

TEST(AgendaK22, TheNextRoundWaitsUntilTheCachesShowWhatTheLastOneWroteAndFiveSecondsAtMost) {
  Agenda agenda = calm(t0);
  agenda.begin_whole(t0);
  agenda.computed({}, t0);
  agenda.written({{{kVip, {"7", "9"}}}, false, false, {}}, shows("7"), t0);
  EXPECT_EQ(agenda.wake(), t0 + Milliseconds(50));
  const auto at = [&](Microseconds in, const std::string& version) {
    agenda.woken();
    return agenda.next({}, shows(version), t0 + in);
  };
  EXPECT_EQ(at(Milliseconds(50), "7"), Round::kNone);
  EXPECT_EQ(agenda.wake(), t0 + Milliseconds(70));
  Agenda shown = agenda;
  EXPECT_EQ(shown.next({}, shows("9"), t0 + Milliseconds(70)), Round::kWhole);
  EXPECT_EQ(shown.behind(), 0U);
  EXPECT_EQ(at(Milliseconds(4999), "7"), Round::kNone);
  EXPECT_EQ(at(Seconds(5), "7"), Round::kWhole);
  EXPECT_EQ(agenda.behind(), 1U);
}

TEST(AgendaK22, WhereNothingIsDecidedFromWhatMovedThereIsNoFurtherRound) {
  Agenda agenda = calm(t0);
  agenda.begin_whole(t0);
  agenda.computed({}, t0);
  agenda.written({{{kVip, {"7", "9"}}}, true, false, {}}, shows("7"), t0);
  EXPECT_EQ(agenda.wake(), std::nullopt);
  agenda.changed(kVip, true, t0);
  EXPECT_EQ(agenda.wake(), t0 + Seconds(1)) << "what is told may go by it";
}

TEST(AgendaK22, AVersionByAnothersHandWhileWeWroteIsForARoundAtOnce) {
  for (const std::string version : {"8", "9", "10"}) {
    Agenda agenda = calm(t0);
    agenda.begin_whole(t0);
    agenda.computed({}, t0);
    agenda.changed(kVip, true, t0);  // our write is under way: this may be it
    EXPECT_EQ(agenda.cut(), std::nullopt);
    agenda.written({{{kVip, {"7", "9"}}}, true, false, {}}, shows(version), t0);
    const bool theirs = version == "10";
    EXPECT_EQ(agenda.wake(), t0 + (theirs ? Milliseconds(50) : Milliseconds(1000))) << version;
  }
}

TEST(AgendaFC06, AChangeLeavesTheRestOfARoundsWritesToTheNext) {
  Agenda agenda = calm(t0);
  agenda.begin_whole(t0);
  agenda.changed(kVip, false, t0);
  EXPECT_EQ(agenda.cut(), std::nullopt) << "it is being computed";
  agenda.computed({}, t0 + Seconds(1));
  agenda.changed(kVip, false, t0 + Seconds(1));
  EXPECT_EQ(agenda.cut(), t0 + Seconds(2)) << "it has been written for as long as it took";
  agenda.changed(kVip, false, t0 + Milliseconds(1500));
  EXPECT_EQ(agenda.cut(), t0 + Seconds(2));
  agenda.written({{}, false, false, {}}, kNothing, t0 + Seconds(2));
  EXPECT_EQ(agenda.cut(), std::nullopt);
  EXPECT_EQ(agenda.wake(), t0 + Milliseconds(50)) << "long due";
}

TEST(AgendaFC06, OfARoundThatIsCutShortTheServicesWhoseSetsWereLeftAreTheNextOnesFirst) {
  Agenda agenda = calm(t0);
  agenda.endpoints_changed(kWeb, t0);
  agenda.woken();
  agenda.begin_endpoints(t0);
  agenda.computed(t0);
  const api::ObjectKey other{"shop", "other"};
  agenda.endpoints_changed(other, t0);
  EXPECT_EQ(agenda.cut(), t0 + Milliseconds(50));
  agenda.written({{}, true, false, {}, {kWeb}}, kNothing, t0 + Milliseconds(60));
  EXPECT_EQ(agenda.wake(), t0 + Milliseconds(110));
  ASSERT_EQ(next(agenda, t0 + Milliseconds(110)), Round::kEndpoints);
  agenda.begin_endpoints(t0 + Milliseconds(110));
  EXPECT_EQ(agenda.in_round(), (std::vector<api::ObjectKey>{kWeb, other}));
}

// A stream of endpoint changes cuts every whole round: it is no reason for the next one.
TEST(AgendaFC06, OfAWholeRoundThatIsCutShortWithRealServersLeftARoundOfEndpointsIsNext) {
  Agenda agenda = calm(t0);
  agenda.begin_whole(t0);
  agenda.computed({}, t0 + Seconds(1));
  agenda.endpoints_changed(kWeb, t0 + Seconds(1));
  const api::ObjectKey other{"shop", "other"};
  agenda.written({{{kVip, {"7", "9"}}}, true, false, {}, {other}}, shows("9"), t0 + Seconds(2));
  EXPECT_EQ(agenda.wake(), t0 + Milliseconds(2050));
  agenda.woken();
  ASSERT_EQ(agenda.next({}, shows("9"), t0 + Milliseconds(2050)), Round::kEndpoints);
  agenda.begin_endpoints(t0 + Milliseconds(2050));
  EXPECT_EQ(agenda.in_round(), (std::vector<api::ObjectKey>{other, kWeb}));
}

TEST(Agenda, WhatNothingOfOursDependsOnIsForAWholeRoundInTime) {
  Agenda agenda = calm(t0);
  agenda.aside(t0);
  EXPECT_EQ(agenda.wake(), t0 + Seconds(1));
}

TEST(Agenda, WhatFailedIsTriedAgainAndWhatIsToBeToldIsToldAtOnce) {
  const auto wake_after = [](bool news, std::optional<TimePoint> retry) {
    Agenda agenda = calm(t0);
    agenda.begin_whole(t0);
    agenda.computed({}, t0);
    agenda.written({{}, true, news, retry}, kNothing, t0);
    return agenda.wake();
  };
  EXPECT_EQ(wake_after(false, std::nullopt), std::nullopt);
  EXPECT_EQ(wake_after(false, t0 + Seconds(3)), t0 + Seconds(3));
  EXPECT_EQ(wake_after(false, t0), t0 + Milliseconds(50));
  EXPECT_EQ(wake_after(true, t0 + Seconds(3)), t0 + Milliseconds(50));
}

TEST(Agenda, TimeAloneIsAReasonWhereAWholeRoundSaysSoAndEachThirtySeconds) {
  const auto wake_after = [](const Agenda::Outlook& outlook, Microseconds in) {
    Agenda agenda = calm(t0);
    agenda.begin_whole(t0);
    agenda.computed(outlook, t0);
    agenda.written({}, kNothing, t0);
    if (!agenda.wake()) agenda.tick(t0 + in);
    return agenda.wake();
  };
  EXPECT_EQ(wake_after({}, Seconds(1)), std::nullopt);
  EXPECT_EQ(wake_after({}, Seconds(30)), t0 + Seconds(30) + Milliseconds(50));
  EXPECT_EQ(wake_after({{}, true, {}}, Seconds(1)), t0 + Milliseconds(50));
  EXPECT_EQ(wake_after({{}, false, t0 + Seconds(10)}, Seconds(1)), t0 + Seconds(10));
}

TEST(Agenda, FromStatusesAndRealServersBehindWhatIsServedNothingIsDecided) {
  const auto of = [](Step step, Verb verb, Target target) {
    Write write;
    write.step = step;
    write.verb = verb;
    write.target = target;
    return decides_nothing(write);
  };
  EXPECT_TRUE(of(Step::kStatus, Verb::kApplyStatus, Target::kVirtualIP));
  EXPECT_TRUE(of(Step::kRealServers, Verb::kApply, Target::kRealServerSet));
  EXPECT_FALSE(of(Step::kClaims, Verb::kApplyStatus, Target::kAddressClaim)) << "its holders";
  EXPECT_FALSE(of(Step::kGroups, Verb::kApply, kGroup.first));
}

TEST(Agenda, AnEchoIsWhatAMoveMadeOrComesBeforeIt) {
  const Moves moves{{kVip, {"7", "9"}}};
  EXPECT_TRUE(is_echo(moves, kVip, "8"));
  EXPECT_TRUE(is_echo(moves, kVip, "9"));
  EXPECT_FALSE(is_echo(moves, kVip, "10"));
  EXPECT_FALSE(is_echo(moves, kGroup, "9"));
}

}  // namespace
}  // namespace fairlead::controller

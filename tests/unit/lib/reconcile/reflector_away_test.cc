#include "tests/unit/lib/reconcile/reflector_fixture.h"

// FC-11: an API server that was restored from a backup while nobody watched may have got beyond the last
// version seen, by other writes than those we know of. No question to it can tell; but who was away for long
// asks for the whole state.
namespace fairlead::reconcile {
namespace {

// Without a watch for so long, though the server answers: each try is throttled, the last one comes at the
// very end.
Actions away_for(Machine& machine, Microseconds time) {
  const TimePoint end = machine.now + time;
  machine.step(refused(429));
  while (machine.now + Seconds(100) < end) {
    EXPECT_EQ(machine.after(Seconds(60), TimePassed{}),
              (Actions{check_from(machine.state.resource_version)}));
    machine.step(refused(429));
  }
  return machine.after(end - machine.now, TimePassed{});
}

TEST(ReflectorFC11, AfterFiveMinutesWithoutAWatchTheWholeStateIsAskedForWithTheVersionUnset) {
  auto machine = watching_from("7");
  machine.step(line("ADDED", object("a", "8")));
  EXPECT_EQ(away_for(machine, Seconds(301)), (Actions{kFirstList}));
}

TEST(ReflectorFC11, ByAWatchListWhereThatIsOffered) {
  Machine machine;
  machine.state.watch_list_refused = false;
  machine.step(Started{});
  machine.step(end_of_initial_events("7"));
  EXPECT_EQ(away_for(machine, Seconds(301)), (Actions{kFirstWatchList}));
}

TEST(ReflectorFC11, UpToFiveMinutesTheWatchIsResumed) {
  auto machine = watching_from("7");
  EXPECT_EQ(away_for(machine, Seconds(300)), (Actions{check_from("7")}));
}

TEST(ReflectorFC11, AWatchThatBroughtSomethingMeanwhileBeginsTheTimeAnew) {
  for (const bool brought : {false, true}) {
    auto machine = watching_from("7");
    machine.step(lost("closed"));
    machine.resume(Milliseconds(1500));
    if (brought) machine.step(line("ADDED", object("a", "7")));
    const auto next = away_for(machine, Seconds(299));
    EXPECT_EQ(next, brought ? (Actions{check_from("7")}) : (Actions{kFirstList})) << brought;
  }
}

// Longer than the minute in which the head of its answer, or a bookmark, must have come.
TEST(ReflectorFC11, AQuietWatchThatLastedIsNoAbsence) {
  auto machine = watching_from("7");
  machine.step(lost("closed"));
  machine.resume(Milliseconds(1500));
  machine.now += Seconds(61);
  EXPECT_EQ(away_for(machine, Seconds(299)), (Actions{check_from("7")}));
}

TEST(ReflectorFC11, AWatchThatEndedAtItsTimeIsNoAbsence) {
  auto machine = watching_from("7");
  machine.step(lost("closed"));
  machine.resume(Milliseconds(1500));
  EXPECT_EQ(machine.after(Seconds(300), WatchEnded{}), (Actions{watch_from("7")}));
  EXPECT_EQ(away_for(machine, Seconds(200)), (Actions{check_from("7")}));
}

TEST(ReflectorFC11, AfterTwoSecondsOfSilenceNoWatchIsResumed) {
  auto machine = watching_from("7");
  machine.step(lost("closed"));
  EXPECT_EQ(machine.after(Milliseconds(800), TimePassed{}), (Actions{check_from("7")}));
  machine.step(lost("connect"));
  EXPECT_EQ(machine.after(Milliseconds(1600), TimePassed{}), (Actions{kFirstList}))
      << "with the version unset";
  EXPECT_EQ(machine.step(done("5")), (Actions{Replace{{}}, OtherHistory{t0}, watch_from("5")}))
      << "which may be lower";
  machine.after(Seconds(200), lost("closed"));
  EXPECT_EQ(machine.resume(Milliseconds(1900)), (Actions{watch_from("5")})) << "once";
}

TEST(ReflectorFC11, NorAfterTwoSecondsInWhichNothingWasAsked) {
  auto machine = watching_from("7");
  machine.step(lost("closed"));
  EXPECT_EQ(machine.after(Milliseconds(2100), TimePassed{}), (Actions{kFirstList}));
}

TEST(ReflectorFC11, NorWhereTheAnswerWasLongInComing) {
  auto machine = watching_from("7");
  machine.step(lost("closed"));
  machine.after(Milliseconds(800), TimePassed{});
  EXPECT_EQ(machine.after(Seconds(10), done("9")), (Actions{kFirstList}));
}

TEST(ReflectorFC11, WhatSpeaksForAServerThatIsAwayIsNoAnswer) {
  auto machine = watching_from("7");
  machine.step(lost("closed"));
  machine.after(Milliseconds(800), TimePassed{});
  machine.step(refused(503));
  EXPECT_EQ(machine.after(Milliseconds(1600), TimePassed{}), (Actions{kFirstList}));
}

TEST(ReflectorFC11, ARefusalAfterTheSilenceDoesNotEndTheDoubt) {
  auto machine = watching_from("7");
  machine.step(lost("closed"));
  machine.after(Milliseconds(800), TimePassed{});
  machine.after(Seconds(10), refused(429));
  EXPECT_EQ(machine.after(Seconds(10), TimePassed{}), (Actions{kFirstList}));
}

TEST(ReflectorFC11, AServerThatRefusesAtOnceIsNotSilent) {
  for (const int status : {401, 403, 429}) {
    auto machine = watching_from("7");
    machine.step(lost("closed"));
    machine.after(Milliseconds(800), TimePassed{});
    machine.step(refused(status));
    EXPECT_EQ(machine.resume(Seconds(60)), (Actions{watch_from("7")})) << status;
  }
}

TEST(ReflectorFC11, AVersionYetToComeIsProofOfAnotherHistory) {
  auto machine = watching_from("7");
  machine.step(lost("closed"));
  machine.after(Milliseconds(800), TimePassed{});
  EXPECT_EQ(machine.step(done("5")), (Actions{CountError{"version_too_large"}, kFirstList}));
  EXPECT_EQ(machine.step(done("5")),
            (Actions{Replace{{}}, OtherHistory{t0 + Milliseconds(800)}, watch_from("5")}));
}

TEST(ReflectorFC11, NothingWasSeenBeforeTheFirstState) {
  Machine machine;
  machine.step(Started{});
  machine.step(lost("connect"));
  machine.after(Seconds(10), TimePassed{});
  EXPECT_EQ(machine.step(done("5")), (Actions{Replace{{}}, watch_from("5")}));
}

TEST(ReflectorFC11, AskedAnewItLeavesAWatchThatIsWell) {
  auto machine = watching_from("7");
  EXPECT_EQ(machine.step(AskAnew{}), (Actions{kFirstList}));
  EXPECT_EQ(machine.step(AskAnew{}), Actions{}) << "it is on its way";
  EXPECT_EQ(machine.step(done("5")), (Actions{Replace{{}}, watch_from("5")})) << "it doubts nobody";
}

TEST(ReflectorFC11, AskedAnewItDoesNotWaitToResumeAWatch) {
  auto waiting = watching_from("7");
  waiting.step(lost("closed"));
  EXPECT_EQ(waiting.step(AskAnew{}), (Actions{kFirstList}));
  auto checking = watching_from("7");
  checking.step(lost("closed"));
  checking.after(Milliseconds(800), TimePassed{});
  EXPECT_EQ(checking.step(AskAnew{}), (Actions{kFirstList}));
}

// Else many kinds would have each other ask without end.
TEST(ReflectorFC11, AskedAnewItKeepsItsWaitBeforeAList) {
  Machine machine;
  machine.step(Started{});
  machine.step(lost("connect"));
  EXPECT_EQ(machine.step(AskAnew{}), Actions{});
}

TEST(ReflectorFC11, AWholeStateBeginsTheTimeAnew) {
  auto machine = watching_from("7");
  away_for(machine, Seconds(301));
  machine.step(done("5"));
  EXPECT_EQ(away_for(machine, Seconds(299)), (Actions{check_from("5")})) << "of the other history, lower";
}

}  // namespace
}  // namespace fairlead::reconcile

#include "tests/unit/lib/reconcile/reflector_fixture.h"

// FC-11: an API server that was restored from a backup while nobody watched may have got beyond the last
// version seen, by other writes than those we know of. No question to it can tell; but who was away for long
// asks for the whole state.
namespace fairlead::reconcile {
namespace {

// Without an answer for so long: tries at it, each in vain, the last one at the very end.
Actions away_for(Machine& machine, Microseconds time) {
  const TimePoint end = machine.now + time;
  machine.step(lost("closed"));
  while (machine.now + Seconds(100) < end) {
    EXPECT_EQ(machine.after(Seconds(60), TimePassed{}),
              (Actions{check_from(machine.state.resource_version)}));
    machine.step(lost("connect"));
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

// Watching again after a server that did not answer the question after the version.
Machine back_after_an_outage() {
  auto machine = watching_from("7");
  machine.step(lost("closed"));
  machine.after(Seconds(1), TimePassed{});
  machine.step(lost("connect"));
  EXPECT_EQ(machine.resume(Seconds(60)), (Actions{short_watch_from("7", 30)}))
      << "at once, with the old version";
  return machine;
}

TEST(ReflectorFC11, HalfAMinuteAfterAnOutageTheWholeStateIsAskedFor) {
  auto machine = back_after_an_outage();
  machine.step(line("ADDED", object("a", "8")));
  EXPECT_EQ(machine.after(Seconds(30), WatchEnded{}), (Actions{kFirstList}));
  EXPECT_EQ(machine.step(done("5")).back(), ReflectorAction(watch_from("5"))) << "of the other history";
  EXPECT_EQ(machine.after(Seconds(300), WatchEnded{}), (Actions{watch_from("5")})) << "once";
}

// Its back-off was long from an outage before, and so it asked nothing while the server was away.
TEST(ReflectorFC11, SoItIsAfterALongWaitInWhichNothingWasAsked) {
  auto machine = watching_from("7");
  machine.after(Seconds(10), lost("closed"));
  EXPECT_EQ(machine.resume(Seconds(2)), (Actions{watch_from("7")})) << "no server is restored so fast";
  machine.after(Seconds(10), lost("closed"));
  machine.now += Milliseconds(2100);
  EXPECT_EQ(machine.resume(Seconds(0)), (Actions{short_watch_from("7", 30)}));
}

TEST(ReflectorFC11, ManyThatAreBackAtOnceAskApartFromEachOther) {
  auto machine = watching_from("7");
  machine.step(lost("closed"));
  machine.after(Seconds(1), TimePassed{});
  machine.step(refused(503));
  machine.random = 0.5;
  EXPECT_EQ(machine.resume(Seconds(60)), (Actions{short_watch_from("7", 45)}));
}

TEST(ReflectorFC11, AWatchThatIsCutAgainDoesNotPutTheSecondLookOff) {
  auto machine = back_after_an_outage();
  machine.step(line("ADDED", object("a", "8")));
  machine.after(Seconds(20), lost("closed"));
  EXPECT_EQ(machine.resume(Seconds(4)), (Actions{short_watch_from("8", 6)}));
  machine.step(lost("closed"));
  EXPECT_EQ(machine.after(Seconds(30), TimePassed{}), (Actions{kFirstList})) << "due meanwhile";
}

TEST(ReflectorFC11, AServerThatAnswersTheQuestionAtOnceHasNotBeenAway) {
  auto machine = watching_from("7");
  machine.step(lost("closed"));
  EXPECT_EQ(machine.resume(Seconds(1)), (Actions{watch_from("7")}));
  for (const int status : {403, 429}) {
    machine = watching_from("7");
    machine.step(lost("closed"));
    machine.after(Milliseconds(500), TimePassed{});
    machine.step(refused(status));
    EXPECT_EQ(machine.resume(Milliseconds(1500)), (Actions{watch_from("7")})) << status;
  }
}

TEST(ReflectorFC11, AWholeStateBeginsTheTimeAnew) {
  auto machine = watching_from("7");
  away_for(machine, Seconds(301));
  machine.step(done("5"));
  EXPECT_EQ(away_for(machine, Seconds(299)), (Actions{check_from("5")})) << "of the other history, lower";
}

}  // namespace
}  // namespace fairlead::reconcile

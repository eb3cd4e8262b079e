#include <gtest/gtest.h>

#include "lib/reconcile/reflector.h"
#include "unit/lib/reconcile/reflector_fixture.h"

namespace fairlead::reconcile {
namespace {

TEST(ReflectorK02, ARelistAsksForTheNewestVersionSeen) {
  auto machine = watching_from("7");
  machine.step(line("ADDED", object("a", "12")));
  EXPECT_EQ(machine.step(error_line(R"("code":410)")), (Actions{CountError{"gone"}, relist_from("12")}));
}

TEST(ReflectorK02, AnEventWithALowerVersionDoesNotMoveItBack) {
  auto machine = watching_from("12");
  EXPECT_EQ(machine.step(line("MODIFIED", object("a", "9"))), (Actions{Upsert{object("a", "9")}}));
  machine.now += Seconds(400);
  EXPECT_EQ(machine.step(WatchEnded{}), (Actions{watch_from("12")}));
}

TEST(ReflectorK04, GoneByStatusRelistsFromTheLastResourceVersion) {
  auto machine = watching_from("7");
  EXPECT_EQ(machine.step(refused(410)), (Actions{CountError{"gone"}, relist_from("7")}));
}

TEST(ReflectorK04, GoneByEventRelistsFromTheLastResourceVersion) {
  for (const std::string status : {R"("code":410)", R"("reason":"Expired")", R"("reason":"Gone")"}) {
    auto machine = watching_from("7");
    EXPECT_EQ(machine.step(error_line(status)), (Actions{CountError{"gone"}, relist_from("7")})) << status;
  }
}

TEST(ReflectorK04, IfThatIsExpiredTooTheVersionIsLeftUnset) {
  auto machine = watching_from("7");
  machine.step(refused(410));
  EXPECT_EQ(machine.step(refused(410)), (Actions{CountError{"gone"}, kFirstList}));
}

TEST(ReflectorK04, AVersionThatTheServerRefusesRightBehindItsOwnListIsNoHotLoop) {
  auto machine = watching_from("7");
  machine.step(refused(410));
  machine.step(done("8"));
  EXPECT_EQ(machine.step(refused(410)), (Actions{CountError{"gone"}, WaitUntil{t0 + Milliseconds(800)}}));
  EXPECT_EQ(machine.after(Milliseconds(800), TimePassed{}), (Actions{kFirstList}));
}

TEST(ReflectorK05, ATooLargeVersionIsLeftTheSameWayAsAnExpiredOne) {
  auto too_large = refused(504);
  too_large.status.resource_version_too_large = true;
  auto machine = watching_from("7");
  EXPECT_EQ(machine.step(too_large), (Actions{CountError{"version_too_large"}, relist_from("7")}));
  EXPECT_EQ(machine.step(too_large), (Actions{CountError{"version_too_large"}, kFirstList}));
  machine.step(done("3"));  // the server was restored from a backup
  machine.now += Seconds(400);
  EXPECT_EQ(machine.step(WatchEnded{}), (Actions{watch_from("3")}));
}

// A watch from a version that is yet to come is silent: it is asked for first, unless the watch before ended
// at its time.
TEST(ReflectorK05, AWatchIsResumedOnceTheServerSaysThatItHasGotSoFar) {
  auto machine = watching_from("7");
  machine.step(lost("closed"));
  EXPECT_EQ(machine.after(Milliseconds(800), TimePassed{}), (Actions{check_from("7")}));
  EXPECT_EQ(machine.step(done("9")), (Actions{watch_from("7")}));
  EXPECT_EQ(machine.after(Seconds(300), WatchEnded{}), (Actions{watch_from("7")}));
}

TEST(ReflectorK05, AServerRestoredFromABackupIsListedAnewWithTheVersionUnset) {
  auto too_large = refused(504);
  too_large.status.resource_version_too_large = true;
  for (const ReflectorEvent& answer : {ReflectorEvent(too_large), ReflectorEvent(done("3"))}) {
    auto machine = watching_from("7");
    machine.step(lost("closed"));
    machine.after(Milliseconds(800), TimePassed{});
    EXPECT_EQ(machine.step(answer), (Actions{CountError{"version_too_large"}, kFirstList}));
    EXPECT_EQ(machine.step(done("3")), (Actions{Replace{}, OtherHistory{machine.now}, watch_from("3")}));
  }
}

TEST(ReflectorK05, ACheckThatGetsNoAnswerIsMadeAgainAndOneThatIsRefusedIsNot) {
  auto machine = watching_from("7");
  machine.now += Seconds(10);
  machine.step(WatchEnded{});
  EXPECT_EQ(machine.step(TimePassed{}), (Actions{check_from("7")}));
  machine.step(lost("connect"));
  EXPECT_EQ(machine.after(Milliseconds(800), TimePassed{}), (Actions{check_from("7")}));
  for (const auto& failed : {refused(401), refused(403), refused(429)}) {
    const auto actions = machine.step(failed);
    ASSERT_EQ(actions.size(), 2U);
    EXPECT_EQ(machine.after(Seconds(31), TimePassed{}), (Actions{check_from("7")}));
  }
  EXPECT_EQ(machine.step(ListDone{{"Table", "9", ""}}).front(),
            (ReflectorAction{CountError{"wrong_kind", "Table"}}));
  EXPECT_EQ(machine.after(Seconds(31), TimePassed{}), (Actions{check_from("7")}));
  EXPECT_EQ(machine.step(refused(400)), (Actions{CountError{"refused"}, watch_from("7")}));
}

TEST(ReflectorK05, A504WithoutThatCauseIsAnOrdinaryError) {
  auto machine = watching_from("7");
  EXPECT_EQ(machine.step(refused(504)),
            (Actions{CountError{"server_error"}, WaitUntil{t0 + Milliseconds(800)}}));
}

TEST(ReflectorK06, ACleanCloseAtItsTimeResumesAtOnceWithoutARelist) {
  auto machine = watching_from("7");
  machine.step(line("DELETED", object("a", "8")));
  EXPECT_EQ(machine.after(Seconds(300), WatchEnded{}), (Actions{watch_from("8")}));
}

TEST(ReflectorK06, ARefusedConnectionBacksOffAndResumesWithoutARelist) {
  for (const auto& failed : {lost("connect"), lost("closed"), lost("timeout")}) {
    auto machine = watching_from("7");
    EXPECT_EQ(machine.step(failed)[1], ReflectorAction{WaitUntil{machine.now + Milliseconds(800)}});
    EXPECT_EQ(machine.resume(Milliseconds(800)), (Actions{watch_from("7")}));
    EXPECT_EQ(machine.step(failed)[1], ReflectorAction{WaitUntil{machine.now + Milliseconds(1600)}});
    EXPECT_EQ(machine.resume(Milliseconds(1600)), (Actions{watch_from("7")}));
  }
}

TEST(ReflectorK06, ThrottlingBacksOffAndResumesWithoutARelist) {
  for (const auto& failed : {refused(429), refused(401)}) {
    auto machine = watching_from("7");
    for (const int wait : {800, 1600, 3200, 6400, 12800, 25600, 30000}) {
      const auto actions = machine.step(failed);
      ASSERT_EQ(actions.size(), 2U);
      EXPECT_EQ(actions[1], ReflectorAction{WaitUntil{machine.now + Milliseconds(wait)}});
      EXPECT_EQ(machine.resume(Milliseconds(wait)), (Actions{watch_from("7")}));
    }
  }
}

TEST(ReflectorK06, AfterFiveServerErrorsInARowTheVersionIsSuspectAndARelistFollows) {
  auto machine = watching_from("7");
  for (int i = 0; i < 4; ++i) {
    machine.step(error_line(R"("code":500,"reason":"InternalError")"));
    EXPECT_EQ(machine.resume(Seconds(60)), (Actions{watch_from("7")}));
  }
  machine.step(error_line(R"("code":500,"reason":"InternalError")"));
  EXPECT_EQ(machine.after(Seconds(60), TimePassed{}), (Actions{relist_from("7")}));
}

// The right to watch may be gone and that to list not: the cache goes on, by lists.
TEST(ReflectorK06, AWatchThatIsForbiddenForGoodIsFollowedByAListEachFiveTries) {
  auto machine = watching_from("7");
  for (const std::string version : {"7", "9"}) {
    for (int i = 0; i < 4; ++i) {
      machine.step(refused(403));
      EXPECT_EQ(machine.resume(Seconds(60)), (Actions{watch_from(version)}));
    }
    machine.step(refused(403));
    EXPECT_EQ(machine.after(Seconds(60), TimePassed{}), (Actions{relist_from(version)}));
    machine.step(ListItems{{"a"}});
    EXPECT_EQ(machine.step(done("9")), (Actions{Replace{{"a"}}, watch_from("9")}));
  }
}

TEST(ReflectorK07, AWatchThatEndsWithinASecondAndBroughtNothingIsAnError) {
  auto machine = watching_from("7");
  machine.now += Milliseconds(999);
  EXPECT_EQ(machine.step(WatchEnded{}),
            (Actions{CountError{"short"}, WaitUntil{machine.now + Milliseconds(800)}}));
  EXPECT_EQ(machine.resume(Milliseconds(800)), (Actions{watch_from("7")}));
}

TEST(ReflectorK07, AShortWatchThatBroughtSomethingIsNone) {
  auto machine = watching_from("7");
  machine.step(line("ADDED", object("a", "8")));
  machine.now += Milliseconds(10);
  EXPECT_EQ(machine.step(WatchEnded{}), (Actions{WaitUntil{machine.now}}));
}

TEST(ReflectorK10, BookmarksMoveTheVersionAndReachNobody) {
  auto machine = watching_from("7");
  EXPECT_EQ(machine.step(line("BOOKMARK", object("", "900"))), Actions{});
  EXPECT_EQ(machine.after(Seconds(300), WatchEnded{}), (Actions{watch_from("900")}));
}

TEST(ReflectorK12, TheServersTimeoutIsRandomIn300To600AndOursComes30SecondsLater) {
  for (const auto& [random, seconds] :
       std::vector<std::pair<double, int>>{{0.0, 300}, {0.5, 450}, {0.999999, 599}}) {
    Machine machine;
    machine.random = random;
    machine.step(Started{});
    const auto actions = machine.step(done("7"));
    const auto& watch = std::get<SendWatch>(actions.at(1));
    EXPECT_EQ(watch.query, "watch=true&allowWatchBookmarks=true&timeoutSeconds=" + std::to_string(seconds) +
                               "&resourceVersion=7");
    EXPECT_EQ(watch.timeout, Seconds(seconds + 30));
  }
}

TEST(ReflectorK15, DeleteAndAddUnderOneNameComeThroughInOrder) {
  auto machine = watching_from("7");
  EXPECT_EQ(machine.step(line("DELETED", object("a", "8"))), (Actions{Remove{object("a", "8")}}));
  EXPECT_EQ(machine.step(line("ADDED", object("a", "9"))), (Actions{Upsert{object("a", "9")}}));
}

TEST(ReflectorK17, APoisonLineIsCountedAndSkipped) {
  auto machine = watching_from("7");
  EXPECT_EQ(machine.step(WatchLine{"junk"}), (Actions{kNoJson}));
  EXPECT_EQ(machine.step(line("RENAMED", object("a", "8"))), (Actions{CountError{"unknown_type"}}));
  EXPECT_EQ(machine.step(Dropped{}), (Actions{CountError{"too_large"}}));
  EXPECT_EQ(machine.step(line("ADDED", R"({"kind":"Table","metadata":{"resourceVersion":"8"}})")),
            (Actions{CountError{"wrong_kind", "Table"}}));
  EXPECT_EQ(machine.step(line("ADDED", object("b", "9"))), (Actions{Upsert{object("b", "9")}}));
}

TEST(ReflectorK17, AnEventThatIsNoUtf8IsMendedAndCounted) {
  auto machine = watching_from("7");
  EXPECT_EQ(machine.step(line("ADDED", object("a\xFF", "8"))),
            (Actions{CountError{"not_utf8"}, Upsert{object("a\xEF\xBF\xBD", "8")}}));
}

TEST(ReflectorK17, AHundredUselessLinesInARowAreNoWatchAndBackOff) {
  auto machine = watching_from("7");
  for (int i = 0; i < 99; ++i) EXPECT_EQ(machine.step(WatchLine{"<p>"}), (Actions{kNoJson}));
  EXPECT_EQ(machine.step(WatchLine{"<p>"}), (Actions{kNoJson, WaitUntil{t0 + Milliseconds(800)}}));
  EXPECT_EQ(machine.resume(Milliseconds(800)), (Actions{watch_from("7")}));
}

TEST(ReflectorK17, AUsefulLineBetweenThemBeginsTheCountAnew) {
  auto machine = watching_from("7");
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 99; ++i) EXPECT_EQ(machine.step(WatchLine{"<p>"}), (Actions{kNoJson}));
    EXPECT_EQ(machine.step(line("ADDED", object("a", "8"))), (Actions{Upsert{object("a", "8")}}));
  }
}

// It is no line of the metrics' reasons, but what a person needs: the same words as in a refusal by status.
TEST(ReflectorK17, WhatAnErrorEventSaysIsPassedOnForTheLog) {
  const std::string down = R"("code":500,"message":"etcdserver: request timed out")";
  auto machine = watching_from("7");
  EXPECT_EQ(machine.step(error_line(down)).front(),
            (ReflectorAction{CountError{"server_error", "500 etcdserver: request timed out"}}));
  auto newcomer = Machine();
  newcomer.state.watch_list_refused = false;
  newcomer.step(Started{});
  EXPECT_EQ(newcomer.step(error_line(R"("message":"no code")")).front(),
            (ReflectorAction{CountError{"server_error", "500 no code"}}));
}

TEST(ReflectorK17, WhatARefusalOrTheTransportSaysIsPassedOnForTheLog) {
  for (auto failed : {refused(500), lost("closed")}) {
    failed.said = "its words";
    auto machine = watching_from("7");
    EXPECT_EQ(machine.step(failed).front(), (ReflectorAction{CountError{reason_of(failed), "its words"}}));
    Machine listing;
    listing.step(Started{});
    EXPECT_EQ(listing.step(failed).front(), (ReflectorAction{CountError{reason_of(failed), "its words"}}));
    machine.after(Seconds(2), TimePassed{});
    EXPECT_EQ(machine.step(failed).front(), (ReflectorAction{CountError{reason_of(failed), "its words"}}));
  }
}

// What is not an answer of an API server does not say that the kind is missing.
TEST(ReflectorK40, APageOfSomebodyElseIsNoMissingKind) {
  auto machine = watching_from("7");
  EXPECT_EQ(machine.step(lost("content_type")),
            (Actions{CountError{"content_type"}, WaitUntil{t0 + Milliseconds(800)}}));
  EXPECT_EQ(machine.resume(Milliseconds(800)), (Actions{watch_from("7")}));
}

TEST(ReflectorK18, TwoHealthyMinutesResetTheBackOff) {
  auto machine = watching_from("7");
  machine.step(lost("closed"));
  machine.resume(Milliseconds(800));
  machine.now += Seconds(119);
  EXPECT_EQ(machine.step(lost("closed")),
            (Actions{CountError{"closed"}, WaitUntil{machine.now + Milliseconds(1600)}}));
  machine.resume(Milliseconds(1600));
  machine.now += Seconds(120);
  EXPECT_EQ(machine.step(lost("closed")),
            (Actions{CountError{"closed"}, WaitUntil{machine.now + Milliseconds(800)}}));
}

TEST(ReflectorK39, AWatchEndedBeforeItsTimeIsResumedWithinASecondAtRandomWithoutARelist) {
  auto machine = watching_from("7");
  machine.random = 0.25;
  machine.now += Seconds(20);
  EXPECT_EQ(machine.step(WatchEnded{}), (Actions{WaitUntil{machine.now + Milliseconds(250)}}));
  machine.random = 0;
  EXPECT_EQ(machine.resume(Milliseconds(250)), (Actions{watch_from("7")}));
}

TEST(ReflectorK33, AnErrorEventsRetryAfterIsHonoured) {
  auto machine = watching_from("7");
  EXPECT_EQ(machine.step(error_line(R"("code":429,"details":{"retryAfterSeconds":9})")),
            (Actions{CountError{"throttled"}, WaitUntil{t0 + Seconds(9)}}));
}

}  // namespace
}  // namespace fairlead::reconcile

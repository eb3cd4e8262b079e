#include <gtest/gtest.h>

#include "lib/reconcile/reflector.h"
#include "unit/lib/reconcile/reflector_fixture.h"

namespace fairlead::reconcile {
namespace {

// A machine that has not been refused the watch-list, started.
Machine started() {
  Machine machine;
  machine.state.watch_list_refused = false;
  machine.step(Started{});
  return machine;
}

// The same with its first whole state at this version.
Machine synced_at(const std::string& version) {
  auto machine = started();
  machine.step(end_of_initial_events(version));
  return machine;
}

TEST(ReflectorK08, TheWholeStateIsAskedForAsAWatchWithTheVersionUnset) {
  Machine machine;
  machine.state.watch_list_refused = false;
  EXPECT_EQ(machine.step(Started{}), (Actions{kFirstWatchList}));
}

TEST(ReflectorK08, OnlyTheAnnotatedBookmarkMakesItWholeAndTheStreamGoesOn) {
  auto machine = started();
  EXPECT_EQ(machine.step(line("ADDED", object("b", "5"))), Actions{});
  EXPECT_EQ(machine.step(line("BOOKMARK", object("", "6"))), Actions{});
  EXPECT_EQ(machine.step(line("ADDED", object("a", "3"))), Actions{});
  EXPECT_EQ(machine.step(end_of_initial_events("9")),
            (Actions{Replace{{object("a", "3"), object("b", "5")}}}));
  EXPECT_EQ(machine.step(line("ADDED", object("c", "10"))), (Actions{Upsert{object("c", "10")}}));
  EXPECT_EQ(machine.after(Seconds(300), WatchEnded{}), (Actions{watch_from("10")}));
}

TEST(ReflectorK08, ChangesBeforeTheBookmarkGoIntoTheNewStateAlone) {
  auto machine = started();
  machine.step(line("ADDED", object("a", "3")));
  machine.step(line("ADDED", object("b", "4")));
  EXPECT_EQ(machine.step(line("MODIFIED", object("a", "7"))), Actions{});
  EXPECT_EQ(machine.step(line("DELETED", object("b", "8"))), Actions{});
  EXPECT_EQ(machine.step(end_of_initial_events("9")), (Actions{Replace{{object("a", "7")}}}));
}

TEST(ReflectorK08, AServerThatRefusesItIsAskedForAListAtOnceAndNeverForItAgain) {
  for (const int status : {400, 422}) {
    auto machine = started();
    EXPECT_EQ(machine.step(refused(status)), (Actions{kFirstList}));
    EXPECT_EQ(machine.step(done("7")), (Actions{Replace{}, watch_from("7")}));
    EXPECT_EQ(machine.step(refused(410)), (Actions{CountError{"gone"}, relist_from("7")}));
  }
}

TEST(ReflectorK08, AfterAnyOtherFailureOfItTheNextTryIsAList) {
  for (const auto& failed : {lost("closed"), lost("timeout"), refused(500), refused(429), refused(403)}) {
    auto machine = started();
    machine.step(line("ADDED", object("a", "3")));
    EXPECT_EQ(machine.step(failed),
              (Actions{CountError{reason_of(failed)}, WaitUntil{t0 + Milliseconds(800)}}));
    EXPECT_EQ(machine.after(Milliseconds(800), TimePassed{}), (Actions{kFirstList}));
    EXPECT_EQ(machine.step(done("7")), (Actions{Replace{}, watch_from("7")}));
  }
}

TEST(ReflectorK08, AfterThatListItIsOfferedAgain) {
  auto machine = started();
  machine.step(lost("closed"));
  machine.after(Milliseconds(800), TimePassed{});
  machine.step(done("7"));
  EXPECT_EQ(machine.step(refused(410)), (Actions{CountError{"gone"}, watch_list_from("7")}));
}

TEST(ReflectorK08, AStreamThatEndsBeforeTheBookmarkHasBroughtNothing) {
  auto machine = started();
  machine.step(line("ADDED", object("a", "3")));
  machine.now += Seconds(20);
  EXPECT_EQ(machine.step(WatchEnded{}),
            (Actions{CountError{"cut_short"}, WaitUntil{machine.now + Milliseconds(800)}}));
  EXPECT_EQ(machine.after(Milliseconds(800), TimePassed{}), (Actions{kFirstList}));
}

TEST(ReflectorK09, UntilTheBookmarkTheSavedVersionStaysWhereItWas) {
  auto machine = synced_at("7");
  EXPECT_EQ(machine.step(error_line(R"("code":410)")), (Actions{CountError{"gone"}, watch_list_from("7")}));
  machine.step(line("ADDED", object("a", "900")));
  machine.step(line("BOOKMARK", object("", "901")));
  machine.step(line("MODIFIED", object("a", "902")));
  machine.step(lost("closed"));
  EXPECT_EQ(machine.after(Seconds(2), TimePassed{}), (Actions{relist_from("7")}));
}

TEST(ReflectorK09, TheBookmarksVersionCountsThoughItBeLower) {
  auto machine = synced_at("900");
  EXPECT_EQ(machine.step(refused(410)), (Actions{CountError{"gone"}, watch_list_from("900")}));
  auto too_large = refused(504);
  too_large.status.resource_version_too_large = true;
  EXPECT_EQ(machine.step(too_large), (Actions{CountError{"version_too_large"}, kFirstWatchList}));
  machine.step(end_of_initial_events("5"));  // the server was restored from a backup (K-05)
  EXPECT_EQ(machine.after(Seconds(300), WatchEnded{}), (Actions{watch_from("5")}));
}

TEST(ReflectorK04, AVersionThatIsGoneRightBehindItsOwnWatchListIsNoHotLoop) {
  auto machine = synced_at("7");
  EXPECT_EQ(machine.step(refused(410)), (Actions{CountError{"gone"}, watch_list_from("7")}));
  machine.step(end_of_initial_events("8"));
  EXPECT_EQ(machine.step(refused(410)), (Actions{CountError{"gone"}, WaitUntil{t0 + Milliseconds(800)}}));
}

TEST(ReflectorK40, AKindThatIsMissingIsLookedForByWatchListsToo) {
  auto machine = started();
  EXPECT_EQ(machine.step(refused(404)),
            (Actions{CountError{"not_found"}, KindMissing{}, WaitUntil{t0 + Milliseconds(800)}}));
  EXPECT_EQ(machine.after(Milliseconds(800), TimePassed{}), (Actions{kFirstWatchList}));
}

TEST(ReflectorK17, WhatIsOfNoUseLeavesAnEmptyDocumentInTheWholeState) {
  auto machine = started();
  machine.step(line("ADDED", object("a", "3")));
  EXPECT_EQ(machine.step(WatchLine{"junk"}), (Actions{kNoJson}));
  EXPECT_EQ(machine.step(Dropped{}), (Actions{CountError{"too_large"}}));
  EXPECT_EQ(machine.step(end_of_initial_events("9")), (Actions{Replace{{object("a", "3"), "", ""}}}));
}

TEST(ReflectorK12, AWatchListsDeadlinesAreTheWatchsAndAMinuteForTheWholeState) {
  Machine machine;
  machine.state.watch_list_refused = false;
  machine.random = 0.5;
  const auto actions = machine.step(Started{});
  const auto& watch = std::get<SendWatch>(actions.at(0));
  EXPECT_NE(watch.query.find("timeoutSeconds=450"), std::string::npos);
  EXPECT_EQ(watch.timeout, Seconds(480));
  EXPECT_EQ(watch.first_within, Seconds(60));
}

}  // namespace
}  // namespace fairlead::reconcile

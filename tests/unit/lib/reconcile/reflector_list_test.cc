#include <gtest/gtest.h>

#include "lib/reconcile/reflector.h"
#include "unit/lib/reconcile/reflector_fixture.h"

namespace fairlead::reconcile {
namespace {

TEST(ReflectorK01, TheFirstListLeavesTheResourceVersionUnset) {
  Machine machine;
  EXPECT_EQ(machine.step(Started{}), (Actions{kFirstList}));
}

TEST(ReflectorK01, ASelectorIsEscapedAndSentWithListAndWatch) {
  Machine machine;
  machine.config.selector = "node.fairlead.dev/a in (x,y)";
  const std::string escaped = "&labelSelector=node.fairlead.dev%2Fa%20in%20%28x%2Cy%29";
  EXPECT_EQ(machine.step(Started{}), (Actions{SendList{"limit=500" + escaped, Seconds(30)}}));
  const auto actions = machine.step(done("7"));
  ASSERT_EQ(actions.size(), 2U);
  EXPECT_EQ(std::get<SendWatch>(actions[1]).query, watch_from("7").query + escaped);
}

TEST(ReflectorK03, TheWatchStartsFromTheListsVersion) {
  Machine machine;
  machine.step(Started{});
  machine.step(ListItems{{"a", "b"}});
  machine.step(ListItems{{"c"}});
  EXPECT_EQ(machine.step(done("7")), (Actions{Replace{{"a", "b", "c"}}, watch_from("7")}));
}

TEST(ReflectorK03, AVersionThatIsNoNumberIsPassedOnAsItIs) {
  Machine machine;
  machine.step(Started{});
  EXPECT_EQ(machine.step(done("a b")), (Actions{Replace{}, watch_from("a%20b")}));
}

TEST(ReflectorK11, PagesAreAskedForUntilNoTokenIsLeftAndPageOnesVersionStays) {
  Machine machine;
  machine.step(Started{});
  machine.step(ListItems{{"a"}});
  EXPECT_EQ(machine.step(page("7", "t/1")), (Actions{SendList{"limit=500&continue=t%2F1", Seconds(30)}}));
  machine.step(ListItems{{"b"}});
  EXPECT_EQ(machine.step(done("8")), (Actions{Replace{{"a", "b"}}, watch_from("7")}));
}

TEST(ReflectorK11, AnExpiredTokenLeadsToAFullListWithoutLimit) {
  Machine machine;
  machine.step(Started{});
  machine.step(ListItems{{"a"}});
  machine.step(page("7", "t"));
  EXPECT_EQ(machine.step(refused(410)), (Actions{CountError{"gone"}, SendList{"", Seconds(30)}}));
  machine.step(ListItems{{"a", "b"}});
  EXPECT_EQ(machine.step(done("9")), (Actions{Replace{{"a", "b"}}, watch_from("9")}));
}

TEST(ReflectorK11, AListWithoutEndIsGivenUpAfterAThousandPagesAndItsItemsForgotten) {
  Machine machine;
  machine.step(Started{});
  for (int i = 1; i < 1000; ++i) {
    machine.step(ListItems{{"a"}});
    ASSERT_EQ(machine.step(page("7", "t")), (Actions{SendList{"limit=500&continue=t", Seconds(30)}})) << i;
  }
  EXPECT_EQ(machine.step(page("7", "t")),
            (Actions{CountError{"too_large"}, WaitUntil{t0 + Milliseconds(800)}}));
  EXPECT_EQ(machine.after(Milliseconds(800), TimePassed{}), (Actions{kFirstList}));
  EXPECT_EQ(machine.step(done("7")), (Actions{Replace{}, watch_from("7")}));
}

TEST(ReflectorK18, AFailedListIsRepeatedAfterItsBackOff) {
  Machine machine;
  machine.step(Started{});
  EXPECT_EQ(machine.step(lost("connect")),
            (Actions{CountError{"connect"}, WaitUntil{t0 + Milliseconds(800)}}));
  EXPECT_EQ(machine.after(Milliseconds(800), TimePassed{}), (Actions{kFirstList}));
  machine.random = 0.5;
  EXPECT_EQ(machine.step(refused(503)),
            (Actions{CountError{"server_error"}, WaitUntil{machine.now + Milliseconds(2400)}}));
}

TEST(ReflectorK18, ItemsOfAFailedListAreForgotten) {
  Machine machine;
  machine.step(Started{});
  machine.step(ListItems{{"half"}});
  machine.step(lost("closed"));
  machine.after(Milliseconds(800), TimePassed{});
  EXPECT_EQ(machine.step(done("7")), (Actions{Replace{}, watch_from("7")}));
}

TEST(ReflectorK33, ALongerRetryAfterIsHonoured) {
  Machine machine;
  machine.step(Started{});
  auto throttled = refused(429);
  throttled.retry_after = Seconds(7);
  EXPECT_EQ(machine.step(throttled), (Actions{CountError{"throttled"}, WaitUntil{t0 + Seconds(7)}}));
}

TEST(ReflectorK17, AListOfAnotherKindIsNotTaken) {
  Machine machine;
  machine.step(Started{});
  machine.step(ListItems{{"row"}});
  EXPECT_EQ(machine.step(ListDone{ListHead{"Table", "7", ""}}),
            (Actions{CountError{"wrong_kind", "Table"}, WaitUntil{t0 + Milliseconds(800)}}));
}

// K-16: what was too large may have been any object; the whole state is not known, and says so.
TEST(ReflectorK17, ATooLargeItemIsCountedAndLeavesAnEmptyDocument) {
  Machine machine;
  machine.step(Started{});
  machine.step(ListItems{{"a"}});
  EXPECT_EQ(machine.step(Dropped{}), (Actions{CountError{"too_large"}}));
  EXPECT_EQ(machine.step(done("7")), (Actions{Replace{{"a", ""}}, watch_from("7")}));
}

TEST(ReflectorK17, AnItemThatIsNoUtf8IsMendedAndCounted) {
  Machine machine;
  machine.step(Started{});
  EXPECT_EQ(machine.step(ListItems{{"a\xFF", "b"}}), (Actions{CountError{"not_utf8"}}));
  EXPECT_EQ(machine.step(done("7")), (Actions{Replace{{"a\xEF\xBF\xBD", "b"}}, watch_from("7")}));
}

TEST(ReflectorK35, ARefusedTokenIsAnErrorLikeOthersAndNeverTheEnd) {
  Machine machine;
  machine.step(Started{});
  EXPECT_EQ(machine.step(refused(401)),
            (Actions{CountError{"unauthorized"}, WaitUntil{t0 + Milliseconds(800)}}));
  EXPECT_EQ(machine.after(Milliseconds(800), TimePassed{}), (Actions{kFirstList}));
  EXPECT_EQ(machine.step(refused(403)),
            (Actions{CountError{"forbidden"}, WaitUntil{machine.now + Milliseconds(1600)}}));
}

TEST(ReflectorK40, AMissingKindIsSaidOnceAndLookedForAgain) {
  Machine machine;
  machine.step(Started{});
  EXPECT_EQ(machine.step(refused(404)),
            (Actions{CountError{"not_found"}, KindMissing{}, WaitUntil{t0 + Milliseconds(800)}}));
  EXPECT_EQ(machine.after(Milliseconds(800), TimePassed{}), (Actions{kFirstList}));
  EXPECT_EQ(machine.step(refused(404)),
            (Actions{CountError{"not_found"}, WaitUntil{machine.now + Milliseconds(1600)}}));
  EXPECT_EQ(machine.after(Milliseconds(1600), TimePassed{}), (Actions{kFirstList}));
  EXPECT_EQ(machine.step(done("7")), (Actions{Replace{}, watch_from("7")}));
}

TEST(ReflectorK40, AKindThatVanishesWhileWatchedIsSaidAndLookedForWithTheVersionUnset) {
  auto machine = watching_from("7");
  machine.after(Seconds(400), WatchEnded{});
  EXPECT_EQ(machine.step(refused(404)),
            (Actions{CountError{"not_found"}, KindMissing{}, WaitUntil{machine.now + Milliseconds(800)}}));
  EXPECT_EQ(machine.after(Milliseconds(800), TimePassed{}), (Actions{kFirstList}));
}

TEST(Reflector, TimeThatHasNotComeYetChangesNothing) {
  Machine machine;
  machine.step(Started{});
  machine.step(lost("connect"));
  EXPECT_EQ(machine.after(Milliseconds(799), TimePassed{}), (Actions{WaitUntil{t0 + Milliseconds(800)}}));
}

// Style rule 14: total.
TEST(Reflector, AnEventThatTheStateDoesNotWaitForChangesNothing) {
  const std::vector<ReflectorEvent> strays{ListItems{{"x"}}, done("9"),      line("ADDED", object("a", "9")),
                                           WatchEnded{},     lost("closed"), TimePassed{},
                                           Dropped{}};
  for (const auto& stray : strays) {
    Machine idle;
    EXPECT_EQ(idle.step(stray), Actions{});
    Machine waiting;
    waiting.step(Started{});
    waiting.step(lost("connect"));
    EXPECT_EQ(waiting.step(Started{}), Actions{});
    if (!std::holds_alternative<TimePassed>(stray)) {
      EXPECT_EQ(waiting.step(stray), Actions{});
    }
  }
  auto watching = watching_from("7");
  EXPECT_EQ(watching.step(ListItems{{"x"}}), Actions{});
  EXPECT_EQ(watching.step(done("9")), Actions{});
  EXPECT_EQ(watching.step(TimePassed{}), Actions{});
  Machine listing;
  listing.step(Started{});
  EXPECT_EQ(listing.step(line("ADDED", object("a", "9"))), Actions{});
  EXPECT_EQ(listing.step(WatchEnded{}), Actions{});
}

}  // namespace
}  // namespace fairlead::reconcile

#include "lib/reconcile/event_book.h"

#include <gtest/gtest.h>

#include <set>

namespace fairlead::reconcile {
namespace {

using std::chrono::minutes;
using Write = EventBook::Write;
using Counted = EventBook::Counted;
using Refused = EventBook::Refused;

EventBook::Moment at(Microseconds since) { return {TimePoint(since), WallTime(Seconds(100000) + since)}; }

api::Notice notice(const std::string& note, const std::string& object = "g") {
  return {{"fairlead.dev/v1alpha1", "VRRPGroup", object, "", "uid-" + object},
          api::EventType::kWarning,
          "VRIDInUse",
          "Observe",
          note};
}

// client-go's FinishSeries, RefreshExistingEventSeries and SeriesRace (K-32) are cases here.
class Book : public testing::Test {
 protected:
  // What is written of a notice; nothing if it is only counted or refused.
  std::optional<Write> written(const api::Notice& notice, Microseconds when) {
    const auto taken = book.take(notice, at(when));
    const auto* write = std::get_if<Write>(&taken);
    return write == nullptr ? std::nullopt : std::optional(*write);
  }
  bool refused(const api::Notice& notice, Microseconds when) {
    return std::holds_alternative<Refused>(book.take(notice, at(when)));
  }
  bool counted(const api::Notice& notice, Microseconds when) {
    return std::holds_alternative<Counted>(book.take(notice, at(when)));
  }
  EventBook book{{"fairlead.dev/node", "node-a-1"}};
};
using Series = Book;
using ObjectLimit = Book;

TEST_F(Book, ANewNoticeIsANewEventOfItsReporter) {
  const auto write = written(notice("x"), Seconds(0));
  ASSERT_TRUE(write);
  EXPECT_TRUE(write->fresh);
  EXPECT_EQ(write->event.notice, notice("x"));
  EXPECT_EQ(write->event.time, WallTime(Seconds(100000)));
  EXPECT_EQ(write->event.reporter, (api::EventReporter{"fairlead.dev/node", "node-a-1"}));
  EXPECT_EQ(write->event.series, std::nullopt);
  EXPECT_TRUE(write->event.name.starts_with("g."));
}

TEST_F(Book, AnotherNoteReasonTypeOrObjectIsAnotherEvent) {
  std::set<std::string> names;
  auto other_reason = notice("x");
  other_reason.reason = "DADFailed";
  auto other_type = notice("x");
  other_type.type = api::EventType::kNormal;
  for (const auto& one : {notice("x"), notice("y"), notice("x", "h"), other_reason}) {
    const auto write = written(one, Seconds(0));
    ASSERT_TRUE(write);
    EXPECT_TRUE(write->fresh);
    EXPECT_TRUE(names.insert(write->event.name).second);
  }
  EXPECT_TRUE(written(other_type, Seconds(0))->fresh);
}

// A name is taken for ever, as far as we know: two processes and two times must not meet in one.
TEST_F(Book, NamesDifferByTimeAndProcess) {
  EventBook other({"fairlead.dev/node", "node-b-1"});
  const std::string first = written(notice("x"), Seconds(0))->event.name;
  EXPECT_NE(std::get<Write>(other.take(notice("x"), at(Seconds(0)))).event.name, first);
  EXPECT_NE(written(notice("x"), minutes(7))->event.name, first);
}

TEST_F(Series, TheSecondTimeIsWrittenAtOnceAndLaterOnesAreCounted) {
  const auto first = written(notice("x"), Seconds(0));
  const auto second = written(notice("x"), Seconds(10));
  ASSERT_TRUE(second);
  EXPECT_FALSE(second->fresh);
  EXPECT_EQ(second->event.name, first->event.name);
  EXPECT_EQ(second->event.time, first->event.time);
  EXPECT_EQ(second->event.series, (api::EventSeries{2, WallTime(Seconds(100010))}));
  EXPECT_TRUE(counted(notice("x"), Seconds(20)));
  EXPECT_TRUE(book.due(at(Seconds(21))).empty());
}

TEST_F(Series, EndsSixMinutesAfterTheLastTimeAndThenItsCountIsWritten) {
  for (int i = 0; i < 5; ++i) (void)book.take(notice("x"), at(Seconds(10 * i)));
  EXPECT_EQ(book.next_due(), TimePoint(Seconds(40) + minutes(6)));
  EXPECT_TRUE(book.due(at(Seconds(40) + minutes(6) - Microseconds(1))).empty());
  const auto last = book.due(at(Seconds(40) + minutes(6)));
  ASSERT_EQ(last.size(), 1U);
  EXPECT_FALSE(last[0].fresh);
  EXPECT_EQ(last[0].event.series, (api::EventSeries{5, WallTime(Seconds(100040))}));
  EXPECT_EQ(book.next_due(), std::nullopt);
  EXPECT_TRUE(written(notice("x"), Seconds(41) + minutes(6))->fresh);
}

TEST_F(Series, OfTwoTimesHasNothingMoreToSayAtItsEnd) {
  (void)book.take(notice("x"), at(Seconds(0)));
  (void)book.take(notice("x"), at(Seconds(1)));
  EXPECT_TRUE(book.due(at(minutes(10))).empty());
  EXPECT_EQ(book.next_due(), std::nullopt);
}

TEST_F(Series, ThatGoesOnIsWrittenEveryHalfHour) {
  int writes = 0;
  for (int minute = 0; minute <= 120; ++minute) {
    writes += static_cast<int>(book.due(at(minutes(minute))).size());
    if (written(notice("x"), minutes(minute))) ++writes;
  }
  // The Event, the second time, and at minutes 31, 61 and 91.
  EXPECT_EQ(writes, 5);
}

// due() was late, or never called: the old series is not continued.
TEST_F(Series, IsNotContinuedAfterItsEnd) {
  (void)book.take(notice("x"), at(Seconds(0)));
  EXPECT_TRUE(written(notice("x"), minutes(6))->fresh);
}

TEST_F(ObjectLimit, TwentyFiveAtOnceAndThenOneInFiveMinutes) {
  int count = 0;
  for (int i = 0; i < 100; ++i) count += written(notice(std::to_string(i)), Seconds(i)) ? 1 : 0;
  EXPECT_EQ(count, 25);
  EXPECT_TRUE(refused(notice("more"), Seconds(299)));
  EXPECT_TRUE(written(notice("more"), Seconds(300)));
  EXPECT_TRUE(refused(notice("still more"), Seconds(301)));
}

TEST_F(ObjectLimit, OfOneObjectLeavesTheOthersAlone) {
  for (int i = 0; i < 100; ++i) (void)book.take(notice(std::to_string(i)), at(Seconds(0)));
  EXPECT_TRUE(written(notice("x", "h"), Seconds(0)));
}

TEST_F(ObjectLimit, DoesNotStopASeries) {
  (void)book.take(notice("x"), at(Seconds(0)));
  for (int i = 0; i < 100; ++i) (void)book.take(notice(std::to_string(i)), at(Seconds(0)));
  EXPECT_FALSE(written(notice("x"), Seconds(1))->fresh);
}

TEST_F(Book, RemembersAThousandAndForgetsTheOneUnusedForLongest) {
  for (int i = 0; i < 1000; ++i) (void)book.take(notice("x", std::to_string(i)), at(Milliseconds(i)));
  EXPECT_FALSE(written(notice("x", "0"), Seconds(2))->fresh);
  EXPECT_TRUE(written(notice("x", "1000"), Seconds(3))->fresh);
  EXPECT_FALSE(written(notice("x", "2"), Seconds(4))->fresh);
  EXPECT_TRUE(written(notice("x", "1"), Seconds(5))->fresh);
}

}  // namespace
}  // namespace fairlead::reconcile

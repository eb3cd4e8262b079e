#include "node/health/check.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <vector>

// datapath.md 9: the state machine of one check and its turns.
namespace fairlead::health {
namespace {

constexpr TimePoint kNow{Seconds(1000)};

// The classic: every 6 s, 3 s of patience, 3 retries 3 s apart.
CheckKey key() {
  return {{*net::parse_address("192.168.192.112"), net::Port(80)},
          std::nullopt,
          Seconds(6),
          Seconds(3),
          3,
          Seconds(3)};
}
const Failed kRefused{FailureReason::kRefused, "connection refused"};
const NotTried kNoRoom{"this host has no room for a socket (EMFILE)"};

Check running(Verdict verdict, int failures) { return {verdict, failures, std::nullopt, ""}; }

TEST(Check, OfWhichNothingIsKnownIsDueAtOnce) {
  EXPECT_EQ(begun(key(), Verdict::kUnknown, kNow), (Check{Verdict::kUnknown, 0, kNow, ""}));
}

TEST(Check, ThatInheritsAResultWaitsForItsTurn) {
  for (const auto verdict : {Verdict::kUp, Verdict::kDown}) {
    EXPECT_EQ(begun(key(), verdict, kNow), (Check{verdict, 0, next_turn(key(), kNow), ""}));
  }
}

struct Row {
  std::string what;
  Check before;
  Event event;
  Check after;
};

// Every state, every event. "One success = up. A failure of a live server is repeated `retry` times after
// `delay_before_retry` each, then down." "Unknown counts as down."
TEST(Check, StepsAsTheTableSays) {
  const TimePoint turn = next_turn(key(), kNow);
  const TimePoint retry = kNow + Seconds(3);
  const TimePoint again = kNow + kTryAgain;
  const Check waiting{Verdict::kUp, 2, kNow + Seconds(1), "x"};
  const std::vector<Row> table{
      {"a start", waiting, Started{}, {Verdict::kUp, 2, std::nullopt, "x"}},
      {"a start while one runs", running(Verdict::kUp, 2), Started{}, running(Verdict::kUp, 2)},
      {"a success while none runs", waiting, Passed{}, waiting},
      {"a failure while none runs", waiting, kRefused, waiting},
      {"no try while none runs", waiting, kNoRoom, waiting},
      {"unknown passes", running(Verdict::kUnknown, 0), Passed{}, {Verdict::kUp, 0, turn, ""}},
      {"unknown fails", running(Verdict::kUnknown, 0), kRefused, {Verdict::kDown, 0, turn, kRefused.text}},
      {"unknown is not tried",
       running(Verdict::kUnknown, 0),
       kNoRoom,
       {Verdict::kUnknown, 0, again, kNoRoom.text}},
      {"down passes", running(Verdict::kDown, 0), Passed{}, {Verdict::kUp, 0, turn, ""}},
      {"down fails", running(Verdict::kDown, 0), kRefused, {Verdict::kDown, 0, turn, kRefused.text}},
      {"down is not tried", running(Verdict::kDown, 0), kNoRoom, {Verdict::kDown, 0, again, kNoRoom.text}},
      {"up passes", running(Verdict::kUp, 0), Passed{}, {Verdict::kUp, 0, turn, ""}},
      {"up passes after failures", running(Verdict::kUp, 3), Passed{}, {Verdict::kUp, 0, turn, ""}},
      {"up fails first", running(Verdict::kUp, 0), kRefused, {Verdict::kUp, 1, retry, kRefused.text}},
      {"up fails, one retry left",
       running(Verdict::kUp, 2),
       kRefused,
       {Verdict::kUp, 3, retry, kRefused.text}},
      {"up fails, none left", running(Verdict::kUp, 3), kRefused, {Verdict::kDown, 0, turn, kRefused.text}},
      {"up is not tried: no failure is counted",
       running(Verdict::kUp, 2),
       kNoRoom,
       {Verdict::kUp, 2, again, kNoRoom.text}},
  };
  for (const auto& row : table) EXPECT_EQ(step(key(), row.before, row.event, kNow), row.after) << row.what;
}

TEST(Check, WithoutRetriesIsDownAtTheFirstFailure) {
  CheckKey strict = key();
  strict.retries = 0;
  EXPECT_EQ(step(strict, running(Verdict::kUp, 0), kRefused, kNow).verdict, Verdict::kDown);
}

// A retry of another number of them, which a new check inherited, must not wait for ever.
TEST(Check, WithMoreFailuresThanRetriesIsDown) {
  EXPECT_EQ(step(key(), running(Verdict::kUp, 9), kRefused, kNow).verdict, Verdict::kDown);
}

TEST(Turn, IsNeverNowAndNeverLaterThanAnInterval) {
  for (int i = 0; i < 7'000; ++i) {
    const TimePoint at = kNow + Milliseconds(i);
    EXPECT_GT(next_turn(key(), at), at);
    EXPECT_LE(next_turn(key(), at), at + Seconds(6));
  }
}

TEST(Turn, ComesOnceInAnInterval) {
  const TimePoint first = next_turn(key(), kNow);
  EXPECT_EQ(next_turn(key(), first), first + Seconds(6));
  EXPECT_EQ(next_turn(key(), first - Microseconds(1)), first);
}

TEST(Turn, OfATimeBeforeTheClocksStartIsInOrderToo) {
  const TimePoint before{Seconds(-100)};
  EXPECT_GT(next_turn(key(), before), before);
  EXPECT_LE(next_turn(key(), before), before + Seconds(6));
}

// Neighbouring addresses fall far apart: of 1,000 in a row, 100 ms of 5 s hold neither none nor a crowd.
TEST(Turn, IsSpreadEvenlyOverTheInterval) {
  std::vector<int> bins(50, 0);
  for (int i = 0; i < 1'000; ++i) {
    CheckKey one = key();
    one.interval = Seconds(5);
    one.target.address =
        net::IpAddress::v4({10, 0, static_cast<std::uint8_t>(i / 256), static_cast<std::uint8_t>(i)});
    const auto into = next_turn(one, kNow) - kNow;
    ++bins[static_cast<std::size_t>((into - Microseconds(1)) / Milliseconds(100))];
  }
  EXPECT_GE(*std::min_element(bins.begin(), bins.end()), 5);
  EXPECT_LE(*std::max_element(bins.begin(), bins.end()), 45);
}

TEST(Turn, DiffersByPortAndSource) {
  CheckKey port = key();
  port.target.port = net::Port(81);
  CheckKey source = key();
  source.source = *net::parse_address("192.168.192.100");
  EXPECT_NE(next_turn(port, kNow), next_turn(key(), kNow));
  EXPECT_NE(next_turn(source, kNow), next_turn(key(), kNow));
}

// When a check says that its target is down, which answered until `death` and says nothing after it.
TimePoint found_down(const CheckKey& check, TimePoint death) {
  Check state = begun(check, Verdict::kUp, death - check.interval);
  TimePoint now = death - check.interval;
  while (state.verdict == Verdict::kUp) {
    now = *state.due;
    state = step(check, state, Started{}, now);
    const bool answers = now < death;
    if (!answers) now += check.timeout;
    state = step(check, state, answers ? Event(Passed{}) : Event(Failed{}), now);
  }
  return now;
}

// datapath.md 9: "Worst detection = delay_loop + timeout + retry x (delay_before_retry + timeout)".
RC_GTEST_PROP(Detection, IsNeverWorseThanTheFormula, ()) {
  CheckKey check = key();
  check.interval = Seconds(*rc::gen::inRange(1, 20));
  check.timeout = Seconds(*rc::gen::inRange(1, 20));
  check.retries = *rc::gen::inRange(0, 5);
  check.retry_delay = Seconds(*rc::gen::inRange(0, 5));
  check.target.port = net::Port(*rc::gen::inRange<std::uint16_t>(1, 65'535));
  const TimePoint death = kNow + Milliseconds(*rc::gen::inRange(0, 40'000));
  const auto took = found_down(check, death) - death;
  RC_ASSERT(took <= worst_detection(check));
  RC_ASSERT(took >= check.timeout + check.retries * (check.retry_delay + check.timeout));
}

// The worst there is: the target dies just after it answered.
TEST(Detection, TakesAllOfTheFormulaIfTheTargetDiesJustAfterItAnswered) {
  const TimePoint turn = next_turn(key(), kNow);
  EXPECT_EQ(found_down(key(), turn + Microseconds(1)) - (turn + Microseconds(1)),
            worst_detection(key()) - Microseconds(1));
  EXPECT_EQ(worst_detection(key()), Seconds(6 + 3 + 3 * (3 + 3)));
}

TEST(CheckText, NamesWhatIsChecked) {
  EXPECT_EQ(to_string(key()), "tcp 192.168.192.112:80");
  EXPECT_EQ(to_string(Verdict::kUnknown), "Unknown");
  EXPECT_EQ(to_string(Verdict::kUp), "Up");
  EXPECT_EQ(to_string(Verdict::kDown), "Down");
  EXPECT_EQ(to_string(FailureReason::kTimedOut), "timed_out");
  EXPECT_EQ(to_string(FailureReason::kRefused), "refused");
  EXPECT_EQ(to_string(FailureReason::kUnreachable), "unreachable");
  EXPECT_EQ(to_string(FailureReason::kOther), "other");
}

}  // namespace
}  // namespace fairlead::health

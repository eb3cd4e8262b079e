#include "lib/sys/log.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <nlohmann/json.hpp>
#include <thread>
#include <vector>

#include "lib/sys/log_format.h"
#include "lib/sys/loop.h"
#include "lib/sys/unique_fd.h"
#include "support/captured_log.h"

namespace fairlead::sys {
namespace {

constexpr WallTime kTime{Microseconds(1787217242123456)};  // 2026-08-20T09:14:02.123456Z

std::string text_of(const std::vector<Field>& fields) {
  const auto line = format_text({kTime, LogLevel::kInfo, "a.b", fields});
  const std::string head = "2026-08-20T09:14:02.123456Z INFO a.b";
  EXPECT_EQ(line.substr(0, head.size()), head);
  return line.substr(head.size());
}

TEST(TextFormat, ALineIsTimeLevelEventAndFieldsInTheirOrder) {
  const std::vector<Field> fields{{"group", "eth0-v4-51"}, {"reason", "MasterDown"}};
  EXPECT_EQ(format_text({kTime, LogLevel::kInfo, "vrrp.became_active", fields}),
            "2026-08-20T09:14:02.123456Z INFO vrrp.became_active group=eth0-v4-51 reason=MasterDown");
}

TEST(TextFormat, EveryLevelHasItsWord) {
  EXPECT_NE(format_text({kTime, LogLevel::kDebug, "e", {}}).find(" DEBUG e"), std::string::npos);
  EXPECT_NE(format_text({kTime, LogLevel::kInfo, "e", {}}).find(" INFO e"), std::string::npos);
  EXPECT_NE(format_text({kTime, LogLevel::kWarning, "e", {}}).find(" WARNING e"), std::string::npos);
  EXPECT_NE(format_text({kTime, LogLevel::kError, "e", {}}).find(" ERROR e"), std::string::npos);
}

// A value from outside (a file name, an API server's message) must not forge a field or a line.
TEST(TextFormat, QuotesWhateverCouldBeMistakenForAnotherFieldOrLine) {
  const std::vector<std::pair<std::string, std::string>> table{
      {"plain", " v=plain"},
      {"[2001:db8::1]:80", " v=[2001:db8::1]:80"},
      {"Zürich", " v=Zürich"},
      {"", " v=\"\""},
      {"two words", " v=\"two words\""},
      {"say \"no\"", " v=\"say \\\"no\\\"\""},
      {"a=b", " v=\"a=b\""},
      {"c:\\d", " v=\"c:\\\\d\""},
      {"line\nbreak\r\t", " v=\"line\\nbreak\\r\\t\""},
      {"\x1b[31m", " v=\"\\u001b[31m\""},
      {"\x7f", " v=\"\\u007f\""},
      {std::string("nul\0", 4), " v=\"nul\\u0000\""},
      {"bad\xff", " v=\"bad\xEF\xBF\xBD\""},
  };
  for (const auto& [value, expected] : table) EXPECT_EQ(text_of({{"v", value}}), expected);
}

// Eight thousand lines may wait for a reader: with an API server's message of megabytes in each the memory
// would be full.
TEST(TextFormat, AValueIsCutAfter4096Bytes) {
  const std::string whole(4096, 'x');
  EXPECT_EQ(text_of({{"v", whole}}), " v=" + whole);
  EXPECT_EQ(text_of({{"v", whole + "y"}}), " v=" + whole + "...");
  const std::string ships = std::string(4094, 'x') + "\xF0\x9F\x9A\xA2";
  EXPECT_EQ(text_of({{"v", ships}}), " v=" + std::string(4094, 'x') + "...");
  EXPECT_EQ(text_of({{"v", std::string(5000, '\x80')}}).substr(0, 7), " v=\"\xEF\xBF\xBD");
}

TEST(JsonFormat, AValueIsCutAfter4096Bytes) {
  const std::vector<Field> fields{{"v", std::string(3'000'000, 'x')}};
  const auto read = nlohmann::json::parse(format_json({kTime, LogLevel::kError, "e", fields}));
  EXPECT_EQ(read["v"], std::string(4096, 'x') + "...");
}

TEST(JsonFormat, ALineIsOneObjectOfStrings) {
  const std::vector<Field> fields{{"group", "eth0-v4-51"}};
  EXPECT_EQ(
      format_json({kTime, LogLevel::kWarning, "vrrp.became_active", fields}),
      "{\"time\":\"2026-08-20T09:14:02.123456Z\",\"level\":\"warning\",\"event\":\"vrrp.became_active\","
      "\"group\":\"eth0-v4-51\"}");
}

TEST(JsonFormat, IsReadBackByAnotherParserWithTheValueItWasGiven) {
  for (const std::string value : {"", "\"\\/\b\f\n\r\t\x01\x7f", "Zürich \xF0\x9F\x9A\xA2", "{\"a\":1}"}) {
    const std::vector<Field> fields{{"v", value}};
    const auto read = nlohmann::json::parse(format_json({kTime, LogLevel::kError, "e", fields}));
    EXPECT_EQ(read["v"], value);
    EXPECT_EQ(read["level"], "error");
  }
}

// RFC 3629: stray continuation, cut sequence, overlong slash, surrogate, beyond U+10FFFF, never-used bytes.
TEST(JsonFormat, BytesThatAreNotUtf8AreReplacedAndTheLineStaysValid) {
  const std::string r = "\xEF\xBF\xBD";
  const std::vector<std::pair<std::string, std::string>> table{
      {"a\x80z", "a" + r + "z"},
      {"a\xC3", "a" + r},
      {"\xC0\xAF", r + r},
      {"\xE0\x80\xAF", r + r + r},
      {"\xED\xA0\x80", r + r + r},
      {"\xF4\x90\x80\x80", r + r + r + r},
      {"\xFE\xFF", r + r},
      {"\xE2\x82z", r + r + "z"},
      {"\xF0\x9F\x9A", r + r + r},
      {"\xEF\xBF\xBD", r},
      {"\xED\x9F\xBF", "\xED\x9F\xBF"},
      {"\xF4\x8F\xBF\xBF", "\xF4\x8F\xBF\xBF"},
      {"\xE0\xA0\x80", "\xE0\xA0\x80"},
      {"\xF0\x90\x80\x80", "\xF0\x90\x80\x80"},
  };
  for (const auto& [value, expected] : table) {
    const std::vector<Field> fields{{"v", value}};
    const auto read = nlohmann::json::parse(format_json({kTime, LogLevel::kInfo, "e", fields}));
    EXPECT_EQ(read["v"], expected);
  }
}

// What is logged while `events` runs.
template <class Events>
std::vector<std::string> captured(LogLevel level, LogFormat format, Events events) {
  test::CapturedLog log(level, format);
  events();
  return log.lines();
}

TEST(Log, WritesEventsOfItsLevelAndAboveAndAllOfThemBeforeStopReturns) {
  const auto lines = captured(LogLevel::kWarning, LogFormat::kText, [] {
    log(LogLevel::kInfo, "too.low", {});
    log(LogLevel::kWarning, "just.right", {{"n", "1"}});
    log(LogLevel::kError, "above", {{"what", "{not a format}"}});
  });
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_NE(lines[0].find(" WARNING just.right n=1"), std::string::npos) << lines[0];
  EXPECT_NE(lines[1].find(" ERROR above what=\"{not a format}\""), std::string::npos) << lines[1];
}

TEST(Log, InJsonEveryLineIsAnObjectWithTheTimeOfNow) {
  const auto before = std::chrono::system_clock::now() - std::chrono::seconds(1);
  const auto lines = captured(LogLevel::kDebug, LogFormat::kJson, [] {
    log(LogLevel::kDebug, "some.event", {{"path", "a b"}});
  });
  ASSERT_EQ(lines.size(), 1U);
  const auto read = nlohmann::json::parse(lines[0]);
  EXPECT_EQ(read["event"], "some.event");
  EXPECT_EQ(read["path"], "a b");
  WallTime time;
  ASSERT_TRUE(parse_rfc3339(read["time"], time));
  EXPECT_GE(time, before);
}

TEST(Log, LinesOfManyThreadsStayWhole) {
  const auto lines = captured(LogLevel::kInfo, LogFormat::kJson, [] {
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([t] {
        for (int i = 0; i < 500; ++i) log(LogLevel::kInfo, "e", {{"t", std::to_string(t)}});
      });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(dropped_log_events(), 0U);
  });
  EXPECT_EQ(lines.size(), 2000U);
  for (const auto& line : lines) EXPECT_TRUE(nlohmann::json::accept(line)) << line;
}

// Architecture 5: the vrrp thread never logs synchronously. With a reader that reads nothing, log() goes on.
TEST(Log, DropsAndCountsTheOldestEventsInsteadOfWaitingForAStuckOutput) {
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe(ends.data()), 0);
  UniqueFd read(ends[0]);
  const UniqueFd kept(dup(STDERR_FILENO));
  dup2(ends[1], STDERR_FILENO);
  close(ends[1]);
  start_log(LogLevel::kInfo, LogFormat::kText);
  const std::string value(100, 'x');
  for (int i = 0; i < 20000; ++i) log(LogLevel::kInfo, "flood", {{"v", value}});
  const auto dropped = dropped_log_events();
  std::thread reader([&] {
    char bytes[65536];
    while (::read(read.get(), bytes, sizeof bytes) > 0) {
    }
  });
  stop_log();
  dup2(kept.get(), STDERR_FILENO);
  reader.join();
  EXPECT_GT(dropped, 10000U);
  EXPECT_LT(dropped, 20000U);
}

// Whoever reads our log, a container's runtime for one, may stand still: SIGTERM has to end us all the same.
TEST(Log, StopsWithinTwoSecondsWhereNobodyReadsAndTheQueueIsFull) {
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe(ends.data()), 0);
  const UniqueFd read(ends[0]);
  const UniqueFd kept(dup(STDERR_FILENO));
  dup2(ends[1], STDERR_FILENO);
  close(ends[1]);
  start_log(LogLevel::kInfo, LogFormat::kText);
  const std::string value(1000, 'x');
  for (int i = 0; i < 10'000; ++i) log(LogLevel::kInfo, "flood", {{"v", value}});
  const auto begun = now();
  stop_log();
  const auto took = now() - begun;
  dup2(kept.get(), STDERR_FILENO);
  EXPECT_GE(took, Seconds(1));
  EXPECT_LT(took, Seconds(2));
}

TEST(Log, GoesOnWhereTheReaderIsGone) {
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe(ends.data()), 0);
  close(ends[0]);
  const auto before = std::signal(SIGPIPE, SIG_IGN);
  const UniqueFd kept(dup(STDERR_FILENO));
  dup2(ends[1], STDERR_FILENO);
  close(ends[1]);
  const auto begun = now();
  start_log(LogLevel::kInfo, LogFormat::kText);
  for (int i = 0; i < 1000; ++i) log(LogLevel::kInfo, "unread", {});
  stop_log();
  dup2(kept.get(), STDERR_FILENO);
  std::signal(SIGPIPE, before);
  EXPECT_LT(now() - begun, Seconds(1));
}

TEST(Log, ALineLongerThanAPipeTakesAtOnceIsWhole) {  // PIPE_BUF is 4096
  const std::string value(4096, 'y');
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe(ends.data()), 0);
  const UniqueFd read(ends[0]);
  const UniqueFd kept(dup(STDERR_FILENO));
  dup2(ends[1], STDERR_FILENO);
  close(ends[1]);
  std::string got;
  std::thread reader([&] {
    char bytes[1000];
    for (ssize_t n = 0; (n = ::read(read.get(), bytes, sizeof bytes)) > 0;)
      got.append(bytes, static_cast<std::size_t>(n));
  });
  start_log(LogLevel::kInfo, LogFormat::kText);
  log(LogLevel::kInfo, "long", {{"u", value}, {"v", value}});
  stop_log();
  dup2(kept.get(), STDERR_FILENO);
  reader.join();
  EXPECT_TRUE(got.ends_with(" INFO long u=" + value + " v=" + value + "\n"));
}

TEST(Log, BeforeStartAndAfterStopNothingIsWrittenAndNothingBreaks) {
  log(LogLevel::kError, "unheard", {});
  const auto lines = captured(LogLevel::kInfo, LogFormat::kText, [] {});
  log(LogLevel::kError, "unheard", {});
  EXPECT_TRUE(lines.empty());
  EXPECT_EQ(dropped_log_events(), 0U);
}

}  // namespace
}  // namespace fairlead::sys

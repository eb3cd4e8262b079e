#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace fairlead::sys {

enum class LogLevel { kDebug, kInfo, kWarning, kError };
enum class LogFormat { kText, kJson };

// One named value of an event.
struct Field {
  std::string_view name;
  std::string value;
};

// Starts the asynchronous logger (spdlog, one background thread, bounded queue that drops the oldest
// when full and counts the drops) that writes events of `level` and above to standard error. Call once,
// first thing in main. Before it and after stop_log() events are not written.
void start_log(LogLevel level, LogFormat format);
// Writes what is queued and ends the background thread. Where nobody reads standard error that takes a
// second, and the rest is lost: a process must be able to end.
void stop_log();
// Events that were overwritten in a full queue since start_log().
std::uint64_t dropped_log_events();

// Writes one event: a stable name ("vrrp.became_active"), fields in the order given. Text:
// `2026-08-20T09:14:02.123456Z INFO vrrp.became_active group=eth0-v4-51 reason=MasterDown`.
// Any thread; never blocks on output (style 31, architecture 5: the vrrp thread never logs synchronously).
// Every event name has a paragraph in docs/messages.md.
void log(LogLevel level, std::string_view event, std::initializer_list<Field> fields);

}  // namespace fairlead::sys

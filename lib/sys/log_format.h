#pragma once

#include <span>
#include <string>
#include <string_view>

#include "lib/base/time.h"
#include "lib/sys/log.h"

namespace fairlead::sys {

// One event as a line, without the line feed. Of a value longer than 4096 bytes that many are written, and
// "...". Pure; log.cc writes what comes out of here.
struct LogLine {
  WallTime time;
  LogLevel level;
  std::string_view event;
  std::span<const Field> fields;
};

// `2026-08-20T09:14:02.123456Z INFO vrrp.became_active group=eth0-v4-51 reason=MasterDown`
// A value that is empty or holds a space, `"`, `\`, `=`, a control character or a broken byte stands in
// double quotes and is escaped as in JSON, so that a value can never look like another field or line.
std::string format_text(const LogLine& line);

// `{"time":"2026-08-20T09:14:02.123456Z","level":"info","event":"vrrp.became_active","group":"eth0-v4-51"}`
// All values are strings, in the order given. Bytes that are not UTF-8 become U+FFFD.
std::string format_json(const LogLine& line);

}  // namespace fairlead::sys

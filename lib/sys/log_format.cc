#include "lib/sys/log_format.h"

#include <algorithm>

#include "lib/base/utf8.h"
#include "lib/sys/json_text.h"

namespace fairlead::sys {
namespace {

std::string_view upper_name(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "DEBUG";
    case LogLevel::kInfo:
      return "INFO";
    case LogLevel::kWarning:
      return "WARNING";
    case LogLevel::kError:
      return "ERROR";
  }
  return "ERROR";
}

std::string_view lower_name(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "debug";
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarning:
      return "warning";
    case LogLevel::kError:
      return "error";
  }
  return "error";
}

constexpr std::size_t kLongestValue = 4096;

// What an API server says may be megabytes, and thousands of lines may wait for whoever reads them.
std::string shortened(std::string_view value) {
  if (value.size() <= kLongestValue) return std::string(value);
  std::size_t end = kLongestValue;
  while (end > kLongestValue - 4 && (static_cast<unsigned char>(value[end]) & 0xC0U) == 0x80U)
    --end;  // of a character
  return std::string(value.substr(0, end)) + "...";
}

bool stands_bare(std::string_view value) {
  const auto plain = [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte > 0x20 && byte != 0x7F && c != '"' && c != '\\' && c != '=';
  };
  return !value.empty() && std::all_of(value.begin(), value.end(), plain) && valid_utf8(value) == value;
}

void append_json_member(std::string& out, std::string_view name, std::string_view value) {
  out += '"';
  append_escaped(out, name);
  out += "\":\"";
  append_escaped(out, value);
  out += '"';
}

}  // namespace

std::string format_text(const LogLine& line) {
  std::string out = to_rfc3339_micro(line.time);
  out += ' ';
  out += upper_name(line.level);
  out += ' ';
  out += line.event;
  for (const Field& field : line.fields) {
    out += ' ';
    out += field.name;
    out += '=';
    const auto value = shortened(field.value);
    if (stands_bare(value)) {
      out += value;
    } else {
      out += '"';
      append_escaped(out, value);
      out += '"';
    }
  }
  return out;
}

std::string format_json(const LogLine& line) {
  std::string out = "{";
  append_json_member(out, "time", to_rfc3339_micro(line.time));
  out += ',';
  append_json_member(out, "level", lower_name(line.level));
  out += ',';
  append_json_member(out, "event", line.event);
  for (const Field& field : line.fields) {
    out += ',';
    append_json_member(out, field.name, shortened(field.value));
  }
  out += '}';
  return out;
}

}  // namespace fairlead::sys

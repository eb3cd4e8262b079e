#include "lib/reconcile/json_scan.h"

#include <cstdint>
#include <limits>

#include "lib/base/quoted.h"
#include "lib/base/text.h"

namespace fairlead::reconcile {
namespace {

constexpr auto kNone = std::string_view::npos;

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

std::size_t skip_space(std::string_view text, std::size_t at) {
  while (at < text.size() && is_space(text[at])) ++at;
  return at;
}

// REQUIRES: text[at] is '{' or '['.
std::size_t end_of_nested(std::string_view text, std::size_t at) {
  std::size_t depth = 0;
  while (at < text.size()) {
    const char c = text[at];
    if (c == '"') {
      at = end_of_quoted(text, at);
      if (at == kNone) return kNone;
      continue;
    }
    ++at;
    if (c == '{' || c == '[') ++depth;
    if ((c == '}' || c == ']') && --depth == 0) return at;
  }
  return kNone;
}

std::size_t end_of_scalar(std::string_view text, std::size_t at) {
  const auto from = at;
  while (at < text.size() && !is_space(text[at]) && std::string_view(",:{}[]\"").find(text[at]) == kNone)
    ++at;
  return at == from ? kNone : at;
}

void append_utf8(std::string& out, std::uint32_t c) {
  const auto put = [&out](std::uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xc0 | (c >> 6));
    put(0x80 | (c & 0x3f));
  } else if (c < 0x10000) {
    put(0xe0 | (c >> 12));
    put(0x80 | ((c >> 6) & 0x3f));
    put(0x80 | (c & 0x3f));
  } else {
    put(0xf0 | (c >> 18));
    put(0x80 | ((c >> 12) & 0x3f));
    put(0x80 | ((c >> 6) & 0x3f));
    put(0x80 | (c & 0x3f));
  }
}

// Four hexadecimal digits at `at`; U+FFFD if they are not that.
std::uint32_t hex4(std::string_view text, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = at; i < at + 4; ++i) {
    if (i >= text.size()) return 0xfffd;
    const char c = text[i];
    const auto digit =
        std::string_view("0123456789abcdef").find(c >= 'A' && c <= 'F' ? static_cast<char>(c + 32) : c);
    if (digit == kNone) return 0xfffd;
    value = value * 16 + static_cast<std::uint32_t>(digit);
  }
  return value;
}

bool is_high(std::uint32_t c) { return c >= 0xd800 && c < 0xdc00; }
bool is_low(std::uint32_t c) { return c >= 0xdc00 && c < 0xe000; }

// Appends the character of the \u escape whose digits start at `at`; returns the position behind it.
std::size_t append_escaped(std::string& out, std::string_view text, std::size_t at) {
  const auto first = hex4(text, at);
  at += 4;
  if (is_high(first) && text.substr(at, 2) == "\\u") {
    const auto second = hex4(text, at + 2);
    if (is_low(second)) {
      append_utf8(out, 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00));
      return at + 6;
    }
  }
  append_utf8(out, is_high(first) || is_low(first) ? 0xfffd : first);
  return at;
}

// Calls `at_value` with the raw key and the position of the value of each member of the object `text`, in
// order; it returns the position behind the value, kNone if that cannot be found, or kStop. False if `text`
// is not one whole object as far as it was read.
constexpr auto kStop = kNone - 1;
template <class AtValue>
bool walk_members(std::string_view text, AtValue at_value) {
  auto at = skip_space(text, 0);
  if (at >= text.size() || text[at] != '{') return false;
  at = skip_space(text, at + 1);
  if (at < text.size() && text[at] == '}') return true;
  while (at < text.size() && text[at] == '"') {
    const auto key_end = end_of_quoted(text, at);
    if (key_end == kNone) return false;
    const auto key = text.substr(at + 1, key_end - at - 2);
    at = skip_space(text, key_end);
    if (at >= text.size() || text[at] != ':') return false;
    at = at_value(key, skip_space(text, at + 1));
    if (at == kStop) return true;
    if (at == kNone) return false;
    at = skip_space(text, at);
    if (at < text.size() && text[at] == '}') return true;
    if (at >= text.size() || text[at] != ',') return false;
    at = skip_space(text, at + 1);
  }
  return false;
}

// Of the first one called so; kNone: there is none.
std::size_t start_of_member(std::string_view text, std::string_view wanted) {
  auto found = kNone;
  walk_members(text, [&](std::string_view key, std::size_t value_start) {
    if (key != wanted) return end_of_value(text, value_start);
    found = value_start;
    return kStop;
  });
  return found;
}

}  // namespace

std::size_t end_of_value(std::string_view text, std::size_t at) {
  at = skip_space(text, at);
  if (at >= text.size()) return kNone;
  if (text[at] == '"') return end_of_quoted(text, at);
  if (text[at] == '{' || text[at] == '[') return end_of_nested(text, at);
  return end_of_scalar(text, at);
}

bool for_each_member(std::string_view text,
                     const std::function<bool(std::string_view key, std::string_view value)>& each) {
  return walk_members(text, [&](std::string_view key, std::size_t value_start) {
    const auto value_end = end_of_value(text, value_start);
    const bool whole = value_end != kNone;
    const bool go_on = whole && each(key, text.substr(value_start, value_end - value_start));
    return whole && !go_on ? kStop : value_end;
  });
}

std::optional<std::string_view> member(std::string_view text, std::string_view key) {
  const auto start = start_of_member(text, key);
  const auto end = start == kNone ? kNone : end_of_value(text, start);
  if (end == kNone) return std::nullopt;
  return text.substr(start, end - start);
}

std::optional<std::string_view> member_at(std::string_view text,
                                          std::initializer_list<std::string_view> path) {
  for (const auto* key = path.begin(); key != path.end(); ++key) {
    if (key + 1 == path.end()) return member(text, *key);
    // What lies between is entered where it begins: nobody asks for its end.
    const auto start = start_of_member(text, *key);
    if (start == kNone) return std::nullopt;
    text.remove_prefix(start);
  }
  return text;
}

std::string string_of(std::string_view raw) {
  if (raw.size() < 2 || raw.front() != '"' || raw.back() != '"') return "";
  raw = raw.substr(1, raw.size() - 2);
  std::string out;
  out.reserve(raw.size());
  for (std::size_t at = 0; at < raw.size();) {
    if (raw[at] != '\\' || at + 1 == raw.size()) {
      out.push_back(raw[at++]);
      continue;
    }
    const char c = raw[at + 1];
    at += 2;
    static constexpr std::string_view kLetters = "bfnrt";
    static constexpr std::string_view kMeanings = "\b\f\n\r\t";
    if (c == 'u') {
      at = append_escaped(out, raw, at);
    } else if (const auto letter = kLetters.find(c); letter != kNone) {
      out.push_back(kMeanings[letter]);
    } else {
      out.push_back(c);
    }
  }
  return out;
}

std::string string_at(std::string_view text, std::initializer_list<std::string_view> path) {
  const auto raw = member_at(text, path);
  return raw ? string_of(*raw) : "";
}

bool cut(std::string& document, std::initializer_list<std::string_view> path) {
  const std::string_view text = document;
  std::size_t begin = 0;  // of the member: its first quote
  std::size_t value = 0;
  for (const auto wanted : path) {
    const auto around = value;
    value = kNone;
    walk_members(text.substr(around), [&](std::string_view key, std::size_t value_start) {
      if (key != wanted) return end_of_value(text.substr(around), value_start);
      begin = static_cast<std::size_t>(key.data() - text.data()) - 1;
      value = around + value_start;
      return kStop;
    });
    if (value == kNone) return false;
  }
  auto end = end_of_value(text, value);
  if (end == kNone) return false;
  // With its quotes and the comma behind it, or before it if it is the last member.
  const auto next = skip_space(text, end);
  if (next >= text.size()) return false;  // the object around it does not end
  if (text[next] == ',') {
    end = next + 1;
  } else {
    auto before = begin;
    while (before > 0 && is_space(text[before - 1])) --before;
    if (before > 0 && text[before - 1] == ',') begin = before - 1;
  }
  document.erase(begin, end - begin);
  return true;
}

int integer_at(std::string_view text, std::initializer_list<std::string_view> path) {
  const auto raw = member_at(text, path);
  long long value = 0;
  if (!raw || !parse_integer(*raw, std::numeric_limits<int>::min(), std::numeric_limits<int>::max(), value))
    return 0;
  return static_cast<int>(value);
}

}  // namespace fairlead::reconcile

#include "lib/base/time.h"

#include <cctype>
#include <cstdio>

namespace fairlead {
namespace {

struct Parts {
  int year, month, day, hour, minute, second;
  std::int64_t micros;
};

Parts parts_of(WallTime time) {
  using std::chrono::days;
  using std::chrono::floor;
  const auto day = floor<days>(time);
  const std::chrono::year_month_day date{day};
  const auto rest = time - day;
  const auto secs = std::chrono::duration_cast<Seconds>(rest);
  const std::int64_t s = secs.count();
  return {int(date.year()),          int(unsigned(date.month())),
          int(unsigned(date.day())), int(s / 3600),
          int(s / 60 % 60),          int(s % 60),
          (rest - secs).count()};
}

// Reads exactly `digits` decimal digits at `at`; -1 if there are not that many.
int number_at(const std::string& text, std::size_t at, std::size_t digits) {
  if (at + digits > text.size()) return -1;
  int value = 0;
  for (std::size_t i = at; i < at + digits; ++i) {
    if (std::isdigit(static_cast<unsigned char>(text[i])) == 0) return -1;
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

// Reads ".123" at `at`, advancing it past the digits; those beyond microseconds are dropped.
std::int64_t fraction_at(const std::string& text, std::size_t& at) {
  if (number_at(text, at + 1, 1) < 0 || text[at] != '.') return 0;
  std::int64_t micros = 0;
  std::int64_t unit = 100000;
  for (++at; number_at(text, at, 1) >= 0; ++at) {
    micros += (text[at] - '0') * unit;
    unit /= 10;
  }
  return micros;
}

// Reads "Z" or "+hh:mm" at `at`, which must end the text. False if it is neither.
bool offset_at(const std::string& text, std::size_t at, Seconds& out) {
  if (at >= text.size()) return false;
  if (text[at] == 'Z' || text[at] == 'z') {
    out = Seconds(0);
    return at + 1 == text.size();
  }
  const int hours = number_at(text, at + 1, 2);
  const int minutes = number_at(text, at + 4, 2);
  if ((text[at] != '+' && text[at] != '-') || hours < 0 || hours > 23 || minutes < 0 || minutes > 59 ||
      text[at + 3] != ':' || at + 6 != text.size()) {
    return false;
  }
  out = Seconds((hours * 3600 + minutes * 60) * (text[at] == '-' ? -1 : 1));
  return true;
}

}  // namespace

std::string to_rfc3339(WallTime time) {
  const Parts p = parts_of(time);
  char text[64];
  std::snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02dZ", p.year, p.month, p.day, p.hour, p.minute,
                p.second);
  return text;
}

std::string to_rfc3339_micro(WallTime time) {
  const Parts p = parts_of(time);
  char text[64];
  std::snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%06lldZ", p.year, p.month, p.day, p.hour,
                p.minute, p.second, static_cast<long long>(p.micros));
  return text;
}

bool parse_rfc3339(const std::string& text, WallTime& out) {
  const int year = number_at(text, 0, 4);
  const int month = number_at(text, 5, 2);
  const int day = number_at(text, 8, 2);
  const int hour = number_at(text, 11, 2);
  const int minute = number_at(text, 14, 2);
  const int second = number_at(text, 17, 2);
  if (year < 0 || month < 0 || day < 0 || hour < 0 || minute < 0 || second < 0) return false;
  if (text[4] != '-' || text[7] != '-' || text[13] != ':' || text[16] != ':') return false;
  if (text[10] != 'T' && text[10] != 't') return false;
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(unsigned(month)),
                                         std::chrono::day(unsigned(day))};
  if (!date.ok() || hour > 23 || minute > 59 || second > 60) return false;
  std::size_t at = 19;
  const Microseconds fraction{fraction_at(text, at)};
  Seconds offset{0};
  if (!offset_at(text, at, offset)) return false;
  out =
      WallTime(std::chrono::sys_days(date)) + Seconds(hour * 3600 + minute * 60 + second) - offset + fraction;
  return true;
}

}  // namespace fairlead

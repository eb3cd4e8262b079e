#include "lib/sys/yaml_scalar.h"

#include <charconv>
#include <cstddef>
#include <cstdint>

namespace fairlead::sys {
namespace {

// Cuts the leading decimal digits off `text` and gives them back.
std::string_view take_digits(std::string_view& text) {
  std::size_t count = 0;
  while (count < text.size() && text[count] >= '0' && text[count] <= '9') ++count;
  const auto digits = text.substr(0, count);
  text.remove_prefix(count);
  return digits;
}

bool take(std::string_view& text, std::string_view any_of) {
  if (text.empty() || any_of.find(text[0]) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

// 0x1F and 0o17, which JSON does not know: written in decimal.
std::optional<std::string> based_integer(std::string_view text) {
  const int base = text.starts_with("0x") ? 16 : text.starts_with("0o") ? 8 : 0;
  if (base == 0) return std::nullopt;
  std::uint64_t value = 0;
  const auto digits = text.substr(2);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  if (digits.empty() || error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return std::to_string(value);
}

// [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?, written as JSON wants it: no plus
// sign, no leading zeros, digits on both sides of the point.
std::optional<std::string> decimal_number(std::string_view text) {
  std::string out = text.starts_with('-') ? "-" : "";
  take(text, "+-");
  auto whole = take_digits(text);
  const bool point = take(text, ".");
  const auto fraction = point ? take_digits(text) : std::string_view{};
  if (whole.empty() && fraction.empty()) return std::nullopt;
  while (whole.size() > 1 && whole[0] == '0') whole.remove_prefix(1);
  out += whole.empty() ? "0" : whole;
  if (!fraction.empty()) out.append(".").append(fraction);
  if (take(text, "eE")) {
    out += 'e';
    if (text.starts_with('-')) out += '-';
    take(text, "+-");
    const auto exponent = take_digits(text);
    if (exponent.empty()) return std::nullopt;
    out += exponent;
  }
  if (!text.empty()) return std::nullopt;
  return out;
}

}  // namespace

std::optional<std::string> plain_scalar_to_json(std::string_view text) {
  if (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL") return "null";
  if (text == "true" || text == "True" || text == "TRUE") return "true";
  if (text == "false" || text == "False" || text == "FALSE") return "false";
  if (auto integer = based_integer(text)) return integer;
  return decimal_number(text);
}

}  // namespace fairlead::sys

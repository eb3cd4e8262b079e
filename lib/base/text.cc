#include "lib/base/text.h"

#include <charconv>

namespace fairlead {

std::string join(const std::vector<std::string>& parts, std::string_view separator) {
  std::string out;
  for (const auto& part : parts) {
    if (&part != &parts.front()) out += separator;
    out += part;
  }
  return out;
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> out;
  for (;;) {
    const auto at = text.find(separator);
    out.emplace_back(text.substr(0, at));
    if (at == std::string_view::npos) return out;
    text.remove_prefix(at + 1);
  }
}

std::string_view trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const auto first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

std::string printable(std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  const auto byte = [](char c) { return static_cast<unsigned char>(c); };
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool two = byte(text[i]) == 0xC2 && i + 1 < text.size();
    const bool of_c1 = two && byte(text[i + 1]) >= 0x80 && byte(text[i + 1]) < 0xA0;  // U+0080 to U+009F
    if (of_c1) ++i;
    const unsigned char code = byte(text[i]);
    if (of_c1 || code < 0x20 || code == 0x7F) {
      out += {'\\', 'x', kHex[code >> 4U], kHex[code & 15U]};
    } else {
      out += text[i];
    }
  }
  return out;
}

bool parse_integer(std::string_view text, long long low, long long high, long long& out) {
  long long value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < low || value > high) return false;
  out = value;
  return true;
}

}  // namespace fairlead

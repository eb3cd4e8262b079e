#include <charconv>
#include <cstddef>
#include <optional>

#include "lib/base/text.h"
#include "lib/net/address.h"

// The text forms of addresses: dotted quad, RFC 4291 2.2 on input and RFC 5952 on output.
namespace fairlead::net {
namespace {

constexpr std::size_t kGroups = 8;
using Groups = std::array<std::uint16_t, kGroups>;

std::string hex(std::uint16_t value) {
  char text[4];
  return {text, std::to_chars(text, text + sizeof text, value, 16).ptr};
}

std::string dotted(std::span<const std::uint8_t> bytes) {
  std::string out;
  for (const auto byte : bytes.first(4)) out += (out.empty() ? "" : ".") + std::to_string(byte);
  return out;
}

// The first of the longest runs of zero groups; a lone zero is not shortened. RFC 5952 4.2.
struct Run {
  std::size_t at = kGroups;
  std::size_t length = 1;
};
Run longest_zeros(const Groups& groups) {
  Run best;
  for (std::size_t at = 0; at < kGroups; ++at) {
    std::size_t length = 0;
    while (at + length < kGroups && groups[at + length] == 0) ++length;
    if (length > best.length) best = {at, length};
  }
  return best;
}

std::string colons(const Groups& groups) {
  const Run run = longest_zeros(groups);
  std::string out;
  for (std::size_t i = 0; i < kGroups; ++i) {
    if (i == run.at) {
      out += "::";
      i += run.length - 1;
      continue;
    }
    if (!out.empty() && out.back() != ':') out += ':';
    out += hex(groups[i]);
  }
  return out;
}

std::optional<std::array<std::uint8_t, 4>> parse_dotted(std::string_view text) {
  const auto parts = split(text, '.');
  if (parts.size() != 4) return std::nullopt;
  std::array<std::uint8_t, 4> bytes{};
  for (std::size_t i = 0; i < 4; ++i) {
    long long value = 0;
    const bool padded = parts[i].size() > 1 && (parts[i][0] == '0' || parts[i][0] == '-');
    if (padded || !parse_integer(parts[i], 0, 255, value)) return std::nullopt;
    bytes[i] = static_cast<std::uint8_t>(value);
  }
  return bytes;
}

bool parse_hex(std::string_view text, std::uint16_t& out) {
  if (text.empty() || text.size() > 4) return false;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out, 16);
  return error == std::errc() && end == text.data() + text.size();
}

// The groups on one side of "::", or all eight; a dotted quad may stand at the very end. False if malformed.
bool parse_groups(std::string_view text, bool at_end, std::vector<std::uint16_t>& out) {
  if (text.empty()) return true;
  const auto parts = split(text, ':');
  for (std::size_t i = 0; i < parts.size(); ++i) {
    std::uint16_t group = 0;
    if (parse_hex(parts[i], group)) {
      out.push_back(group);
      continue;
    }
    const auto quad = at_end && i + 1 == parts.size() ? parse_dotted(parts[i]) : std::nullopt;
    if (!quad) return false;
    out.push_back(static_cast<std::uint16_t>((*quad)[0] << 8 | (*quad)[1]));
    out.push_back(static_cast<std::uint16_t>((*quad)[2] << 8 | (*quad)[3]));
  }
  return true;
}

std::optional<Groups> parse_colons(std::string_view text) {
  std::vector<std::uint16_t> head;
  std::vector<std::uint16_t> tail;
  const auto gap = text.find("::");
  const bool whole = gap == std::string_view::npos;
  if (text.empty() || !parse_groups(text.substr(0, gap), whole, head)) return std::nullopt;
  if (!whole && !parse_groups(text.substr(gap + 2), true, tail)) return std::nullopt;
  const std::size_t given = head.size() + tail.size();
  if (whole ? given != kGroups : given >= kGroups) return std::nullopt;  // "::" stands for one group or more
  Groups groups{};
  for (std::size_t i = 0; i < head.size(); ++i) groups[i] = head[i];
  for (std::size_t i = 0; i < tail.size(); ++i) groups[kGroups - tail.size() + i] = tail[i];
  return groups;
}

}  // namespace

std::string to_string(const IpAddress& address) {
  const auto bytes = address.bytes();
  if (address.is_v4()) return dotted(bytes);
  if (address.is_v4_mapped()) return "::ffff:" + dotted(bytes.subspan(12));
  Groups groups{};
  for (std::size_t i = 0; i < kGroups; ++i) {
    groups[i] = static_cast<std::uint16_t>(bytes[2 * i] << 8 | bytes[2 * i + 1]);
  }
  return colons(groups);
}

Result<IpAddress> parse_address(std::string_view text) {
  if (const auto quad = parse_dotted(text)) return IpAddress::v4(*quad);
  const auto groups = parse_colons(text);
  if (!groups) return fail(Code::kInvalid, "\"" + std::string(text) + "\" is not an IPv4 or IPv6 address");
  std::array<std::uint8_t, 16> bytes{};
  for (std::size_t i = 0; i < kGroups; ++i) {
    bytes[2 * i] = static_cast<std::uint8_t>((*groups)[i] >> 8);
    bytes[2 * i + 1] = static_cast<std::uint8_t>((*groups)[i] & 0xff);
  }
  return IpAddress::v6(bytes);
}

}  // namespace fairlead::net

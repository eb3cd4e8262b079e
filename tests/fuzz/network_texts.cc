// F-12: addresses, CIDRs, ranges, ports, endpoints, MAC addresses and whole numbers as text. Whatever is
// accepted is written so that it reads as the same value, in one form; what is written of a value is
// accepted; a range holds its ends, and its cover in CIDRs is the range, no more and no less.
//
// Input: the text; a prefix, a range, an endpoint and a number are read from the same.

#include <climits>
#include <cstdint>
#include <string>
#include <string_view>

#include "lib/base/text.h"
#include "lib/net/endpoint.h"
#include "lib/net/prefix.h"
#include "tests/fuzz/input.h"

namespace fairlead::net {
namespace {

using fuzz::require;

// Reads as the same value what is written of it, which is the one form of it.
template <class Parse>
auto round_trip(std::string_view text, Parse parse, const char* what) {
  const auto read = parse(text);
  if (!read) {
    require(!read.error().message.empty(), "a refusal says what is wrong");
    return read;
  }
  const std::string written = to_string(*read);
  const auto again = parse(written);
  require(again.has_value() && *again == *read, what);
  require(to_string(*again) == written, "one form of a value");
  return read;
}

void check_address(std::string_view text) {
  const auto read = round_trip(text, parse_address, "address");
  if (!read) return;
  require(IpAddress::from_bytes(read->bytes()) == *read, "bytes and back");
  IpAddress next = *read;
  if (!next.increment()) return;
  require(*read < next, "the next address is behind it");
  require(next.decrement() && next == *read, "one on and one back");
}

void check_prefix(std::string_view text) {
  const auto read = round_trip(text, parse_prefix, "prefix");
  if (!read) return;
  require(read->length >= 0 && read->length <= read->address.bits(), "a length that the family has");
  require(read->contains(read->address) && read->contains(read->first()) && read->contains(read->last()),
          "a prefix holds its address and its ends");
  require(read->network().address == read->first() && read->network().network() == read->network(),
          "its network begins it");
}

// Each begins right behind the one before it.
void check_cover(const AddressRange& range) {
  const auto cover = exact_cover(range);
  require(!cover.empty() && cover.size() <= 2U * static_cast<unsigned>(range.first.bits()), "a short cover");
  require(cover.front().first() == range.first && cover.back().last() == range.last, "from end to end");
  for (std::size_t i = 1; i < cover.size(); ++i) {
    IpAddress behind = cover[i - 1].last();
    require(behind.increment() && behind == cover[i].first(), "without a gap, and nothing twice");
  }
  for (const auto& prefix : cover) {
    require(prefix == prefix.network(), "no host bits");
    const auto alone = parse_range(to_string(prefix));
    require(alone.has_value() && alone->first == prefix.first() && alone->last == prefix.last(),
            "a CIDR is a range");
  }
}

void check_range(std::string_view text) {
  const auto read = round_trip(text, parse_range, "range");
  if (!read) return;
  require(read->first.family() == read->last.family() && read->first <= read->last,
          "of one family, in order");
  require(read->contains(read->first) && read->contains(read->last) && read->overlaps(*read),
          "it holds its ends");
  check_cover(*read);
}

void check_number(std::string_view text) {
  long long number = 0;
  if (!parse_integer(text, -70000, 70000, number)) return;
  require(number >= -70000 && number <= 70000, "within what was asked for");
  long long again = 0;
  require(parse_integer(std::to_string(number), LLONG_MIN, LLONG_MAX, again) && again == number, "number");
  const auto port = make_port(static_cast<int>(number));
  require(port.has_value() == (number >= 1 && number <= 65535), "a port is 1 to 65535");
  if (port) require(port->value() == number, "port");
}

void run(std::string_view text) {
  check_address(text);
  check_prefix(text);
  check_range(text);
  static_cast<void>(round_trip(text, parse_endpoint, "endpoint"));
  check_number(text);
  const auto protocol = parse_protocol(text);
  if (protocol) require(to_string(*protocol) == text, "a protocol has one name");
}

}  // namespace
}  // namespace fairlead::net

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fairlead::net::run({reinterpret_cast<const char*>(data), size});
  return 0;
}

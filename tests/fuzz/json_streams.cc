// F-7, F-8: the bodies of lists and watches, of any bytes, cut anywhere. How the pieces come is no matter:
// the same lines and items come out (F-7: the reader of HTTP itself is cpprestsdk's and out of reach here;
// this is what its chunks are fed to). What JSON says is what a whole parser reads (F-8), and text is UTF-8
// or becomes it.
//
// Input: a byte that caps lines and items at 16..4096; a byte count and so many cuts (two bytes each); the
// body.

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/utf8.h"
#include "lib/reconcile/answer_head.h"
#include "lib/reconcile/item_splitter.h"
#include "lib/reconcile/json_scan.h"
#include "lib/reconcile/watch_decoder.h"
#include "tests/fuzz/input.h"

namespace fairlead::reconcile {
namespace {

using fuzz::require;

struct Outcome {
  std::vector<std::string> parts;
  int dropped = 0;
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

template <class Splitter>
void feed(Splitter& splitter, std::string_view body, const std::vector<std::size_t>& cuts, Outcome& out) {
  std::size_t from = 0;
  for (const auto cut : cuts) {
    splitter.feed(body.substr(from, cut - from), out.parts);
    from = cut;
  }
  splitter.feed(body.substr(from), out.parts);
  out.dropped = splitter.dropped();
}

void check_lines(std::string_view body, const std::vector<std::size_t>& cuts, std::size_t cap) {
  Outcome whole;
  Outcome cut;
  LineSplitter one(cap);
  LineSplitter other(cap);
  feed(one, body, {}, whole);
  feed(other, body, cuts, cut);
  require(whole == cut, "lines do not depend on the cuts");
  for (const auto& line : whole.parts) {
    require(!line.empty() && line.size() <= cap && line.find('\n') == std::string::npos, "a line");
    const auto event = decode_watch_line(line);
    if (event)
      require(!event->kind.empty() && event->object.front() == '{', "an event has an object with a kind");
    read_status(line);
  }
}

void check_items(std::string_view body, const std::vector<std::size_t>& cuts, std::size_t cap) {
  Outcome whole;
  Outcome cut;
  ItemSplitter one(cap);
  ItemSplitter other(cap);
  feed(one, body, {}, whole);
  feed(other, body, cuts, cut);
  const auto head = one.finish();
  const auto same = other.finish();
  require(whole == cut && head.has_value() == same.has_value(), "items do not depend on the cuts");
  if (head) require(*head == *same && !head->resource_version.empty(), "nor does what a list says of itself");
  for (const auto& item : whole.parts)
    require(item.size() <= cap && item.front() == '{', "an item is an object");
  // A list that a whole parser reads gives the same items.
  if (body.find("\\u") != std::string_view::npos)
    return;  // a key may be written with escapes: then it is not found
  const auto list = nlohmann::json::parse(body, nullptr, false);
  if (!head || list.is_discarded() || whole.dropped > 0 || !list.contains("items")) return;
  const auto& items = list.at("items");
  if (!items.is_array() || items.size() != whole.parts.size())
    return;  // "items" twice: the last one counts there
  for (std::size_t at = 0; at < items.size(); ++at) {
    require(nlohmann::json::parse(whole.parts[at], nullptr, false) == items[at], "the items of the list");
  }
}

// Every member of a well-formed object, its keys being all different, is found as it is.
void check_members(std::string_view body) {
  const auto parsed = nlohmann::json::parse(body, nullptr, false);
  std::size_t members = 0;
  const bool is_object =
      for_each_member(body, [&](std::string_view, std::string_view) { return ++members > 0; });
  if (parsed.is_discarded() || !parsed.is_object()) return;
  require(is_object, "an object is one");
  if (members != parsed.size()) return;  // a key twice
  for (const auto& [key, value] : parsed.items()) {
    if (key.find_first_of("\"\\") != std::string::npos) continue;  // escaped in the text, perhaps
    const auto found = member(body, key);
    if (!found) continue;  // its key is written with escapes
    require(nlohmann::json::parse(*found, nullptr, false) == value, "a member's value");
    if (value.is_string()) require(string_of(*found) == value.get<std::string>(), "a string's text");
  }
}

void check_text(std::string_view body) {
  const auto mended = valid_utf8(body);
  require(is_utf8(mended), "what was mended is UTF-8");
  require((mended == body) == is_utf8(body), "UTF-8 needs no mending");
  foreign_answer(body.empty() ? 200 : 100 * (body.front() & 7), body);
}

void run(const std::uint8_t* data, std::size_t size) {
  fuzz::Input in(data, size);
  const std::size_t cap = std::size_t{16} * (1 + in.byte());
  std::vector<std::size_t> cuts(in.byte() % 16);
  for (auto& cut : cuts) cut = in.word();
  const auto bytes = in.rest();
  const std::string body(bytes.begin(), bytes.end());
  for (auto& cut : cuts) cut %= body.size() + 1;
  std::sort(cuts.begin(), cuts.end());
  check_lines(body, cuts, cap);
  check_items(body, cuts, cap);
  check_members(body);
  check_text(body);
}

}  // namespace
}  // namespace fairlead::reconcile

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fairlead::reconcile::run(data, size);
  return 0;
}

#include "lib/api/json_tree.h"

#include <algorithm>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <tuple>
#include <utility>

#include "lib/base/quoted.h"

namespace fairlead::api {
namespace {

using nlohmann::json;
using rapidjson::Value;
using Member = Value::Member;

// Without the library's tag: "[json.exception.parse_error.101] parse error at ..." -> "parse error at ...".
// It quotes what it read last, raw: bytes that may be no text have a '?' in their place.
std::string plain(const json::exception& error) {
  const std::string_view text = error.what();
  const auto end = text.find("] ");
  std::string out(end == std::string_view::npos ? text : text.substr(end + 2));
  std::replace_if(
      out.begin(), out.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return out;
}

std::span<Member> members_of(Value& object) {
  if (object.ObjectEmpty()) return {};
  return {&*object.MemberBegin(), object.MemberCount()};
}

// Of members of one name the last counts.
void put_members_in_order(Value& object) {
  const auto members = members_of(object);
  const auto by_name = [](const Member& a, const Member& b) { return text_of(a.name) < text_of(b.name); };
  if (!std::is_sorted(members.begin(), members.end(), by_name)) {
    std::stable_sort(members.begin(), members.end(), by_name);
  }
  std::size_t kept = 0;
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (i + 1 < members.size() && !by_name(members[i], members[i + 1])) continue;
    if (kept != i) members[kept] = std::move(members[i]);
    ++kept;
  }
  if (kept == members.size()) return;
  object.EraseMember(object.MemberBegin() + static_cast<std::ptrdiff_t>(kept), object.MemberEnd());
}

// False if there is a number in it that is not whole.
bool put_in_order(Value& value) {
  bool whole = !value.IsDouble();
  if (value.IsArray()) {
    for (auto& item : value.GetArray()) whole = put_in_order(item) && whole;
  } else if (value.IsObject()) {
    for (auto& member : members_of(value)) whole = put_in_order(member.value) && whole;
    put_members_in_order(value);
  }
  return whole;
}

}  // namespace

int depth_of(std::string_view text) {
  int depth = 0;
  int deepest = 0;
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    at = c == '"' ? end_of_quoted(text, at) : at + 1;
    if (c == '{' || c == '[') {
      deepest = std::max(deepest, ++depth);
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
  return deepest;
}

// In the words of the library that says it best.
std::string fault_of(std::string_view text) {
  try {
    std::ignore = json::parse(text);
  } catch (const json::exception& error) {
    return plain(error);
  }
  return "it cannot be read";
}

std::string_view kind_of(const Value& value) {
  if (value.IsObject()) return "an object";
  if (value.IsArray()) return "a list";
  if (value.IsString()) return "a string";
  if (value.IsBool()) return "a boolean";
  return "a number";
}

std::string_view text_of(const Value& string) { return {string.GetString(), string.GetStringLength()}; }

std::span<const Member> members_of(const Value& object) {
  if (object.ObjectEmpty()) return {};
  return {&*object.MemberBegin(), object.MemberCount()};
}

const Value* member_of(const Value& object, std::string_view name) {
  const auto members = members_of(object);
  const auto found = std::lower_bound(
      members.begin(), members.end(), name,
      [](const Member& member, std::string_view wanted) { return text_of(member.name) < wanted; });
  return found != members.end() && text_of(found->name) == name ? &found->value : nullptr;
}

bool parse(std::string_view text, JsonTree& tree) {
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  constexpr unsigned kFlags = rapidjson::kParseInsituFlag | rapidjson::kParseValidateEncodingFlag |
                              rapidjson::kParseFullPrecisionFlag;
  tree.text = text.starts_with(kByteOrderMark) ? text.substr(kByteOrderMark.size()) : text;
  rapidjson::InsituStringStream stream(tree.text.data());
  tree.root.ParseStream<kFlags>(stream);
  bool good = !tree.root.HasParseError();
  // RapidJSON 1.1 takes the second half of a surrogate pair without the first, and some numbers that no
  // double can hold: the other library says whether it is so.
  const bool whole = good && put_in_order(tree.root);
  const bool doubtful =
      !whole || text.find("\\ud") != std::string_view::npos || text.find("\\uD") != std::string_view::npos;
  good = good && (!doubtful || json::accept(text));
  if (!good) tree.root.SetNull();
  return good;
}

json json_of(const Value& value) {
  if (value.IsObject()) {
    json out = json::object();
    for (const auto& member : members_of(value))
      out[std::string(text_of(member.name))] = json_of(member.value);
    return out;
  }
  if (value.IsArray()) {
    json out = json::array();
    for (const auto& item : value.GetArray()) out.push_back(json_of(item));
    return out;
  }
  if (value.IsString()) return text_of(value);
  if (value.IsBool()) return value.GetBool();
  if (value.IsInt64()) return value.GetInt64();
  if (value.IsUint64()) return value.GetUint64();
  if (value.IsNumber()) return value.GetDouble();
  return nullptr;
}

}  // namespace fairlead::api

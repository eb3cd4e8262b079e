#pragma once

#include <rapidjson/document.h>

#include <deque>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "lib/api/json_view.h"

// Internal to json_view.cc: the values of a document as RapidJSON holds them, and what the views share
// besides. Documents are read with it for its speed: most of a start's work is thousands of them. All values
// of one lie in one piece of memory, its strings where they were read. Texts are built, and shown, with
// nlohmann/json.
namespace fairlead::api {

// Which members of which objects have been asked for.
using AskedFields = std::map<const rapidjson::Value*, std::set<std::string, std::less<>>>;

// The members of every object are in key order, and no two of one name.
struct JsonTree {
  // `size`: of the text to come. Of most objects the values fit into one piece of memory of that size.
  explicit JsonTree(std::size_t size) : pool(size + 1024) {}

  std::string text;  // where the strings of the values are
  rapidjson::MemoryPoolAllocator<> pool;
  rapidjson::Document root{&pool};
  std::string path;                  // of the root
  std::deque<JsonStep> steps;        // they stay where they are
  std::optional<AskedFields> asked;  // with kRefused
};

// False, with a root of null, if it is no JSON in UTF-8. To be called once.
// REQUIRES: it is at most 4 GB, and nests no deeper than the stack is for.
bool parse(std::string_view text, JsonTree& tree);
// What is wrong with such text.
std::string fault_of(std::string_view text);
// The deepest nesting of brackets outside strings. Malformed text gives some number: the parser judges it.
int depth_of(std::string_view text);

std::string_view kind_of(const rapidjson::Value& value);  // "a list"; of null "a number"
// REQUIRES: a string.
std::string_view text_of(const rapidjson::Value& string);
// In key order, each name once. REQUIRES: an object.
std::span<const rapidjson::Value::Member> members_of(const rapidjson::Value& object);
// nullptr: there is none. REQUIRES: an object.
const rapidjson::Value* member_of(const rapidjson::Value& object, std::string_view name);
// The same value, to be printed.
nlohmann::json json_of(const rapidjson::Value& value);

}  // namespace fairlead::api

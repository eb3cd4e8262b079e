#include "lib/api/json_view.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace fairlead::api {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxBytes = 3 * 1024 * 1024;  // K-16
constexpr int kMaxDepth = 100;

// The deepest nesting of brackets outside strings. Malformed text gives some number: the parser judges it.
int depth_of(std::string_view text) {
  int depth = 0;
  int deepest = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      in_string = c != '"';
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      deepest = std::max(deepest, ++depth);
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
  return deepest;
}

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

// Objects of which nothing was asked, as labels, have no known fields.
void find_unknown(const json& value, const std::string& path, const AskedFields& asked,
                  std::vector<Problem>& problems) {
  if (value.is_array()) {
    for (std::size_t i = 0; i < value.size(); ++i) {
      find_unknown(value[i], path + "[" + std::to_string(i) + "]", asked, problems);
    }
  }
  const auto known = asked.find(&value);
  if (!value.is_object() || known == asked.end()) return;
  for (const auto& [name, member] : value.items()) {
    const std::string inside = path + "." + name;
    if (known->second.contains(name)) {
      find_unknown(member, inside, asked, problems);
    } else {
      problems.push_back({inside, "is no field of this kind"});
    }
  }
}

std::string_view kind_of(const json& value) {
  if (value.is_object()) return "an object";
  if (value.is_array()) return "a list";
  if (value.is_string()) return "a string";
  if (value.is_boolean()) return "a boolean";
  return "a number";
}

}  // namespace

JsonView::JsonView(const json* value, std::string path, std::vector<Problem>* problems)
    : value_(value != nullptr && value->is_null() ? nullptr : value),
      path_(std::move(path)),
      problems_(problems) {}

JsonView::JsonView(const json* value, std::string path, std::vector<Problem>* problems, AskedFields* asked)
    : JsonView(value, std::move(path), problems) {
  asked_ = asked;
}

void JsonView::problem(std::string message) const { problems_->push_back({path_, std::move(message)}); }

JsonView JsonView::with(std::vector<Problem>* problems) const { return {value_, path_, problems, asked_}; }

std::string JsonView::show() const {
  if (!present()) return "nothing";
  constexpr std::size_t kMax = 80;
  std::string text = value_->dump(-1, ' ', true, json::error_handler_t::replace);
  if (text.size() > kMax) text = text.substr(0, kMax) + "...";
  return text;
}

void JsonView::require() const {
  if (!present()) problem("required");
}

void JsonView::wrong_kind(std::string_view wanted) const {
  problem("must be " + std::string(wanted) + ", got " + std::string(kind_of(*value_)));
}

bool JsonView::object() const {
  if (!present()) return false;
  if (!value_->is_object()) wrong_kind("an object");
  return value_->is_object();
}

JsonView JsonView::at(std::string_view field) const {
  const json* member = nullptr;
  if (present() && value_->is_object()) {
    if (asked_ != nullptr) (*asked_)[value_].emplace(field);
    const auto found = value_->find(field);
    if (found != value_->end()) member = &*found;
  }
  return {member, path_.empty() ? std::string(field) : path_ + "." + std::string(field), problems_, asked_};
}

std::vector<std::pair<std::string, JsonView>> JsonView::fields() const {
  std::vector<std::pair<std::string, JsonView>> out;
  if (!object()) return out;
  for (const auto& [name, member] : value_->items()) {
    out.emplace_back(name, JsonView(&member, path_ + "[" + name + "]", problems_, asked_));
  }
  return out;
}

std::vector<JsonView> JsonView::items(std::size_t max) const {
  std::vector<JsonView> out;
  if (!present()) return out;
  if (!value_->is_array()) {
    wrong_kind("a list");
    return out;
  }
  if (value_->size() > max) {
    problem("must have at most " + std::to_string(max) + " items, got " + std::to_string(value_->size()));
    return out;
  }
  for (std::size_t i = 0; i < value_->size(); ++i) {
    const JsonView item(&(*value_)[i], path_ + "[" + std::to_string(i) + "]", problems_, asked_);
    if (item.present()) {
      out.push_back(item);
    } else {
      item.problem("must not be null");
    }
  }
  return out;
}

bool JsonView::text(std::string& out) const {
  if (!present()) return false;
  if (!value_->is_string()) {
    wrong_kind("a string");
    return false;
  }
  out = value_->get_ref<const std::string&>();
  return true;
}

void JsonView::read(bool& out) const {
  if (!present()) return;
  if (value_->is_boolean()) {
    out = value_->get<bool>();
  } else {
    wrong_kind("a boolean");
  }
}

bool JsonView::integer(std::int64_t low, std::int64_t high, std::int64_t& out) const {
  if (!present()) return false;
  if (!value_->is_number()) {
    wrong_kind("a whole number");
    return false;
  }
  const bool too_big = value_->is_number_unsigned() && value_->get<std::uint64_t>() > INT64_MAX;
  if (!value_->is_number_integer() || too_big || value_->get<std::int64_t>() < low ||
      value_->get<std::int64_t>() > high) {
    problem("must be " + std::to_string(low) + ".." + std::to_string(high) + ", got " + show());
    return false;
  }
  out = value_->get<std::int64_t>();
  return true;
}

void JsonView::read(WallTime& out) const {
  std::string found;
  if (text(found) && !parse_rfc3339(found, out)) problem("must be an RFC 3339 time, got " + show());
}

void JsonView::read(std::vector<std::string>& out, std::size_t max) const {
  if (present()) out.clear();
  for (const auto& item : items(max)) {
    std::string found;
    if (item.text(found)) out.push_back(std::move(found));
  }
}

void JsonView::read(Labels& out) const {
  for (const auto& [name, field] : fields()) {
    std::string found;
    if (field.text(found)) out[name] = std::move(found);
  }
}

JsonDocument::JsonDocument(std::string_view text, std::vector<Problem>& problems)
    : JsonDocument(text, UnknownFields::kIgnored, problems) {}

JsonDocument::JsonDocument(std::string_view text, UnknownFields unknown, std::vector<Problem>& problems)
    : value_(std::make_unique<json>()),
      problems_(&problems),
      asked_(unknown == UnknownFields::kRefused ? std::make_unique<AskedFields>() : nullptr) {
  if (text.size() > kMaxBytes) {
    problems.push_back({"", "must be at most 3 MB, got " + std::to_string(text.size()) + " bytes"});
    return;
  }
  if (depth_of(text) > kMaxDepth) {
    problems.push_back({"", "must nest at most " + std::to_string(kMaxDepth) + " levels deep"});
    return;
  }
  try {
    *value_ = json::parse(text);
  } catch (const json::exception& error) {
    problems.push_back({"", "must be JSON: " + plain(error)});
    return;
  }
  if (!value_->is_object()) {
    problems.push_back({"", "must be a JSON object"});
    *value_ = nullptr;
  }
}

JsonDocument::~JsonDocument() = default;

JsonView JsonDocument::root() const { return {value_.get(), "", problems_, asked_.get()}; }

void JsonDocument::refuse_unknown() const {
  if (!value_->is_object()) return;
  const auto known = asked_->find(value_.get());
  for (const auto& [name, member] : value_->items()) {
    if (known == asked_->end() || !known->second.contains(name)) {
      problems_->push_back({name, "is no field of this kind"});
    } else if (name == "spec") {
      find_unknown(member, name, *asked_, *problems_);
    }
  }
}

void check_kind(const JsonView& root, const Kind& kind) {
  const Word<int> version[] = {{kind.api_version, 0}};
  const Word<int> name[] = {{kind.name, 0}};
  int ignored = 0;
  root.at("apiVersion").read<int>(version, ignored);
  root.at("kind").read<int>(name, ignored);
}

}  // namespace fairlead::api

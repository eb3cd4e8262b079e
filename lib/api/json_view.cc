#include "lib/api/json_view.h"

#include <algorithm>
#include <deque>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

namespace fairlead::api {

using nlohmann::json;

// Which members of which objects have been asked for.
using AskedFields = std::map<const json*, std::set<std::string, std::less<>>>;

struct JsonTree {
  json value;
  std::string path;                  // of the root
  std::deque<JsonStep> steps;        // they stay where they are
  std::optional<AskedFields> asked;  // with kRefused
};

namespace {

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

std::string path_of(const JsonStep& step) {
  std::string out = step.before == nullptr ? "" : path_of(*step.before);
  switch (step.kind) {
    case JsonStep::Kind::kRoot:
      return std::string(step.name);
    case JsonStep::Kind::kMember:
      if (!out.empty()) out += ".";
      return out.append(step.name);
    case JsonStep::Kind::kKey:
      return out.append("[").append(step.name).append("]");
    case JsonStep::Kind::kItem:
      return out.append("[").append(std::to_string(step.index)).append("]");
  }
  return out;
}

std::string_view kind_of(const json& value) {
  if (value.is_object()) return "an object";
  if (value.is_array()) return "a list";
  if (value.is_string()) return "a string";
  if (value.is_boolean()) return "a boolean";
  return "a number";
}

}  // namespace

JsonView::JsonView(JsonTree* tree, const JsonStep& step, const json* value, std::vector<Problem>* problems)
    : tree_(tree),
      step_(step),
      value_(value != nullptr && value->is_null() ? nullptr : value),
      problems_(problems) {}

std::string JsonView::path() const { return path_of(step_); }

const JsonStep* JsonView::kept_step() const {
  if (kept_step_ == nullptr) kept_step_ = &tree_->steps.emplace_back(step_);
  return kept_step_;
}

void JsonView::problem(std::string message) const { problems_->push_back({path(), std::move(message)}); }

JsonView JsonView::with(std::vector<Problem>* problems) const {
  JsonView out = *this;
  out.problems_ = problems;
  return out;
}

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
    if (tree_->asked) (*tree_->asked)[value_].emplace(field);
    const auto found = value_->find(field);
    if (found != value_->end()) member = &*found;
  }
  return {tree_, JsonStep{kept_step(), JsonStep::Kind::kMember, field, 0}, member, problems_};
}

std::vector<std::pair<std::string, JsonView>> JsonView::fields() const {
  std::vector<std::pair<std::string, JsonView>> out;
  if (!object()) return out;
  for (const auto& [name, member] : value_->items()) {
    const JsonStep step{kept_step(), JsonStep::Kind::kKey, name, 0};
    out.emplace_back(name, JsonView(tree_, step, &member, problems_));
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
    const JsonStep step{kept_step(), JsonStep::Kind::kItem, {}, i};
    const JsonView item(tree_, step, &(*value_)[i], problems_);
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
    : tree_(std::make_unique<JsonTree>()), problems_(&problems) {
  if (unknown == UnknownFields::kRefused) tree_->asked.emplace();
  if (text.size() > kMaxBytes) {
    problems.push_back({"", "must be at most 3 MB, got " + std::to_string(text.size()) + " bytes"});
    return;
  }
  if (depth_of(text) > kMaxDepth) {
    problems.push_back({"", "must nest at most " + std::to_string(kMaxDepth) + " levels deep"});
    return;
  }
  try {
    tree_->value = json::parse(text);
  } catch (const json::exception& error) {
    problems.push_back({"", "must be JSON: " + plain(error)});
    return;
  }
  if (!tree_->value.is_object()) {
    problems.push_back({"", "must be a JSON object"});
    tree_->value = nullptr;
  }
}

JsonDocument::JsonDocument(const json& object, std::string path, std::vector<Problem>& problems)
    : tree_(std::make_unique<JsonTree>()), problems_(&problems) {
  tree_->path = std::move(path);
  tree_->value = object;
}

JsonDocument::~JsonDocument() = default;

JsonView JsonDocument::root() const {
  return {tree_.get(), JsonStep{nullptr, JsonStep::Kind::kRoot, tree_->path, 0}, &tree_->value, problems_};
}

void JsonDocument::refuse_unknown() const {
  const json& root = tree_->value;
  const AskedFields& asked = *tree_->asked;
  if (!root.is_object()) return;
  const auto known = asked.find(&root);
  for (const auto& [name, member] : root.items()) {
    if (known == asked.end() || !known->second.contains(name)) {
      problems_->push_back({name, "is no field of this kind"});
    } else if (name == "spec") {
      find_unknown(member, name, asked, *problems_);
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

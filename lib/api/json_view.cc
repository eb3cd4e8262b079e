#include "lib/api/json_view.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "lib/api/json_tree.h"

namespace fairlead::api {

using nlohmann::json;
using rapidjson::Value;

namespace {

constexpr std::size_t kMaxBytes = 3 * 1024 * 1024;  // K-16
constexpr int kMaxDepth = 100;

// Objects of which nothing was asked, as labels, have no known fields.
void find_unknown(const Value& value, const std::string& path, const AskedFields& asked,
                  std::vector<Problem>& problems) {
  if (value.IsArray()) {
    for (rapidjson::SizeType i = 0; i < value.Size(); ++i) {
      find_unknown(value[i], path + "[" + std::to_string(i) + "]", asked, problems);
    }
  }
  const auto known = asked.find(&value);
  if (!value.IsObject() || known == asked.end()) return;
  for (const auto& member : members_of(value)) {
    const auto name = text_of(member.name);
    const std::string inside = path + "." + std::string(name);
    if (known->second.contains(name)) {
      find_unknown(member.value, inside, asked, problems);
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

}  // namespace

JsonView::JsonView(JsonTree* tree, const JsonStep& step, const Value* value, std::vector<Problem>* problems)
    : tree_(tree),
      step_(step),
      value_(value != nullptr && value->IsNull() ? nullptr : value),
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
  std::string text = json_of(*value_).dump(-1, ' ', true, json::error_handler_t::replace);
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
  if (!value_->IsObject()) wrong_kind("an object");
  return value_->IsObject();
}

JsonView JsonView::at(std::string_view field) const {
  const Value* member = nullptr;
  if (present() && value_->IsObject()) {
    if (tree_->asked) (*tree_->asked)[value_].emplace(field);
    member = member_of(*value_, field);
  }
  return {tree_, JsonStep{kept_step(), JsonStep::Kind::kMember, field, 0}, member, problems_};
}

std::vector<std::pair<std::string, JsonView>> JsonView::fields() const {
  std::vector<std::pair<std::string, JsonView>> out;
  if (!object()) return out;
  out.reserve(value_->MemberCount());
  for (const auto& member : members_of(*value_)) {
    const JsonStep step{kept_step(), JsonStep::Kind::kKey, text_of(member.name), 0};
    out.emplace_back(text_of(member.name), JsonView(tree_, step, &member.value, problems_));
  }
  return out;
}

std::vector<JsonView> JsonView::items(std::size_t max) const {
  std::vector<JsonView> out;
  if (!present()) return out;
  if (!value_->IsArray()) {
    wrong_kind("a list");
    return out;
  }
  if (value_->Size() > max) {
    problem("must have at most " + std::to_string(max) + " items, got " + std::to_string(value_->Size()));
    return out;
  }
  out.reserve(value_->Size());
  for (rapidjson::SizeType i = 0; i < value_->Size(); ++i) {
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
  if (!value_->IsString()) {
    wrong_kind("a string");
    return false;
  }
  out = text_of(*value_);
  return true;
}

void JsonView::read(bool& out) const {
  if (!present()) return;
  if (value_->IsBool()) {
    out = value_->GetBool();
  } else {
    wrong_kind("a boolean");
  }
}

bool JsonView::integer(std::int64_t low, std::int64_t high, std::int64_t& out) const {
  if (!present()) return false;
  if (!value_->IsNumber()) {
    wrong_kind("a whole number");
    return false;
  }
  if (!value_->IsInt64() || value_->GetInt64() < low || value_->GetInt64() > high) {
    // What has a point or an exponent may well be of that range: 1e3 is shown as 1000.0.
    const std::string digits = value_->IsDouble() ? "a whole number in digits, " : "";
    problem("must be " + digits + std::to_string(low) + ".." + std::to_string(high) + ", got " + show());
    return false;
  }
  out = value_->GetInt64();
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
    : tree_(std::make_unique<JsonTree>(std::min(text.size(), kMaxBytes))), problems_(&problems) {
  if (unknown == UnknownFields::kRefused) tree_->asked.emplace();
  if (text.size() > kMaxBytes) {
    problems.push_back({"", "must be at most 3 MB, got " + std::to_string(text.size()) + " bytes"});
  } else if (depth_of(text) > kMaxDepth) {
    problems.push_back({"", "must nest at most " + std::to_string(kMaxDepth) + " levels deep"});
  } else if (!parse(text, *tree_)) {
    problems.push_back({"", "must be JSON: " + fault_of(text)});
  } else if (!tree_->root.IsObject()) {
    problems.push_back({"", "must be a JSON object"});
    tree_->root.SetNull();
  }
}

JsonDocument::JsonDocument(const json& object, std::string path, std::vector<Problem>& problems)
    : problems_(&problems) {
  const std::string text = object.dump(-1, ' ', false, json::error_handler_t::replace);
  tree_ = std::make_unique<JsonTree>(text.size());
  tree_->path = std::move(path);
  parse(text, *tree_);
}

JsonDocument::~JsonDocument() = default;

JsonView JsonDocument::root() const {
  return {tree_.get(), JsonStep{nullptr, JsonStep::Kind::kRoot, tree_->path, 0}, &tree_->root, problems_};
}

void JsonDocument::refuse_unknown() const {
  const Value& root = tree_->root;
  const AskedFields& asked = *tree_->asked;
  if (!root.IsObject()) return;
  const auto known = asked.find(&root);
  for (const auto& member : members_of(root)) {
    const auto name = text_of(member.name);
    if (known == asked.end() || !known->second.contains(name)) {
      problems_->push_back({std::string(name), "is no field of this kind"});
    } else if (name == "spec") {
      find_unknown(member.value, std::string(name), asked, *problems_);
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

#include "lib/sys/yaml.h"

#include <yaml-cpp/yaml.h>

#include <optional>
#include <set>
#include <utility>

#include "lib/sys/json_text.h"
#include "lib/sys/yaml_scalar.h"

namespace fairlead::sys {
namespace {

constexpr int kDeepest = 100;                // levels of nesting; also what ends a cycle of anchors
constexpr std::size_t kExtraNodes = 10'000;  // nodes that anchors may add to what the text itself can hold

std::string at(const YAML::Mark& mark) {
  if (mark.is_null()) return "";
  return "line " + std::to_string(mark.line + 1) + ", column " + std::to_string(mark.column + 1) + ": ";
}

Error refuse(const YAML::Node& node, const std::string& why) {
  return fail(Code::kInvalid, at(node.Mark()) + why);
}

void append_string(std::string& out, const std::string& text) {
  out += '"';
  append_escaped(out, text);
  out += '"';
}

bool is_core_tag(const std::string& tag, std::string_view name) {
  return tag == "tag:yaml.org,2002:" + std::string(name);
}

// Writes one document as JSON text, refusing what JSON cannot say.
class Writer {
 public:
  explicit Writer(std::size_t budget) : budget_(budget) {}

  std::optional<Error> write(const YAML::Node& node, int depth) {
    if (depth > kDeepest) return refuse(node, "nested deeper than " + std::to_string(kDeepest) + " levels");
    if (budget_ == 0) return refuse(node, "anchors expand to too many nodes");
    --budget_;
    switch (node.Type()) {
      case YAML::NodeType::Scalar:
        return write_scalar(node);
      case YAML::NodeType::Sequence:
        return write_sequence(node, depth);
      case YAML::NodeType::Map:
        return write_map(node, depth);
      case YAML::NodeType::Null:
      case YAML::NodeType::Undefined:
        out_ += "null";
        return std::nullopt;
    }
    return refuse(node, "unknown kind of node");
  }

  std::string take() { return std::move(out_); }
  std::size_t budget() const { return budget_; }

 private:
  // yaml-cpp tags a plain scalar "?" and a quoted one "!".
  std::optional<Error> write_scalar(const YAML::Node& node) {
    const std::string& tag = node.Tag();
    if (tag == "!" || is_core_tag(tag, "str")) {
      append_string(out_, node.Scalar());
      return std::nullopt;
    }
    const bool core = is_core_tag(tag, "int") || is_core_tag(tag, "float") || is_core_tag(tag, "bool") ||
                      is_core_tag(tag, "null");
    const auto value = plain_scalar_to_json(node.Scalar());
    if ((tag != "?" && !tag.empty() && !core) || (core && !value)) {
      return refuse(node, "tag " + tag + " is not understood here");
    }
    if (value) {
      out_ += *value;
    } else {
      append_string(out_, node.Scalar());
    }
    return std::nullopt;
  }

  std::optional<Error> write_sequence(const YAML::Node& node, int depth) {
    out_ += '[';
    bool first = true;
    for (const auto& element : node) {
      if (!std::exchange(first, false)) out_ += ',';
      if (auto error = write(element, depth + 1)) return error;
    }
    out_ += ']';
    return std::nullopt;
  }

  std::optional<Error> write_map(const YAML::Node& node, int depth) {
    out_ += '{';
    std::set<std::string> keys;
    for (const auto& member : node) {
      const YAML::Node& key = member.first;
      if (!key.IsScalar()) return refuse(key, "a key must be a string");
      if (!keys.insert(key.Scalar()).second) return refuse(key, "the key " + key.Scalar() + " stands twice");
      if (keys.size() > 1) out_ += ',';
      append_string(out_, key.Scalar());
      out_ += ':';
      if (auto error = write(member.second, depth + 1)) return error;
    }
    out_ += '}';
    return std::nullopt;
  }

  std::size_t budget_;
  std::string out_;
};

Result<std::vector<std::string>> to_json(const std::vector<YAML::Node>& documents, std::size_t budget) {
  std::vector<std::string> out;
  for (const auto& document : documents) {
    if (!document.IsDefined() || document.IsNull()) continue;
    Writer writer(budget);
    if (auto error = writer.write(document, 1)) return *error;
    budget = writer.budget();
    out.push_back(writer.take());
  }
  return out;
}

}  // namespace

// Every node that the text writes out takes at least one of its bytes (an empty value, its colon).
Result<std::vector<std::string>> yaml_to_json(std::string_view text) {
  try {
    return to_json(YAML::LoadAll(std::string(text)), text.size() + kExtraNodes);
  } catch (const YAML::Exception& error) {
    return fail(Code::kInvalid, at(error.mark) + error.msg);
  } catch (const std::exception& error) {
    return fail(Code::kInvalid, std::string("not readable as YAML: ") + error.what());
  }
}

}  // namespace fairlead::sys

#include "lib/sys/yaml.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <set>
#include <sstream>
#include <utility>

#include "lib/sys/json_text.h"
#include "lib/sys/yaml_scalar.h"

namespace fairlead::sys {
namespace {

constexpr int kDeepest = 100;           // levels of nesting; also what ends a cycle of anchors
constexpr std::size_t kExtra = 10'000;  // what anchors may add in any case, in nodes and bytes of scalars
constexpr std::size_t kMostProblems = 16;
constexpr std::size_t kMostNodes = 200'000;  // some 100 MB
constexpr std::size_t kLongestTag = 256;

YamlProblem problem_at(const YAML::Mark& mark, std::string message) {
  if (mark.is_null()) return {0, 0, std::move(message)};
  return {mark.line + 1, mark.column + 1, std::move(message)};
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
  Writer(std::size_t budget, std::vector<YamlProblem>& problems) : budget_(budget), problems_(problems) {}

  YamlDocument write(const YAML::Node& document) {
    const int line = document.Mark().is_null() ? 0 : document.Mark().line + 1;
    write({document, "", line}, 1);
    return std::move(out_);
  }
  std::size_t budget() const { return budget_; }

 private:
  // A node, with its name in the tree of lines and the line it is known by: its key's, if it has one.
  struct Part {
    const YAML::Node& node;
    std::string name;
    int line;
  };

  void refuse(const YAML::Node& node, std::string why) {
    if (!full()) problems_.push_back(problem_at(node.Mark(), std::move(why)));
  }
  bool full() const { return problems_.size() >= kMostProblems; }

  // A node costs one, and the bytes of its scalar.
  bool spend(const YAML::Node& node, std::size_t cost) {
    spent_ = budget_ < cost;
    if (spent_) refuse(node, "anchors expand to too much");
    budget_ -= spent_ ? 0 : cost;
    return !spent_;
  }

  void write(const Part& part, int depth) {
    if (spent_ || full()) return;
    if (depth > kDeepest) {
      return refuse(part.node, "nested deeper than " + std::to_string(kDeepest) + " levels");
    }
    if (!spend(part.node, 1 + (part.node.IsScalar() ? part.node.Scalar().size() : 0))) return;
    out_.lines.open(part.name, part.line);
    write_value(part.node, depth);
    out_.lines.close();
  }

  void write_value(const YAML::Node& node, int depth) {
    switch (node.Type()) {
      case YAML::NodeType::Scalar:
        return write_scalar(node);
      case YAML::NodeType::Sequence:
        return write_sequence(node, depth);
      case YAML::NodeType::Map:
        return write_map(node, depth);
      case YAML::NodeType::Null:
      case YAML::NodeType::Undefined:
        out_.json += "null";
        return;
    }
    refuse(node, "unknown kind of node");
  }

  // yaml-cpp tags a plain scalar "?" and a quoted one "!".
  void write_scalar(const YAML::Node& node) {
    const std::string& tag = node.Tag();
    if (tag == "!" || is_core_tag(tag, "str")) return append_string(out_.json, node.Scalar());
    const bool core = is_core_tag(tag, "int") || is_core_tag(tag, "float") || is_core_tag(tag, "bool") ||
                      is_core_tag(tag, "null");
    const auto value = plain_scalar_to_json(node.Scalar());
    if ((tag != "?" && !tag.empty() && !core) || (core && !value)) {
      return refuse(node, "tag " + tag + " is not understood here");
    }
    if (value) {
      out_.json += *value;
    } else {
      append_string(out_.json, node.Scalar());
    }
  }

  void write_sequence(const YAML::Node& node, int depth) {
    out_.json += '[';
    std::size_t index = 0;
    for (const auto& element : node) {
      if (spent_ || full()) return;
      if (index > 0) out_.json += ',';
      const int line = element.Mark().is_null() ? 0 : element.Mark().line + 1;
      write({element, "[" + std::to_string(index++) + "]", line}, depth + 1);
    }
    out_.json += ']';
  }

  void write_map(const YAML::Node& node, int depth) {
    out_.json += '{';
    std::set<std::string> keys;
    for (const auto& member : node) {
      if (spent_ || full()) return;
      const YAML::Node& key = member.first;
      if (!key.IsScalar()) {
        refuse(key, "a key must be a string");
        continue;
      }
      if (!keys.insert(key.Scalar()).second) {
        refuse(key, "the key " + key.Scalar() + " stands twice");
        continue;
      }
      if (spent_ || !spend(key, key.Scalar().size())) return;
      if (keys.size() > 1) out_.json += ',';
      append_string(out_.json, key.Scalar());
      out_.json += ':';
      write({member.second, key.Scalar(), key.Mark().line + 1}, depth + 1);
    }
    out_.json += '}';
  }

  std::size_t budget_;
  bool spent_ = false;  // the budget, which is then told once
  std::vector<YamlProblem>& problems_;
  YamlDocument out_;
};

// Reads a text without keeping it, and ends what would have no end, or fill the memory, if it were kept.
class Survey : public YAML::EventHandler {
 public:
  // yaml-cpp reads on from a comma outside brackets without end, a document each time: what begins where the
  // one before began was never read.
  void OnDocumentStart(const YAML::Mark& mark) override {
    if (last_ == mark.pos) throw YAML::ParserException(mark, "no value can begin like this");
    last_ = mark.pos;
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override { count(mark, ""); }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override { count(mark, ""); }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t, const std::string&) override {
    count(mark, tag);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {
    count(mark, tag);
  }
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {
    count(mark, tag);
  }
  void OnMapEnd() override {}

 private:
  // %TAG lets two bytes stand for a tag of any length, and every node would keep its own copy.
  void count(const YAML::Mark& mark, const std::string& tag) {
    if (tag.size() > kLongestTag) throw YAML::ParserException(mark, "a tag of this length");
    if (++nodes_ > kMostNodes) {
      throw YAML::ParserException(mark, "more than " + std::to_string(kMostNodes) + " values in one text");
    }
  }

  int last_ = -1;
  std::size_t nodes_ = 0;
};

// Throws YAML::ParserException where the text has no end for yaml-cpp, or would take too much memory.
void refuse_endless(const std::string& text) {
  std::istringstream stream(text);
  YAML::Parser parser(stream);
  Survey survey;
  while (parser.HandleNextDocument(survey)) {
  }
}

// What the text itself writes out costs at most twice its bytes: a node takes at least one of them (an empty
// value, its colon), and an escape of two bytes gives at most three ("\L").
void write_documents(const std::vector<YAML::Node>& documents, std::size_t budget, YamlText& out) {
  for (const auto& document : documents) {
    if (!document.IsDefined() || document.IsNull()) continue;
    Writer writer(budget, out.problems);
    out.documents.push_back(writer.write(document));
    budget = writer.budget();
  }
  if (!out.problems.empty()) out.documents.clear();
}

}  // namespace

YamlText read_yaml(std::string_view text) {
  YamlText out;
  if (const auto zero = text.find('\0'); zero != std::string_view::npos) {
    const auto before = text.substr(0, zero);
    const auto feeds = std::count(before.begin(), before.end(), '\n');
    out.problems.push_back({static_cast<int>(feeds) + 1, 0, "a zero byte: this is no text"});
    return out;
  }
  try {
    const std::string copy(text);
    refuse_endless(copy);
    write_documents(YAML::LoadAll(copy), 2 * text.size() + kExtra, out);
  } catch (const YAML::Exception& error) {
    out = {{}, {problem_at(error.mark, error.msg)}};
  } catch (const std::exception& error) {
    out = {{}, {{0, 0, std::string("not readable as YAML: ") + error.what()}}};
  }
  return out;
}

Result<std::vector<std::string>> yaml_to_json(std::string_view text) {
  auto read = read_yaml(text);
  if (!read.problems.empty()) {
    const auto& first = read.problems.front();
    const std::string at = first.line == 0 ? ""
                                           : "line " + std::to_string(first.line) + ", column " +
                                                 std::to_string(first.column) + ": ";
    return fail(Code::kInvalid, at + first.message);
  }
  std::vector<std::string> out;
  for (auto& document : read.documents) out.push_back(std::move(document.json));
  return out;
}

}  // namespace fairlead::sys

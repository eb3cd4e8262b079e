#pragma once

#include <rapidjson/fwd.h>
#include <cstdint>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/api/meta.h"

// Internal to lib/api: how decoders read a JSON document without ever throwing and without stopping at
// the first problem.
namespace fairlead::api {

// One spelling of an enumeration's value.
template <class E>
struct Word {
  std::string_view text;
  E value;
};

// The last step of the way from the root of a document to a place in it. The path's text is made of the steps
// when somebody wants to read it: hardly ever.
struct JsonStep {
  enum class Kind { kRoot, kMember, kKey, kItem };  // "a", ".a", "[a]", "[0]"

  const JsonStep* before = nullptr;  // owned by the JsonTree; nullptr: this is the root
  Kind kind = Kind::kRoot;
  std::string_view name;  // of the root: its path
  std::size_t index = 0;  // of an item
};

// What the views of a document share: the values, the steps to them, what has been asked for.
struct JsonTree;

// A place in a JSON document: the value there, if there is one (null counts as absent, as in Kubernetes),
// the path that leads to it, and the list where problems go. Every read of an absent value leaves its
// output alone and is no problem; every read of a wrong value leaves it alone and adds one.
// Valid as long as the JsonDocument and the list of problems it came from.
class JsonView {
 public:
  JsonView(JsonTree* tree, const JsonStep& step, const rapidjson::Value* value,
           std::vector<Problem>* problems);

  bool present() const { return value_ != nullptr; }
  std::string path() const;
  // Adds a problem here. Says what is allowed; show() may say what was found.
  void problem(std::string message) const;
  // The same place; what is wrong here and further in goes to that list.
  JsonView with(std::vector<Problem>* problems) const;
  // The value as compact JSON, cut to 80 bytes.
  std::string show() const;
  // Adds the problem "required" if absent.
  void require() const;

  // True if this is an object; a problem if it is present and something else.
  bool object() const;
  // A member of an object; absent if this is no object. `field` must live as long as the view of it.
  JsonView at(std::string_view field) const;
  // The members of an object in key order (of two of one name the last), or the elements of a list of at most
  // `max`.
  std::vector<std::pair<std::string, JsonView>> fields() const;
  std::vector<JsonView> items(std::size_t max) const;

  // True if a string was read.
  bool text(std::string& out) const;
  void read(std::string& out) const { text(out); }
  void read(bool& out) const;
  // True if a whole number in [low, high] was read, in digits: neither 1.0 nor 1e3.
  bool integer(std::int64_t low, std::int64_t high, std::int64_t& out) const;
  template <class T>
  void read(std::int64_t low, std::int64_t high, T& out) const {
    std::int64_t value = 0;
    if (integer(low, high, value)) out = static_cast<T>(value);
  }
  // RFC 3339.
  void read(WallTime& out) const;
  // A list of strings, or an object of strings.
  void read(std::vector<std::string>& out, std::size_t max) const;
  void read(Labels& out) const;
  // One of the words.
  template <class E>
  void read(std::span<const Word<E>> words, E& out) const {
    std::string found;
    if (!text(found)) return;
    std::string allowed;
    for (const auto& word : words) {
      if (word.text == found) {
        out = word.value;
        return;
      }
      allowed += (allowed.empty() ? "" : ", ") + std::string(word.text);
    }
    problem("must be one of " + allowed + ", got " + show());
  }

 private:
  void wrong_kind(std::string_view wanted) const;
  const JsonStep* kept_step() const;

  JsonTree* tree_;
  JsonStep step_;
  mutable const JsonStep* kept_step_ = nullptr;  // the same in the tree: what is further in refers to it
  const rapidjson::Value* value_;
  std::vector<Problem>* problems_;
};

// What becomes of members that nobody asks for.
enum class UnknownFields { kIgnored, kRefused };

// A parsed document. Text that is no JSON object, is not UTF-8, is over 3 MB (K-16) or nests deeper than
// 100 levels is one problem and an absent root.
class JsonDocument {
 public:
  JsonDocument(std::string_view text, std::vector<Problem>& problems);
  JsonDocument(std::string_view text, UnknownFields unknown, std::vector<Problem>& problems);
  // An object that was built in here, of any size; its root has that path. REQUIRES: an object.
  JsonDocument(const nlohmann::json& object, std::string path, std::vector<Problem>& problems);
  ~JsonDocument();
  JsonDocument(const JsonDocument&) = delete;
  JsonDocument& operator=(const JsonDocument&) = delete;
  JsonView root() const;

  // Adds a problem for every member that nobody has asked for, of the document, of its `spec` and of what is
  // inside that, as far as it was read as an object of known fields. Call last. REQUIRES: kRefused.
  void refuse_unknown() const;

 private:
  std::unique_ptr<JsonTree> tree_;
  std::vector<Problem>* problems_;
};

struct Kind {
  std::string_view api_version;
  std::string_view name;
};

// Checks apiVersion and kind where the document states them: items of a typed list do not.
void check_kind(const JsonView& root, const Kind& kind);
void read_meta(const JsonView& metadata, ObjectMeta& out);
// The same of what an API server has: a name or namespace that Kubernetes does not take is a problem, and no
// name.
void read_served_meta(const JsonView& metadata, ObjectMeta& out);
void read_conditions(const JsonView& list, std::vector<Condition>& out);

// The frame of every decoder: document, kind, metadata, then read_body(root, value) for the rest.
template <class T, class ReadBody>
Decoded<T> decode_object(std::string_view json, const Kind& kind, ReadBody read_body) {
  Decoded<T> out;
  const JsonDocument document(json, out.problems);
  const JsonView root = document.root();
  if (!root.present()) return out;
  check_kind(root, kind);
  root.at("metadata").require();
  read_served_meta(root.at("metadata"), out.value.meta);
  read_body(root, out.value);
  return out;
}

// The same for what a person writes into a file, which no API server has looked at: apiVersion and kind must
// be there, and a field that nobody knows is a problem. What stands in `metadata` and `status` besides is
// not looked at.
template <class T, class ReadBody>
Decoded<T> decode_written(std::string_view json, const Kind& kind, ReadBody read_body) {
  Decoded<T> out;
  const JsonDocument document(json, UnknownFields::kRefused, out.problems);
  const JsonView root = document.root();
  if (!root.present()) return out;
  root.at("apiVersion").require();
  root.at("kind").require();
  check_kind(root, kind);
  root.at("metadata").require();
  read_meta(root.at("metadata"), out.value.meta);
  read_body(root, out.value);
  document.refuse_unknown();
  return out;
}

// An object of an API server whose status others write, too: what of that cannot be read is left out.
template <class T>
Decoded<T> decode_shared(std::string_view json, const Kind& kind, void (*read_spec)(const JsonView&, T&),
                         void (*read_status)(const JsonView&, T&, std::vector<Problem>&)) {
  std::vector<Problem> left_out;
  auto out = decode_object<T>(json, kind, [&](const JsonView& root, T& value) {
    read_spec(root.at("spec"), value);
    read_status(root.at("status").with(&left_out), value, left_out);
  });
  out.left_out = std::move(left_out);
  return out;
}

// The same as a person writes it into a file, where all of it is read or none.
template <class T>
Decoded<T> decode_written_shared(std::string_view json, const Kind& kind,
                                 void (*read_spec)(const JsonView&, T&),
                                 void (*read_status)(const JsonView&, T&, std::vector<Problem>&)) {
  std::vector<Problem> of_status;
  auto out = decode_written<T>(json, kind, [&](const JsonView& root, T& value) {
    read_spec(root.at("spec"), value);
    read_status(root.at("status").with(&of_status), value, of_status);
  });
  out.problems.insert(out.problems.end(), of_status.begin(), of_status.end());
  return out;
}

// Reads the entries of a list in a status, each with read_entry(item, entry), and calls take(entry,
// readable). False if nobody can say which place an entry has in the document.
template <class T, class Take>
bool read_entries(const JsonView& list, std::size_t max, void (*read_entry)(const JsonView&, T&),
                  std::vector<Problem>& left_out, Take take) {
  std::vector<Problem> of_list;
  const auto items = list.with(&of_list).items(max);
  left_out.insert(left_out.end(), of_list.begin(), of_list.end());
  for (const auto& item : items) {
    std::vector<Problem> of_entry;
    T entry;
    if (item.with(&of_entry).object()) read_entry(item.with(&of_entry), entry);
    left_out.insert(left_out.end(), of_entry.begin(), of_entry.end());
    take(std::move(entry), of_entry.empty());
  }
  return of_list.empty();
}

}  // namespace fairlead::api

#include "lib/api/replacement.h"

#include <nlohmann/json.hpp>

#include "lib/api/vrrp_group.h"
#include "lib/base/text.h"

namespace fairlead::api {
namespace {

using nlohmann::json;

const json kNone = json::object();

const json& object_at(const json& from, const char* name) {
  if (!from.is_object()) return kNone;
  const auto found = from.find(name);
  return found != from.end() && found->is_object() ? *found : kNone;
}

// A name as one step of a JSON pointer (RFC 6901).
std::string escaped(const std::string& name) {
  std::string out;
  for (const char c : name) out += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
  return out;
}

// True if `there` has what `wanted` lacks. What `wanted` alone has is the apply's to bring, and defaults that
// the API server has filled in are among what is written out here.
bool has_more(const json& there, const json& wanted) {
  if (there.is_object() && wanted.is_object()) {
    for (const auto& [name, value] : there.items()) {
      const auto found = wanted.find(name);
      if (found == wanted.end() || has_more(value, *found)) return true;
    }
    return false;
  }
  if (there.is_array() && wanted.is_array()) {
    if (there.size() > wanted.size()) return true;
    for (std::size_t i = 0; i < there.size(); ++i) {
      if (has_more(there[i], wanted[i])) return true;
    }
    return false;
  }
  return there != wanted;
}

// The object as the API server has it, and as it is to be.
struct Pair {
  json there;
  json wanted;
};
bool is_whole(const Pair& pair) {
  const json& meta = object_at(pair.there, "metadata");
  return pair.wanted.is_object() && meta.contains("resourceVersion");
}

json guard(const Pair& pair) {
  return {{"op", "test"},
          {"path", "/metadata/resourceVersion"},
          {"value", pair.there["metadata"]["resourceVersion"]}};
}

void remove_labels(const Pair& pair, json& patch) {
  const json& wanted = object_at(object_at(pair.wanted, "metadata"), "labels");
  for (const auto& [name, value] : object_at(object_at(pair.there, "metadata"), "labels").items()) {
    if (!name.starts_with(kNodeLabelPrefix) || wanted.contains(name)) continue;
    patch.push_back({{"op", "remove"}, {"path", "/metadata/labels/" + escaped(name)}});
  }
}

void replace_spec(const Pair& pair, json& patch) {
  const auto wanted = pair.wanted.find("spec");
  const auto there = pair.there.find("spec");
  if (wanted == pair.wanted.end() || there == pair.there.end() || !has_more(*there, *wanted)) return;
  patch.push_back({{"op", "replace"}, {"path", "/spec"}, {"value", *wanted}});
}

std::string patch_by(std::string_view applied, std::string_view answered, void (*add)(const Pair&, json&)) {
  const Pair pair{json::parse(answered, nullptr, false), json::parse(applied, nullptr, false)};
  if (!is_whole(pair)) return "";
  json patch = json::array({guard(pair)});
  add(pair, patch);
  return patch.size() == 1 ? "" : patch.dump();
}

}  // namespace

std::string spec_replacement(std::string_view applied, std::string_view answered) {
  return patch_by(applied, answered, replace_spec);
}

std::string node_label_removal(std::string_view applied, std::string_view answered) {
  return patch_by(applied, answered, remove_labels);
}

}  // namespace fairlead::api

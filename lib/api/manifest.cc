#include "lib/api/manifest.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "lib/api/json_view.h"
#include "lib/base/overloaded.h"
#include "lib/base/text.h"

namespace fairlead::api {
namespace {

constexpr std::size_t kLongestName = 253;

enum class ManifestKind { kVRRPGroup, kRealServerSet };
constexpr Word<ManifestKind> kKindWords[] = {{"VRRPGroup", ManifestKind::kVRRPGroup},
                                             {"RealServerSet", ManifestKind::kRealServerSet}};

// What the document says it is; nothing, with the problems, if that is none of ours.
std::optional<ManifestKind> kind_in(std::string_view json, std::vector<Problem>& problems) {
  const JsonDocument document(json, problems);
  const JsonView root = document.root();
  if (!root.present()) return std::nullopt;
  root.at("kind").require();
  ManifestKind out{};
  root.at("kind").read<ManifestKind>(kKindWords, out);
  if (problems.empty()) return out;
  return std::nullopt;
}

template <class T>
Decoded<Manifest> as_manifest(Decoded<T> decoded) {
  if (!decoded.value.meta.name.empty() && !is_object_name(decoded.value.meta.name)) {
    decoded.problems.push_back({"metadata.name",
                                "must be 1..253 lower-case letters, digits, '-' and '.', every part between "
                                "dots beginning and ending with a letter or digit, got \"" +
                                    decoded.value.meta.name.substr(0, kLongestName) + "\""});
  }
  return {std::move(decoded.value), std::move(decoded.problems)};
}

bool is_label(std::string_view part) {
  const auto plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  return !part.empty() && plain(part.front()) && plain(part.back()) &&
         std::all_of(part.begin(), part.end(), [&](char c) { return plain(c) || c == '-'; });
}

}  // namespace

bool is_object_name(std::string_view name) {
  if (name.size() > kLongestName) return false;
  const auto parts = split(name, '.');
  return std::all_of(parts.begin(), parts.end(), [](const auto& part) { return is_label(part); });
}

Decoded<Manifest> decode_manifest(std::string_view json) {
  Decoded<Manifest> out;
  const auto kind = kind_in(json, out.problems);
  if (!kind) return out;
  switch (*kind) {
    case ManifestKind::kVRRPGroup:
      return as_manifest(decode_written_vrrp_group(json));
    case ManifestKind::kRealServerSet:
      return as_manifest(decode_written_real_server_set(json));
  }
  return out;
}

const ObjectMeta& meta_of(const Manifest& manifest) {
  return std::visit([](const auto& object) -> const ObjectMeta& { return object.meta; }, manifest);
}

std::string_view kind_of(const Manifest& manifest) {
  return std::visit(Overloaded{[](const VRRPGroup&) { return std::string_view("VRRPGroup"); },
                               [](const RealServerSet&) { return std::string_view("RealServerSet"); }},
                    manifest);
}

}  // namespace fairlead::api

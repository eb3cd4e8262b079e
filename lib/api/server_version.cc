#include "lib/api/server_version.h"

#include <charconv>
#include <vector>

#include "lib/api/json_view.h"

namespace fairlead::api {
namespace {

constexpr int kMost = 9999;

// The digits that it begins with.
std::optional<int> number_of(const std::string& text) {
  int out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc() || out < 0 || out > kMost) return std::nullopt;
  return out;
}

}  // namespace

std::string to_string(const ServerVersion& version) {
  return std::to_string(version.major) + "." + std::to_string(version.minor);
}

std::optional<ServerVersion> decode_server_version(std::string_view json) {
  std::vector<Problem> problems;
  const JsonDocument document(json, problems);
  std::string major;
  std::string minor;
  document.root().at("major").read(major);
  document.root().at("minor").read(minor);
  const auto first = number_of(major);
  const auto second = number_of(minor);
  if (!first || !second) return std::nullopt;
  return ServerVersion{*first, *second};
}

}  // namespace fairlead::api

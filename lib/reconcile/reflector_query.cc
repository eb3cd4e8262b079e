#include "lib/reconcile/reflector_query.h"

#include <utility>

namespace fairlead::reconcile {
namespace {

std::string with_selector(const ReflectorConfig& config, std::string query) {
  if (config.selector.empty()) return query;
  if (!query.empty()) query += "&";
  return query + "labelSelector=" + escape_query(config.selector);
}

std::string watch_parameters(Seconds timeout) {
  return "watch=true&allowWatchBookmarks=true&timeoutSeconds=" + std::to_string(timeout.count());
}

}  // namespace

std::string list_query(const ReflectorConfig& config, ListFrom from, const std::string& version) {
  std::string query;
  if (from == ListFrom::kNewest) query = "limit=500";
  if (from == ListFrom::kLast) {
    query = "resourceVersion=" + escape_query(version) + "&resourceVersionMatch=NotOlderThan";
  }
  return with_selector(config, std::move(query));
}

std::string page_query(const ReflectorConfig& config, const std::string& token) {
  return with_selector(config, "limit=500&continue=" + escape_query(token));
}

std::string watch_query(const ReflectorConfig& config, const std::string& version, Seconds timeout) {
  return with_selector(config, watch_parameters(timeout) + "&resourceVersion=" + escape_query(version));
}

std::string watch_list_query(const ReflectorConfig& config, ListFrom from, const std::string& version,
                             Seconds timeout) {
  auto query = watch_parameters(timeout) + "&sendInitialEvents=true&resourceVersionMatch=NotOlderThan";
  if (from == ListFrom::kLast) query += "&resourceVersion=" + escape_query(version);
  return with_selector(config, std::move(query));
}

std::string check_query(const ReflectorConfig& config, const std::string& version) {
  // "-" is nobody's name: names begin and end with a letter or digit.
  return list_query(config, ListFrom::kLast, version) + "&fieldSelector=metadata.name%3D-";
}

std::string escape_query(const std::string& text) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || c == '.' || c == '~';
    if (plain) {
      out.push_back(c);
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out.push_back('%');
    out.push_back(kHex[byte >> 4]);
    out.push_back(kHex[byte & 15]);
  }
  return out;
}

}  // namespace fairlead::reconcile

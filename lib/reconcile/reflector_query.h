#pragma once

#include <string>

#include "lib/base/time.h"

// What lists and watches ask for, as the query of their path: escaped, without '?'. Pure.
namespace fairlead::reconcile {

struct ReflectorConfig {
  std::string kind;      // "VirtualIP"; lists are of kind "VirtualIPList"
  std::string selector;  // label selector, unescaped; empty: all
};

// Which state a list or a watch-list asks for (K-01, K-02, K-11). Never resourceVersion=0: it may be old.
enum class ListFrom {
  kNewest,       // resourceVersion unset, in pages: consistent
  kNewestWhole,  // the same without pages: a page's token had expired
  kLast,         // not older than the last one seen, without pages, so that the watch cache answers
};

// `version`: the newest seen; used with kLast only.
std::string list_query(const ReflectorConfig& config, ListFrom from, const std::string& version);
// The next page behind a continue token.
std::string page_query(const ReflectorConfig& config, const std::string& token);
// A watch from `version` on, with bookmarks (K-10), that the server ends after `timeout` (K-12).
std::string watch_query(const ReflectorConfig& config, const std::string& version, Seconds timeout);
// A watch that brings the whole state first (K-08).
std::string watch_list_query(const ReflectorConfig& config, ListFrom from, const std::string& version,
                             Seconds timeout);

// A list of no object at all, answered only by a server that has got as far as `version` (K-05).
std::string check_query(const ReflectorConfig& config, const std::string& version);

// Percent-encodes all but RFC 3986's unreserved characters.
std::string escape_query(const std::string& text);

}  // namespace fairlead::reconcile

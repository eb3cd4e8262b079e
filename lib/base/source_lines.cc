#include "lib/base/source_lines.h"

#include <cassert>
#include <utility>

namespace fairlead {
namespace {

// Cuts the first step off `path`: "spec.a[1]" -> "spec", "a", "[1]". A name in brackets is what it names:
// "[fairlead.dev/group]" -> "fairlead.dev/group".
std::string_view take_step(std::string_view& path) {
  if (path.starts_with('.')) path.remove_prefix(1);
  if (!path.starts_with('[')) {
    const auto step = path.substr(0, path.find_first_of(".["));
    path.remove_prefix(step.size());
    return step;
  }
  const auto close = path.find(']');
  const auto step = path.substr(0, close == std::string_view::npos ? path.size() : close + 1);
  path.remove_prefix(step.size());
  const auto inner = step.substr(1, step.size() - (step.ends_with(']') ? 2 : 1));
  const bool index = inner.find_first_not_of("0123456789") == std::string_view::npos;
  return index ? step : inner;
}

}  // namespace

void SourceLines::open(std::string name, int line) {
  open_.push_back(parts_.size());
  parts_.push_back({std::move(name), line, parts_.size() + 1});
}

void SourceLines::close() {
  assert(!open_.empty());
  parts_[open_.back()].end = parts_.size();
  open_.pop_back();
}

std::size_t SourceLines::inside(std::size_t parent, std::string_view name) const {
  for (std::size_t i = parent + 1; i < parts_[parent].end; i = parts_[i].end) {
    if (parts_[i].name == name) return i;
  }
  return 0;
}

int SourceLines::line_of(std::string_view path) const {
  if (parts_.empty()) return 0;
  std::size_t at = 0;
  while (!path.empty()) {
    const std::size_t next = inside(at, take_step(path));
    if (next == 0) break;
    at = next;
  }
  return parts_[at].line;
}

}  // namespace fairlead
